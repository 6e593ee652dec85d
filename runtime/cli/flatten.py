"""`plan flatten [SCOPE] --db FILE`: cancels what waits and closes every position of a running instance."""

from __future__ import annotations

from pathlib import Path

import click
from tradeplan.runtime.cli._control import ask_run, confirm, database_option, wait_option, yes_option


@click.command()
@click.argument("scope", default="")
@database_option
@wait_option
@yes_option
def command(scope: str, database: Path, wait: float, yes: bool) -> None:
    """Cancel orders and close positions in SCOPE, a plan or a market; without it in the whole account.

    Plans may open again afterwards: `plan halt` keeps them from it.
    """
    what = f"`{scope}`" if scope else "the account"
    confirm(f"close every position and cancel every order of {what}?", yes)
    told = ask_run(database, "flatten", {"scope": scope}, wait)
    names = ", ".join(f"`{name}`" for name in told["plans"]) or "nobody held anything"
    click.echo(f"{what} is being flattened: {names}; `plan halt` keeps plans from opening again")
