"""`plan halt [SCOPE] --db FILE`: keeps a running instance from opening anything, until `plan resume`."""

from __future__ import annotations

from pathlib import Path

import click
from tradeplan.runtime.cli._control import ask_run, database_option, wait_option


@click.command()
@click.argument("scope", default="")
@database_option
@wait_option
def command(scope: str, database: Path, wait: float) -> None:
    """Open nothing more in SCOPE, a plan or a market; without it in the whole account.

    Orders that wait are cancelled; positions stay, with their stops, targets and rules. It holds over a restart.
    """
    ask_run(database, "halt", {"scope": scope}, wait)
    what = f"`{scope}`" if scope else "the account"
    back = f"plan resume {scope} --db {database}" if scope else f"plan resume --db {database}"
    click.echo(f"{what} is halted: nothing is opened until `{back}`; positions stay as they are")
