"""How long each clause of a run was UNKNOWN, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import CheckedPlan, Clause, Lane, Node, Op
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.order_loop import eights
from tradeplan.runtime.kernels.orders.wake import count_unknown
from tradeplan.runtime.kernels.source import joins

_REASONS = {
    joins.SEEN: "no value yet",
    joins.NO_BAR: "no bar yet",
    joins.CLOSED: "closed",
    joins.STALE: "stale",
    joins.NO_DATA: "no data",
}
_WHY = tuple(_REASONS[code] for code in sorted(_REASONS))
_WIDTH = 1 + len(_WHY)


@dataclass(slots=True)
class ClauseTime:
    """Steps of one clause: all, those on which it was UNKNOWN, and these by reason."""

    plan: str
    rule: int
    text: str
    optional: bool
    steps: int = 0
    unknown: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


class ClauseClock:
    """Counts UNKNOWN steps of all clauses that are columns; clauses about the position are not counted."""

    def __init__(self, plans: Iterable[CheckedPlan]) -> None:
        self.times: list[ClauseTime] = []
        self._nodes: list[Node] = []
        for plan in plans:
            for rule in plan.rules:
                for clause in rule.clauses:
                    node = clause_node(clause)
                    if not node.positional and node.lane is not None:
                        self._nodes.append(node)
                        self.times.append(ClauseTime(plan.name, rule.number, clause.text, clause.optional))
        self.roots: tuple[Node, ...] = tuple(dict.fromkeys(self._nodes))
        self._found: NDArray[np.int64] = np.zeros((0, _WIDTH), dtype=np.int64)

    def bind(self, evaluator: Evaluator) -> None:
        """Read the clauses in this evaluator from now on."""
        tables = evaluator.tables
        lanes = [n.lane for n in self.roots if n.lane is not None]
        pairs = [list(_pairs(evaluator, node)) for node in self.roots]
        ends = np.cumsum([0, *map(len, pairs)], dtype=np.int64)
        flat = np.array([offset for found in pairs for offset in found] or [0], dtype=np.int64)
        self._found = np.zeros((len(self.roots), _WIDTH), dtype=np.int64)
        self._count = evaluator.kernels.entry(count_unknown).bind(
            np.array([tables.offset(n) for n in self.roots], dtype=np.int64),
            np.array([3 * tables.lane_number[lane] for lane in lanes], dtype=np.int64),
            evaluator.windows,
            evaluator.conditions,
            eights(evaluator.conditions),
            flat,
            ends,
            self._found.reshape(-1),
            _WIDTH,
        )

    def count(self) -> None:
        """Add the steps of the evaluator's newest call."""
        if self.roots:
            self._count()

    def finish(self) -> list[ClauseTime]:
        """The counts of every clause."""
        place = {node: j for j, node in enumerate(self.roots)}
        for node, time in zip(self._nodes, self.times, strict=True):
            counts = self._found[place[node]].tolist()
            time.steps, time.unknown = counts[0], sum(counts[1:])
            time.reasons = {name: count for name, count in zip(_WHY, counts[1:], strict=True) if count}
        return self.times


def clause_node(clause: Clause) -> Node:
    """The condition of a clause as it was written, without what OPTIONAL adds."""
    return clause.inner if clause.optional and clause.inner is not None else clause.node


def _pairs(evaluator: Evaluator, node: Node) -> Iterator[int]:
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
