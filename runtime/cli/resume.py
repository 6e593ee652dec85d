"""`plan resume [SCOPE] --db FILE`: lifts a halt of a running instance: by hand, of a plan's rules, of a guard."""

from __future__ import annotations

from pathlib import Path

import click
from tradeplan.runtime.cli._control import ask_run, database_option, wait_option


@click.command()
@click.argument("scope", default="")
@database_option
@wait_option
def command(scope: str, database: Path, wait: float) -> None:
    """Lift what `plan halt` of the same SCOPE did; of a plan also the halts of its own rules, of a guard its breakers.

    A rule that was lifted while TRUE halts again only after it has been FALSE.
    """
    ask_run(database, "resume", {"scope": scope}, wait)
    what = f"`{scope}`" if scope else "the account"
    click.echo(f"{what} is resumed; `plan status --db {database}` shows what still blocks")
