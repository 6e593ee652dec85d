"""Figures of real runs beside those of quantstats: `python -m tests.oracle.quantstats_check --data FOLDER`.

quantstats is no dependency and no test: it needs some 200 MB of others. Install it where this is run. The program ends
with 1 where a figure whose definition is the same differs by more than 1e-9.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.analysis.analysis import analyse
from tradeplan.runtime.analysis.days import Days
from tradeplan.runtime.analysis.ledger import Ledger
from tradeplan.runtime.analysis.paths import Path as MoneyPath
from tradeplan.runtime.analysis.paths import fall
from tradeplan.runtime.analysis.ratios import RISK_FREE, YEAR
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.stdlib.registry import catalog

from tests.bench.year import PLANS, YEARS, checked, milliseconds

NEAR = 1e-9
Floats = NDArray[np.float64]


@dataclass
class Seen:
    """One definition over all runs: the greatest difference, and the two figures of it."""

    same: bool  # whether the definitions agree
    how: str
    pairs: list[tuple[float, float]] = field(default_factory=list)

    @property
    def worst(self) -> tuple[float, float]:
        """The pair that differs most."""
        return max(self.pairs, key=lambda p: abs(p[0] - p[1]))

    @property
    def difference(self) -> float:
        """Of that pair."""
        return abs(self.worst[0] - self.worst[1])


def compare(result: BacktestResult, series: Callable[[Floats], Any], stats: Any, seen: dict[str, Seen]) -> None:
    """Enter the figures of one run; `series` makes what quantstats reads of a column of numbers."""
    analysis, days = analyse(result), Days(Ledger(result.recording))
    markets = sorted(result.recording.traded)
    daily = days.returns(days.path)[days.open_days(markets)]
    returns, whole, risk = series(daily), analysis.performance["overall"], analysis.risk
    net = np.array([t.net for t in result.trades if t.closed])
    trades = series(net)
    equity = days.equity / 100.0
    over_days = fall(MoneyPath(days.edges[1:], days.equity[1:] - days.equity[0]), days.equity[0], 0, 1)
    a_year = (1.0 + RISK_FREE) ** YEAR - 1.0
    rows: list[tuple[str, bool, str, float | None, float]] = [
        (
            "sharpe",
            True,
            "`sharpe(rf)`, rf chosen so that its day is 2% / 252",
            whole["sharpe"],
            stats.sharpe(returns, a_year),
        ),
        ("sortino", True, "`sortino()`", whole["sortino"], stats.sortino(returns)),
        ("volatility", True, "`volatility()`", risk["volatility"], stats.volatility(returns)),
        (
            "cvar95",
            True,
            '`cvar(method="historical")`',
            risk["cvar95"],
            stats.conditional_value_at_risk(returns, method="historical"),
        ),
        (
            "win_rate",
            True,
            "`win_rate()` of the nets of trades, none of which is 0",
            whole["win_rate"],
            stats.win_rate(trades, prepare_returns=False),
        ),
        (
            "profit_factor",
            True,
            "`profit_factor()` of the nets of trades",
            whole["profit_factor"],
            stats.profit_factor(trades, prepare_returns=False),
        ),
        (
            "losing_streak",
            True,
            "`consecutive_losses()` of the nets of trades",
            risk["losing_streak"],
            stats.consecutive_losses(trades, prepare_returns=False),
        ),
        (
            "drawdown over days",
            True,
            "`max_drawdown()` of the equity at the ends of days",
            over_days.percent,
            -100.0 * stats.max_drawdown(series(equity)),
        ),
        ("sharpe", False, "`sharpe(0.02)`", whole["sharpe"], stats.sharpe(returns, 0.02)),
        ("var95", False, "`value_at_risk()`", risk["var95"], stats.value_at_risk(returns)),
        ("cvar95", False, "`cvar()`", risk["cvar95"], stats.conditional_value_at_risk(returns)),
        ("win_rate", False, "`win_rate()` of days", whole["win_rate"], stats.win_rate(returns)),
        ("profit_factor", False, "`profit_factor()` of days", whole["profit_factor"], stats.profit_factor(returns)),
        (
            "drawdown",
            False,
            "`max_drawdown()` of the equity at the ends of days",
            whole["drawdown"]["percent"],
            -100.0 * stats.max_drawdown(series(equity)),
        ),
    ]
    for name, same, how, ours, theirs in rows:
        if ours is not None:
            seen.setdefault(f"{name} {how}", Seen(same, f"`{name}` | {how}")).pairs.append((float(ours), float(theirs)))


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    import pandas
    import quantstats  # type: ignore[import-not-found]  # no dependency: see above

    warnings.simplefilter("ignore")

    def series(numbers: Floats) -> Any:
        return pandas.Series(numbers, index=pandas.date_range("2000-01-01", periods=len(numbers), freq="D"))

    dataset, seen = Dataset.open(given.data, load_profiles()), dict[str, Seen]()
    for _, start, end, names in YEARS:
        plans = checked([(PLANS / f"{name}.plan").read_text(encoding="utf-8") for name in names])
        span = (milliseconds(start), milliseconds(end))
        for chosen in (plans, *([p] for p in plans)) if len(plans) > 1 else (plans,):
            compare(
                BacktestResult(run_backtest(chosen, (), dataset, catalog(), None, *span)),
                series,
                quantstats.stats,
                seen,
            )
    print(f"quantstats {quantstats.__version__}\n")
    print("| figure | quantstats | runs | greatest difference | there, ours | theirs |")
    print("|---|---|---|---|---|---|")
    for one in sorted(seen.values(), key=lambda s: not s.same):
        print(f"| {one.how} | {len(one.pairs)} | {one.difference:.1e} | {one.worst[0]:.6g} | {one.worst[1]:.6g} |")
    wrong = [one.how for one in seen.values() if one.same and not one.difference <= NEAR]
    print("\n".join(f"differs: {how}" for how in wrong) or f"\nall definitions that agree do so to {NEAR:g}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
