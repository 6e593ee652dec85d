"""How the clauses of a run stood: how often TRUE, UNKNOWN and why, alone in the way, and the last to come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import CheckedPlan, Node
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.order_loop import eights
from tradeplan.runtime.engine.reasons import REASONS, clause_node, reason_offsets
from tradeplan.runtime.kernels.orders.tally import RULE_TALLY, TALLY, tally_clauses
from tradeplan.runtime.kernels.orders.wake import count_unknown

_WIDTH = 1 + len(REASONS)


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
        pairs = [list(reason_offsets(evaluator, node)) for node in self.roots]
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
            time.reasons = {name: count for name, count in zip(REASONS, counts[1:], strict=True) if count}
        for time, tally in zip(self.times, self._tallies.tolist(), strict=True):
            time.true, time.alone, time.decided = tally
        for r, rule in enumerate(self._rules.tolist()):
            for j in range(self._ends[r], self._ends[r + 1]):
                self.times[j].held, self.times[j].became = rule
        return self.times
