"""How long each clause of a run was UNKNOWN, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import CheckedPlan, Clause, Lane, Node, Op
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.kernels.orders.wake import count_unknown
from tradeplan.runtime.kernels.source import joins

WARMING = "no value yet"
_WHY = {joins.NO_BAR: "no bar yet", joins.CLOSED: "closed", joins.STALE: "stale", joins.NO_DATA: "no data"}


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
        self._evaluator: Evaluator | None = None

    def bind(self, evaluator: Evaluator) -> None:
        """Read the clauses in this evaluator from now on."""
        tables = evaluator.tables
        self._evaluator = evaluator
        self._lanes = [n.lane for n in self.roots if n.lane is not None]
        self._places = np.array([tables.offset(n) for n in self.roots], dtype=np.int64)
        self._numbers = np.array([3 * tables.lane_number[lane] for lane in self._lanes], dtype=np.int64)
        self._pairs = [list(_pairs(evaluator, node)) for node in self.roots]
        self._found = np.zeros(len(self.roots), dtype=np.int64)
        self._steps = np.zeros(len(self.roots), dtype=np.int64)
        self._unknown = np.zeros(len(self.roots), dtype=np.int64)
        self._reasons: list[dict[str, int]] = [{} for _ in self.roots]
        self._count = evaluator.kernels.entry(count_unknown).bind(
            self._places, self._numbers, evaluator.windows, evaluator.conditions, self._found, self._steps
        )

    def count(self) -> None:
        """Add the steps of the evaluator's newest call."""
        if not self.roots or not self._count():
            return
        for j in np.flatnonzero(self._found).tolist():
            self._unknown[j] += self._found[j]
            self._explain(j)

    def finish(self) -> list[ClauseTime]:
        """The counts of every clause."""
        place = {node: j for j, node in enumerate(self.roots)}
        for node, time in zip(self._nodes, self.times, strict=True):
            j = place[node]
            time.steps, time.unknown = int(self._steps[j]), int(self._unknown[j])
            time.reasons = dict(self._reasons[j])
        return self.times

    def _explain(self, j: int) -> None:
        evaluator = self._evaluator
        assert evaluator is not None
        first, last = evaluator.window(self._lanes[j])
        place = int(self._places[j])
        open_rows: NDArray[np.int64] = np.flatnonzero(evaluator.conditions[place + first : place + last] == 1)
        reasons = self._reasons[j]
        for offset in self._pairs[j]:
            why = evaluator.conditions[offset + first : offset + last][open_rows]
            for code, name in _WHY.items():
                count = int(np.count_nonzero(why == code))
                if count:
                    reasons[name] = reasons.get(name, 0) + count
            open_rows = open_rows[why == joins.SEEN]
        if len(open_rows):
            reasons[WARMING] = reasons.get(WARMING, 0) + len(open_rows)


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
