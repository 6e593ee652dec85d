"""`plan arm [NAME...] --db FILE`: shows the edits that wait on a real account, and lets them take effect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from tradeplan.runtime.cli._control import ask_run, confirm, database_option, wait_option, yes_option


@click.command()
@click.argument("names", nargs=-1)
@database_option
@wait_option
@yes_option
def command(names: tuple[str, ...], database: Path, wait: float, yes: bool) -> None:
    """Show what waits, NAMES of it or all, with the risk before and after, and arm it after a question.

    With real money a new or edited plan, and a guard that is edited or taken out, waits; a plan that is taken out and
    a new guard do not.
    """
    edits = ask_run(database, "waiting", {}, wait)["edits"]
    unknown = sorted(set(names) - {edit["name"] for edit in edits})
    if unknown:
        raise click.UsageError(f"nothing of {', '.join(f'`{name}`' for name in unknown)} waits to be armed")
    chosen = [edit for edit in edits if not names or edit["name"] in names]
    if not chosen:
        click.echo("nothing waits to be armed")
        return
    for edit in chosen:
        click.echo(_shown(edit))
    confirm(f"arm {len(chosen)} of {len(edits)} edits?", yes)
    ask_run(database, "arm", {"versions": [[edit["name"], edit["version"]] for edit in chosen]}, wait)
    click.echo("armed: they run from the next step on; a plan with a position changes when that is closed")


def _shown(edit: dict[str, Any]) -> str:
    lines = [f"{edit['name']}: {edit['what']}"]
    if edit["risk_after"]:
        lines.append(f"  risk of an entry: {edit['risk_before']} -> {edit['risk_after']}")
    lines.append(f"  worst loss of the account: {edit['worst_before']} -> {edit['worst_after']}")
    return "\n".join(lines)
