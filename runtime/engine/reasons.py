"""Why a condition on a step lane is UNKNOWN: the words, and where a join writes down its reason."""

from __future__ import annotations

from collections.abc import Iterator

from tradeplan.dsl.graph import Clause, Lane, Node, Op
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.kernels.source import joins

_REASONS = {
    joins.SEEN: "no value yet",
    joins.NO_BAR: "no bar yet",
    joins.CLOSED: "closed",
    joins.STALE: "stale",
    joins.NO_DATA: "no data",
}
REASONS = tuple(_REASONS[code] for code in sorted(_REASONS))
"""By the code that a join writes down."""


def clause_node(clause: Clause) -> Node:
    """The condition of a clause as it was written, without what OPTIONAL adds."""
    return clause.inner if clause.optional and clause.inner is not None else clause.node


def reason_offsets(evaluator: Evaluator, node: Node) -> Iterator[int]:
    """Where the reasons of the joins into a clause's own lane lie."""
    seen: set[Node] = set()
    lanes: set[Lane] = set()
    waiting = [node]
    while waiting:
        x = waiting.pop()
        if x in seen:
            continue
        seen.add(x)
        if x.op is Op.JOIN and x.lane == node.lane and x.inputs[0].lane is not None and node.lane is not None:
            if x.inputs[0].lane not in lanes:
                lanes.add(x.inputs[0].lane)
                offset = evaluator.tables.reason_offset(x.inputs[0].lane, node.lane)
                if offset is not None:
                    yield offset
            continue
        waiting.extend(x.inputs)
