"""`plan stop --db FILE`: ends a running instance cleanly, from another terminal; asks first when positions are open."""

from __future__ import annotations

import time
from pathlib import Path

import click
from tradeplan.runtime.cli._control import ask_run, confirm, database_option, wait_option, yes_option
from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.store.lock import is_running
from tradeplan.runtime.store.snapshot import read_status


@click.command()
@database_option
@wait_option
@yes_option
def command(database: Path, wait: float, yes: bool) -> None:
    """End the run of a database after its present step; nothing is closed, and the same `plan run` goes on from there.

    Positions keep their stop and target at the broker; their other rules rest until the next start.
    """
    try:
        positions = read_status(database).positions
    except StoreError as error:
        raise click.UsageError(str(error)) from error
    if positions:
        names = ", ".join(f"`{p['plan']}` {p['lots']:g} lots of {p['market']}" for p in positions)
        confirm(f"open: {names}. Only stop and target look after them while the program is away. Stop it?", yes)
    ask_run(database, "stop", {}, wait)
    until = time.monotonic() + wait
    while is_running(database):
        if time.monotonic() >= until:
            raise click.UsageError(f"the run said that it stops, but after {wait:g} s it still has `{database}`")
        time.sleep(0.05)
    click.echo("stopped; the same `plan run` goes on from here")
