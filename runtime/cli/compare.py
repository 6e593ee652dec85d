"""`plan compare --db FILE`: a run beside the backtest of the same plans: decisions that differ, slippage in points."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table
from tradeplan.runtime.cli._console import open_console
from tradeplan.runtime.cli._load import time_text
from tradeplan.runtime.cli._past import world_of_run
from tradeplan.runtime.engine.account import AccountError
from tradeplan.runtime.engine.backtest import BacktestError
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.watch.compare import Comparison, compare
from tradeplan.runtime.watch.past import PastJournal


@click.command()
@click.option("--db", "database", type=click.Path(path_type=Path), required=True, help="the file of `plan run --db`")
@click.option("--data", type=click.Path(path_type=Path), help="where the bars of the run are now, if they have moved")
@click.option("--list", "longest", default=20, show_default=True, help="how many differences to show")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(database: Path, data: Path | None, longest: int, form: str) -> None:
    """Run the plans of a run over its bars again, as a backtest, and tell where the two part. Exit code 1: they do.

    What people did happens again: edits, halts, resumes, bookings. What the world did does not: outages, late bars,
    the broker. The run may go on meanwhile.
    """
    try:
        journal = PastJournal(database)
        try:
            found = compare(journal, world_of_run(journal, data, as_scheduled=True))
        finally:
            journal.close()
    except (StoreError, BacktestError, AccountError, MarketError) as error:
        raise click.UsageError(str(error)) from error
    if form == "json":
        click.echo(json.dumps(asdict(found)))
    else:
        _show(found, longest)
    if found.differences:
        sys.exit(1)


def _show(found: Comparison, longest: int) -> None:
    console = open_console()
    many = len(found.differences)
    verdict = "all decisions are those of the backtest" if not many else f"{many} differ from the backtest"
    console.print(f"up to {time_text(found.reached)} UTC: {found.decisions} decisions, {verdict}")
    if many:
        table = Table("time", "plan", "rule", "what", "run", "backtest", box=None, header_style="bold")
        for d in found.differences[:longest]:
            rule = "-" if d.rule < 0 else str(d.rule + 1)
            table.add_row(time_text(d.time), d.plan, rule, d.about, d.run or "-", d.backtest or "-")
        console.print(table)
        if many > longest:
            console.print(f"... and {many - longest} more: --list shows them")
    console.print(
        f"{found.fills} fills; {found.only_run} are not in the backtest, {found.only_backtest} are only there",
        markup=False,
    )
    if found.slippage:
        table = Table(
            "plan", "fill", "number", "mean", "worst", "total points against you", box=None, header_style="bold"
        )
        for s in found.slippage:
            table.add_row(s.plan, s.reason, str(s.fills), f"{s.mean:g}", f"{s.worst:g}", f"{s.total:g}")
        console.print(table)
