"""`plan arm [NAME...] --db FILE`: shows the edits that wait on a real account, and lets them take effect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from tradeplan.runtime.cli._control import ask_run, confirm, database_option, wait_option, yes_option

_FIGURES = {
    "risk": "risk of an entry",
    "loss": "loses at its stop",
    "total": "all plans at once lose at their stops",
    "worst": "worst loss that guards allow",
}


@click.command()
@click.argument("names", nargs=-1)
@database_option
@wait_option
@yes_option
def command(names: tuple[str, ...], database: Path, wait: float, yes: bool) -> None:
    """Show what waits, NAMES of it or all, with the risk before and after, and arm it after a question.

    With real money a new or edited plan, and a guard that is edited or taken out, waits. What only reduces risk does
    not: a plan that is taken out, a new guard, an edit that makes sizes smaller or takes entries out or adds exits.
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
        click.echo(shown(edit))
    confirm(f"arm {len(chosen)} of {len(edits)} edits?", yes)
    ask_run(database, "arm", {"versions": [[edit["name"], edit["version"]] for edit in chosen]}, wait)
    click.echo("armed: they run from the next step on; a plan with a position changes when that is closed")


def shown(edit: dict[str, Any]) -> str:
    """An edit with its figures before and after."""
    lines = [f"{edit['name']}: {edit['what']}"]
    for name, words in _FIGURES.items():
        if f"{name}_after" in edit:
            lines.append(f"  {words}: {edit[f'{name}_before']} -> {edit[f'{name}_after']}")
    return "\n".join([*lines, *(f"  note: {note}" for note in edit["notes"])])
