"""How commands speak with a running instance: by its database, with a question before anything is closed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.store.requests import WAIT_SECONDS, RequestRefusedError, ask

database_option = click.option(
    "--db", "database", type=click.Path(path_type=Path), required=True, help="the file of `plan run --db`"
)
wait_option = click.option(
    "--wait", default=WAIT_SECONDS, show_default=True, type=click.FloatRange(0.1, 3600), help="seconds for an answer"
)
yes_option = click.option("--yes", is_flag=True, help="do not ask first")


def ask_run(database: Path, name: str, body: dict[str, Any], seconds: float = WAIT_SECONDS) -> dict[str, Any]:
    """Have the instance do a command of `live/commands.py`; whatever comes in between is told in words, exit code 2."""
    try:
        return ask(database, name, body, seconds)
    except (StoreError, RequestRefusedError) as error:
        raise click.UsageError(str(error)) from error


def confirm(question: str, yes: bool) -> None:
    """Go on only with a person's yes (or `--yes`); where nobody can be asked the command ends with exit code 2."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} nobody is there to answer: say --yes to do it")
    click.confirm(question, abort=True, err=True)
