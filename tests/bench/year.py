"""Twelve months on four real markets, costs on: `python -m tests.bench.year --data FOLDER [--reports FOLDER]`.

Each market runs its example plans, then fifty plans in all with varied stops and targets. Data are loaded and kernels
compiled before the clock starts; figures are part of what is timed, the HTML report is timed apart.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from tradeplan.dsl.graph import CheckedPlan, Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.analysis.analysis import analyse
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.report.page import render_report
from tradeplan.stdlib.registry import catalog

PLANS = Path(__file__).resolve().parents[2] / "plans"
YEARS = (
    ("BTCUSD M1 2018", "2018-01-01", "2018-12-31", ("btc_on_weak_dollar", "managed_btc_breakout")),
    ("USDJPY M1 2013", "2013-01-01", "2013-12-31", ("usdjpy_london_breakout",)),
    ("EURUSD M15 2022-23", "2022-10-10", "2023-10-03", ("eurusd_trend_pullback",)),
    ("XAUUSD M5 2024-25", "2024-05-01", "2025-04-13", ("gold_reversal_short", "managed_gold_fade")),
)
MANY = 50


def milliseconds(day: str) -> int:
    """A day's start in UTC milliseconds."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000


def checked(texts: Sequence[str]) -> list[CheckedPlan]:
    """The plans of some texts, on one graph."""
    found = check_source(Source("bench", "\n".join(texts)), catalog(), load_facts(), Graph())
    assert found.ok, [d.message for d in found.diagnostics]
    return list(found.plans)


def varied(text: str, number: int) -> str:
    """The same plan under another name, with another target and another pace."""
    text = re.sub(r"(?m)^PLAN (\w+)", rf"PLAN \1_{number}", text)
    text = re.sub(r"TARGET ([\d.]+)R", lambda m: f"TARGET {float(m[1]) + 0.1 * number:.1f}R", text)
    return re.sub(r"rsi\(14\)", f"rsi({10 + number})", text)


def median(run: Callable[[], Any], times: int) -> float:
    """Seconds; the first run is left out."""
    run()
    seen = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seen.append(time.perf_counter() - start)
    return statistics.median(seen)


def main() -> None:
    """Print the table, and write the reports where asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--reports", type=Path)
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    dataset, kernels, account = Dataset.open(given.data, load_profiles()), Kernels(), AccountConfig()
    total = {"examples": 0.0, "fifty": 0.0}
    share = MANY // len(YEARS)
    for place, (name, start, end, names) in enumerate(YEARS):
        texts = [(PLANS / f"{n}.plan").read_text(encoding="utf-8") for n in names]
        count = share + (1 if place < MANY % len(YEARS) else 0)
        many = [varied(texts[i % len(texts)], i) for i in range(count)]
        span = (milliseconds(start), milliseconds(end))

        def job(plans: Sequence[CheckedPlan], span: tuple[int, int] = span) -> BacktestResult:
            result = BacktestResult(run_backtest(plans, (), dataset, catalog(), account, *span, kernels=kernels))
            assert result.performance is not None
            return result

        examples, fifty = checked(texts), checked(many)
        one, all_ = median(partial(job, examples), given.times), median(partial(job, fifty), given.times)
        total["examples"] += one
        total["fifty"] += all_
        result = job(examples)
        p = result.performance
        print(
            f"{name}: {len(examples)} plans {one * 1e3:.0f} ms, {count} plans {all_ * 1e3:.0f} ms"
            f" ({all_ / count * 1e3:.1f} ms a plan); {p.trades} trades, net {p.net:,.2f}"
        )
        if given.reports is not None:
            began = time.perf_counter()
            page = render_report(result, dataset, analyse(result).as_dict())
            given.reports.mkdir(parents=True, exist_ok=True)
            (given.reports / f"{names[0]}.html").write_text(page, encoding="utf-8")
            print(f"  report: {time.perf_counter() - began:.2f} s, {len(page) / 1e6:.1f} MB")
    print(f"together: examples {total['examples']:.2f} s, {MANY} plans {total['fifty']:.2f} s")


if __name__ == "__main__":
    main()
