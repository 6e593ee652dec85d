"""`plan migrate POSITION --db FILE`: lets the newest version of a plan manage the position that an older one opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from tradeplan.runtime.cli._control import ask_run, confirm, database_option, wait_option, yes_option


@click.command()
@click.argument("position")
@database_option
@wait_option
@yes_option
def command(position: str, database: Path, wait: float, yes: bool) -> None:
    """Move POSITION, a plan's name or the ticket at the broker, to the newest version of its plan.

    An edited plan manages its open position by the version that opened it until that is closed; this ends the wait.
    Stop, targets, size and what the position has done stay as they are; the rules are those of the new version.
    """
    move = ask_run(database, "migration", {"position": position}, wait)
    click.echo(_shown(move))
    confirm(f"move the position of `{move['plan']}` to version {move['after']}?", yes)
    asked = {"position": position, "before": move["before"], "after": move["after"]}
    ask_run(database, "migrate", asked, wait)
    click.echo(f"moved: version {move['after']} manages it from the next step on")


def _shown(move: dict[str, Any]) -> str:
    side = "long" if move["side"] > 0 else "short"
    levels = ", ".join(f"target {price:.10g}" for price in move["targets"]) or "no target"
    lines = [
        f"{move['plan']}: {side} {move['lots']:g} lots of {move['market']}",
        f"  version {move['before']} -> {move['after']}",
        f"  stay: stop {move['stop']:.10g}, {levels}, entry, R, `held`, `best`, counters, and {move['stays']} rules",
    ]
    lines += [f"  goes: {text}" for text in move["gone"]] + [f"  comes: {text}" for text in move["came"]]
    lines += [f"  note: {text}" for text in move["starts"]]
    if move["entries"]:
        lines.append("  entries and their limits differ: from the next position on")
    before, after = _stake(move["stake_before"]), _stake(move["stake_after"])
    lines.append(f"  can lose from here: {before}\n                  ->  {after}")
    return "\n".join(lines)


def _stake(stake: list[Any]) -> str:
    stop, gap, adds = stake
    more = (
        f", with {adds} ADDs at the price of now" if adds > 1 else ", with one ADD at the price of now" if adds else ""
    )
    return f"{stop:.2f} at the stop, {gap:.2f} with the market's gap allowance{more}"
