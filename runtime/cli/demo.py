"""`plan demo`: example plans through check, backtest and an accelerated run, on simulated markets, in a few seconds."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import click
from tradeplan.dsl.graph import Graph
from tradeplan.plans import symbols
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.cli._console import open_console
from tradeplan.runtime.cli._load import DAY, load_plans, markets_of, open_dataset, time_text
from tradeplan.runtime.cli._result import figure_rows
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.live.feed import ReplayClock
from tradeplan.runtime.live.folder import PlanFolder
from tradeplan.runtime.live.instance import Instance, Settings
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.simulator import DEFAULT_END
from tradeplan.stdlib.registry import catalog

EXAMPLES = Path(str(symbols.__file__)).parent.parent
_SHOWN = ("btc_on_weak_dollar.plan", "eurusd_trend_pullback.plan", "daily_limits.plan")
_FIGURES = ("span", "balance", "trades", "expectancy", "drawdown", "costs", "costs doubled")


@click.command()
@click.option("--days", default=30, show_default=True, type=click.IntRange(5, 365), help="of simulated bars")
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), help="leave plans and database in this folder"
)
def command(days: int, keep: Path | None) -> None:
    """Show what tradeplan does, on simulated markets."""
    with tempfile.TemporaryDirectory(prefix="tradeplan-demo-") as temporary:
        folder = keep or Path(temporary)
        (folder / "plans").mkdir(parents=True, exist_ok=True)
        for name in _SHOWN:
            shutil.copyfile(EXAMPLES / name, folder / "plans" / name)
        _show(folder, days)


def _show(folder: Path, days: int) -> None:
    console = open_console()
    console.print(f"[bold]1. A plan[/bold] ({_SHOWN[0]})\n")
    console.print((folder / "plans" / _SHOWN[0]).read_text(encoding="utf-8"), markup=False)
    loaded = load_plans([str(folder / "plans")])
    console.print(f"`plan check`: {len(loaded.plans)} plans and {len(loaded.guards)} guard are good\n")

    console.print(f"[bold]2. A backtest[/bold] over {days} days of simulated bars")
    began = time.perf_counter()
    dataset = open_dataset(None, markets_of(loaded.plans, loaded.guards), days, 7)
    account = AccountConfig()
    result = BacktestResult(run_backtest(loaded.plans, loaded.guards, dataset, loaded.catalog, account))
    for name, value in figure_rows(result):
        if name in _FIGURES:
            console.print(f"  [bold]{name}[/bold]: {value}")
    console.print(f"  ({time.perf_counter() - began:.1f} s)\n")

    console.print("[bold]3. A run[/bold]: the last five of these days as a live feed, as fast as it goes")
    began = time.perf_counter()
    lines: list[str] = []
    told = _run(folder, dataset, account, lines).run()
    for line in lines[-3:]:
        console.print(f"  {line}", markup=False)
    console.print(
        f"  {told.steps} steps, {told.decisions} decisions, {told.fills} fills up to {time_text(told.time)} UTC,"
        f" each in the database ({time.perf_counter() - began:.1f} s)\n"
    )
    console.print("[bold]Next[/bold]")
    console.print("  plan new my.plan               write a plan of your own")
    console.print("  plan check my.plan             find every mistake at once")
    console.print("  plan backtest my.plan          the simulator; --data DIR for real bars")
    console.print("  plan run DIR --db run.db       a folder of plans that reloads as you edit")
    sys.stdout.flush()


def _run(folder: Path, dataset: Dataset, account: AccountConfig, lines: list[str]) -> Instance:
    functions = catalog()
    plans = PlanFolder(folder / "plans", functions, load_facts(), Graph())
    settings = Settings("demo", account, DEFAULT_END - 5 * DAY, DEFAULT_END)
    return Instance(
        plans, dataset, functions, settings, folder / "run.db", ReplayClock(None), lines.append, lambda scan: None
    )
