"""`plan status --db FILE`: shows a run from another terminal: time, account, plans, positions, last decisions."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from tradeplan.runtime.cli._load import time_text
from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.store.snapshot import RunStatus, read_status


@click.command()
@click.option("--db", "database", type=click.Path(path_type=Path), required=True, help="the file of `plan run --db`")
@click.option("--json", "as_json", is_flag=True, help="one JSON object, times in UTC milliseconds")
@click.option("--watch", type=float, help="look again every so many seconds, until Ctrl-C")
def command(database: Path, as_json: bool, watch: float | None) -> None:
    """Show the run of a database; it may go on meanwhile."""
    if watch is not None and not 0.05 <= watch <= 86_400:
        raise click.UsageError(f"--watch: {watch:g} is not a number of seconds to wait: expected one such as 2")
    while True:
        try:
            status = read_status(database)
        except StoreError as error:
            raise click.UsageError(str(error)) from error
        if as_json:
            click.echo(json.dumps(asdict(status)))
        else:
            _show(status, clear=watch is not None and sys.stdout.isatty())
        if watch is None:
            return
        time.sleep(watch)


def _show(status: RunStatus, clear: bool) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    if clear:
        console.clear()
    console.print(f"feed      {status.feed}", markup=False)
    console.print(f"time      {time_text(status.time)} UTC, {'running' if status.running else 'not running now'}")
    console.print(f"account   balance {status.balance:,.2f}, equity {status.equity:,.2f} {status.currency}")
    if status.outages:
        console.print(f"outages   {status.outages}")
    words = ", ".join(f"{n} {state}" for state, n in sorted(status.intents.items()))
    console.print(f"orders    {words or 'none yet'}")
    console.print(_plans(status))
    if status.positions:
        console.print(_positions(status))
    for halt in status.halts:
        until = "a person resumes" if halt["until"] is None else f"{time_text(halt['until'])} UTC"
        console.print(f"halted by `{halt['owner']}` since {time_text(halt['since'])} UTC until {until}", markup=False)
    for q in status.quarantined:
        console.print(f"put aside: `{q['name']}` version {q['version']}: {q['why']}", markup=False)
    for file in status.broken:
        console.print(
            f"broken: `{file}`; its last good version, if there was one, runs; `plan check` explains", markup=False
        )
    if status.decisions:
        console.print(_decisions(status))
    for alert in status.alerts:
        console.print(f"alert {time_text(alert['time'])} `{alert['plan']}`: {alert['text']}", markup=False)


def _plans(status: RunStatus) -> Table:
    table = Table("plan", "version", "state", box=None, header_style="bold")
    words = {
        "retired": "waits for the end of its position or order; the folder holds another version or none",
        "put aside": "failed: its position keeps stop and target at the broker",
    }
    for p in status.plans:
        table.add_row(p["name"], p["version"], words.get(p["state"], p["state"]))
    for g in status.guards:
        table.add_row(g["name"], g["version"], "guard")
    if not status.plans:
        table.add_row("-", "-", "no plan runs")
    return table


def _positions(status: RunStatus) -> Table:
    table = Table(
        "open", "market", "side", "lots", "entry", "stop", "since", "from entry", box=None, header_style="bold"
    )
    for p in status.positions:
        side = "long" if p["side"] > 0 else "short"
        numbers = (f"{p['lots']:g}", f"{p['entry']:g}", f"{p['stop']:g}")
        table.add_row(p["plan"], p["market"], side, *numbers, time_text(p["opened"]), f"{p['profit']:+g}")
    return table


def _decisions(status: RunStatus) -> Table:
    table = Table("decided", "plan", "rule", "what", "outcome", box=None, header_style="bold")
    for d in reversed(status.decisions):
        rule = "-" if d["rule"] < 0 else str(d["rule"] + 1)
        table.add_row(time_text(d["time"]), d["plan"], rule, d["action"], d["outcome"])
    return table
