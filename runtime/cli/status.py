"""`plan status --db FILE`: shows a run from another terminal: plans and what blocks them, positions, feed."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import click
from rich.live import Live
from tradeplan.runtime.cli._console import open_console
from tradeplan.runtime.cli._status_view import status_view
from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.store.snapshot import RunStatus, read_status


@click.command()
@click.option("--db", "database", type=click.Path(path_type=Path), required=True, help="the file of `plan run --db`")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="short for --format json: one object, times in UTC milliseconds")
@click.option("--watch", type=float, help="look again every so many seconds, until Ctrl-C")
def command(database: Path, form: str, as_json: bool, watch: float | None) -> None:
    """Show the run of a database; it may go on meanwhile."""
    if watch is not None and not 0.05 <= watch <= 86_400:
        raise click.UsageError(f"--watch: {watch:g} is not a number of seconds to wait: expected one such as 2")
    if as_json or form == "json":
        while True:
            click.echo(json.dumps(asdict(_read(database))))
            if watch is None:
                return
            time.sleep(watch)
    console = open_console()
    first = status_view(_read(database))
    if watch is None or not sys.stdout.isatty():
        console.print(first)
        while watch is not None:  # what goes to a file or a pipe is written each time
            time.sleep(watch)
            console.print(status_view(_read(database)))
        return
    with Live(first, console=console, auto_refresh=False, screen=True) as live:
        while True:
            time.sleep(watch)
            live.update(status_view(_read(database)), refresh=True)


def _read(database: Path) -> RunStatus:
    try:
        return read_status(database)
    except StoreError as error:
        raise click.UsageError(str(error)) from error
