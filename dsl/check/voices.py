"""Which exit functions a rule reads, itself or through a LET, so that the record can say which exit spoke."""

from __future__ import annotations

from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.lookback import reachable
from tradeplan.dsl.graph import Node, Voice


def voices(ctx: Context, nodes: tuple[Node, ...]) -> tuple[Voice, ...]:
    """The exit functions behind the parts of a condition, each once, in the order in which they were written."""
    written = [u for u in ctx.uses if u.function is not None and u.function.voice and u.value.results is not None]
    if not written:
        return ()
    read = set(reachable(nodes))
    found: dict[tuple[Node, ...], Voice] = {}
    for use in written:
        values = use.value.results.values if use.value.results is not None else ()
        if read.isdisjoint(v.node for v in values):
            continue
        placed = tuple(ctx.on(v.node, ctx.step_lane) for v in values)
        rank, strength, kind, timeframe = placed
        found.setdefault(placed, Voice(use.name, rank, strength, kind, timeframe))
    return tuple(found.values())
