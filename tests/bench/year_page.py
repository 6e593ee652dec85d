"""Writes docs/backtests, twelve months of four real markets: `python -m tests.bench.year_page --data FOLDER`.

Every plan of `plans/` that trades one of the four markets runs alone, and all of a market's on one account; what is
written holds figures only, since the bars may not be passed on.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.analysis.analysis import analyse
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.api import backtest
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import BacktestError, data_warnings, run_backtest
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.importers.news import read_news
from tradeplan.runtime.market.news_windows import NewsClock
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.simulator import DEFAULT_END, simulated_dataset
from tradeplan.runtime.report.page import render_report
from tradeplan.stdlib.registry import catalog

from tests.bench.year import PLANS, YEARS, checked, milliseconds

PAGE = PLANS.parent / "docs" / "backtests"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
HEAD = (
    "| plan | trades | net | of the balance | win rate | profit factor | R a trade | deepest drawdown | costs |"
    " net, costs doubled | ambiguous bars |"
)


def plans_on(market: str) -> list[str]:
    """The texts of the example plans that trade a market."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(PLANS.glob("*.plan"))]
    return [text for text in texts if re.search(rf"(?m)^TRADE {market} ON", text)]


def ratio(value: float | None, form: str) -> str:
    """A figure, or a dash."""
    return "-" if value is None else format(value, form)


def row(name: str, result: BacktestResult) -> str:
    """A line of the table."""
    p, balance = result.performance, result.recording.account.balance
    return (
        f"| {name} | {p.trades} | {p.net:,.2f} | {p.net / balance:+.1%} | {ratio(p.win_rate, '.1%')} |"
        f" {ratio(p.profit_factor, '.2f')} | {ratio(p.expectancy_r, '+.3f')} | {p.drawdown_percent:.1f}% |"
        f" {p.costs.total:,.2f} | {p.net_doubled:,.2f} | {p.ambiguous} |"
    )


def market_table(name: str, start: str, end: str, market: str, dataset: Dataset, kernels: Kernels) -> list[str]:
    """The heading, the table and the notes of one market; its report is written beside the page."""
    span = (milliseconds(start), milliseconds(end))
    account = AccountConfig()

    def run(plans: Sequence[CheckedPlan]) -> BacktestResult:
        return BacktestResult(run_backtest(plans, (), dataset, catalog(), account, *span, kernels=kernels))

    plans, notes, rows = checked(plans_on(market)), list[str](), list[str]()
    good: list[CheckedPlan] = []
    for plan in plans:
        try:
            notes += data_warnings([plan], dataset, *span)
        except BacktestError as error:
            notes.append(f"`{plan.name}` did not run: {error}")
            continue
        good.append(plan)
        rows.append(row(f"`{plan.name}`", run([plan])))
    together = run(good)
    if len(good) > 1:
        rows.append(row("all on one account", together))
    p = together.performance
    report = f"{market}.html"
    page = render_report(
        together, dataset, analyse(together).as_dict(), [("Bars", f"{name}, not part of this page")], figures_only=True
    )
    (PAGE / report).write_text(page, encoding="utf-8")
    tested = ", ".join(f"{m} {t}" for m, t in together.tested_on.items())
    first, last = (datetime.fromtimestamp(t / 1000, UTC).date() for t in (together.start, together.end - 1))
    assumed = ratio(p.profile_spread, ".0%")
    linked = f"[Figures of the run of all of them]({report}), {len(page) / 1000:,.0f} kB."
    lines = [
        f"## {name}",
        "",
        f"{first} to {last}, fills tested on {tested}; {assumed} of the fills on the profile's spread. {linked}",
        "",
        HEAD,
        "|---|" + "---:|" * 10,
        *rows,
        "",
    ]
    return [*lines, *(f"- {note}" for note in dict.fromkeys(notes)), *([""] if notes else [])]


def simulated_report() -> int:
    """One whole report, with candles and trades, over bars that belong to nobody; its size."""
    text = (PLANS / "managed_gold_fade.plan").read_text(encoding="utf-8")
    dataset = simulated_dataset(["gold"], days=30, seed=7, end_ms=DEFAULT_END, profiles=load_profiles())
    result = backtest(text, dataset, account=AccountConfig(record_moves=True))
    page = render_report(
        result, dataset, analyse(result).as_dict(), [("Bars", "simulated, 30 days, seed 7")], simulated=True
    )
    (PAGE / "simulated.html").write_text(page, encoding="utf-8")
    return len(page)


def main() -> None:
    """Run all of it and write the tables between the marks of the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--calendar", type=Path, help="of news, for the plans that read it")
    given = parser.parse_args()
    dataset, kernels = Dataset.open(given.data, load_profiles()), Kernels()
    if given.calendar is not None:
        news = read_news(given.calendar)
        dataset.news = NewsClock(lambda: news)
    PAGE.mkdir(parents=True, exist_ok=True)
    lines = [f"Made on {datetime.now(UTC):%Y-%m-%d}.", ""]
    for name, start, end, _ in YEARS:
        market = {"BTCUSD": "btc", "USDJPY": "usdjpy", "EURUSD": "eurusd", "XAUUSD": "gold"}[name.split()[0]]
        lines += market_table(name, start, end, market, dataset, kernels)
    size = simulated_report()
    page = PAGE / "README.md"
    text = page.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)[0], text.split(END)[1]
    page.write_text(f"{head}{BEGIN}\n" + "\n".join(lines) + f"{END}{rest}", encoding="utf-8")
    print(f"written to {PAGE}; the whole report over the simulator has {size / 1000:,.0f} kB")


if __name__ == "__main__":
    main()
