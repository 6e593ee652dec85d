"""`plan flatten [SCOPE] --db FILE`: cancels what waits and closes every position of a running instance."""

from __future__ import annotations

from pathlib import Path

import click
from tradeplan.runtime.broker.account import AccountName, BrokerError
from tradeplan.runtime.broker.direct import flatten, ours
from tradeplan.runtime.cli._control import ask_run, confirm, wait_option, yes_option
from tradeplan.runtime.mt5.connect import connect
from tradeplan.runtime.mt5.terminal import BridgeError


@click.command()
@click.argument("scope", default="")
@click.option("--db", "database", type=click.Path(path_type=Path), help="the file of `plan run --db`")
@wait_option
@yes_option
@click.option("--direct", is_flag=True, help="ask the terminal and not the run, which hangs")
@click.option("--account", help="with --direct: LOGIN@SERVER")
@click.option("--bridge", help="with --direct: where `plan mt5 serve` listens, HOST:PORT")
def command(
    scope: str, database: Path | None, wait: float, yes: bool, direct: bool, account: str | None, bridge: str | None
) -> None:
    """Cancel orders and close positions in SCOPE, a plan or a market; without it in the whole account.

    Plans may open again afterwards: `plan halt` keeps them from it. `--direct` closes everything on the account that
    carries this program's mark, without the run: it takes that for closed when it is back. A net position is closed
    whole, with what others hold of it.
    """
    if direct:
        _directly(scope, account, bridge, yes)
        return
    if database is None:
        raise click.UsageError("give --db FILE, the file of `plan run --db`; or --direct when the run hangs")
    what = f"`{scope}`" if scope else "the account"
    confirm(f"close every position and cancel every order of {what}?", yes)
    told = ask_run(database, "flatten", {"scope": scope}, wait)
    names = ", ".join(f"`{name}`" for name in told["plans"]) or "nobody held anything"
    click.echo(f"{what} is being flattened: {names}; `plan halt` keeps plans from opening again")


def _directly(scope: str, account: str | None, bridge: str | None, yes: bool) -> None:
    if scope or account is None:
        raise click.UsageError("--direct closes everything on an account: give --account LOGIN@SERVER, and no scope")
    try:
        name = AccountName.parse(account)
        with connect(bridge) as connection:
            found = ours(connection.client, name)
            if not (found.positions or found.orders):
                click.echo(f"`{name}` holds nothing of this program")
                return
            for p in found.positions:
                click.echo(f"{p.symbol} {p.ticket}: {'short' if p.type else 'long'} {p.volume:g} lots")
            count = f"{len(found.positions)} positions and {len(found.orders)} orders on `{name}`"
            confirm(f"close and cancel {count}? stop the run first if it still answers", yes)
            left = flatten(connection.client, name, found, click.echo)
    except (BrokerError, BridgeError) as error:
        raise click.UsageError(str(error)) from error
    if left.positions or left.orders:
        raise click.ClickException(
            f"{len(left.positions)} positions and {len(left.orders)} orders are still there: look at the terminal, or"
            " give the command again"
        )
    click.echo(f"{count}: done")
