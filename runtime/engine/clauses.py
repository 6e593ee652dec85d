"""How the clauses of a run stood: how often TRUE, UNKNOWN and why, alone in the way, and the last to come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import CheckedPlan, Clause, Lane, Node, Op
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.order_loop import eights
from tradeplan.runtime.kernels.orders.tally import RULE_TALLY, TALLY, tally_clauses
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
    """Steps of one clause: all, those on which it was UNKNOWN, and these by reason; then what it did to its rule.

    `alone`: steps on which it alone kept the rule from holding; `decided`: how often the rule came to hold and this
    clause had not let the step before pass (several may have come at once); `held`, `became`: steps of the whole rule,
    and how often it came to hold. Only clauses that are columns count; UNKNOWN lets an OPTIONAL one pass.
    """

    plan: str
    rule: int
    text: str
    optional: bool
    steps: int = 0
    unknown: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    true: int = 0
    alone: int = 0
    decided: int = 0
    held: int = 0
    became: int = 0


class ClauseClock:
    """Counts the steps of all clauses that are columns; clauses about the position are not counted."""

    def __init__(self, plans: Iterable[CheckedPlan]) -> None:
        self.times: list[ClauseTime] = []
        self._nodes: list[Node] = []
        ends = [0]
        for plan in plans:
            for rule in plan.rules:
                for clause in rule.clauses:
                    node = clause_node(clause)
                    if not node.positional and node.lane is not None:
                        self._nodes.append(node)
                        self.times.append(ClauseTime(plan.name, rule.number, clause.text, clause.optional))
                if len(self._nodes) > ends[-1]:
                    ends.append(len(self._nodes))
        self._ends: NDArray[np.int64] = np.array(ends, dtype=np.int64)
        self._tallies: NDArray[np.int64] = np.zeros((len(self._nodes), TALLY), dtype=np.int64)
        self._rules: NDArray[np.int64] = np.zeros((len(ends) - 1, RULE_TALLY), dtype=np.int64)
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
        heads = [self._nodes[j].lane for j in self._ends[:-1]]  # all clauses of a rule are on its plan's lane
        self._tally = evaluator.kernels.entry(tally_clauses).bind(
            self._ends,
            np.array([tables.offset(n) for n in self._nodes], dtype=np.int64),
            np.array([time.optional for time in self.times], dtype=np.int64),
            np.array([3 * tables.lane_number[lane] for lane in heads if lane is not None], dtype=np.int64),
            evaluator.windows,
            eights(evaluator.conditions),
            np.zeros(len(self._nodes), dtype=np.int64),
            np.zeros(len(self._nodes), dtype=np.int64),
            self._rules.reshape(-1),
            self._tallies.reshape(-1),
        )

    def count(self) -> None:
        """Add the steps of the evaluator's newest call."""
        if self.roots:
            self._count()
            self._tally()

    def finish(self) -> list[ClauseTime]:
        """The counts of every clause."""
        place = {node: j for j, node in enumerate(self.roots)}
        for node, time in zip(self._nodes, self.times, strict=True):
            counts = self._found[place[node]].tolist()
            time.steps, time.unknown = counts[0], sum(counts[1:])
            time.reasons = {name: count for name, count in zip(_WHY, counts[1:], strict=True) if count}
        for time, tally in zip(self.times, self._tallies.tolist(), strict=True):
            time.true, time.alone, time.decided = tally
        for r, rule in enumerate(self._rules.tolist()):
            for j in range(self._ends[r], self._ends[r + 1]):
                self.times[j].held, self.times[j].became = rule
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
