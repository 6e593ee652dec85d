"""Which OPTIONAL parts of an entry rule were UNKNOWN at the step that sent it, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import CheckedPlan, CheckedRule, Clause, Lane
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.reasons import REASONS, clause_node, reason_offsets
from tradeplan.runtime.kernels.orders import layout as at

Rows = NDArray[np.float64]
MOST = 17
"""So many parts of a rule have room in one number of an event row; further ones are not told."""
_DIGIT = 8  # 0: the part was known; else 1 + the code of the reason


@dataclass(frozen=True, slots=True)
class UnknownPart:
    """An OPTIONAL part that counted as met because it was UNKNOWN: its text as written, and why."""

    text: str
    reason: str


def optional_clauses(rule: CheckedRule) -> tuple[Clause, ...]:
    """The OPTIONAL parts of an entry rule that are columns, in the order written."""
    if rule.entry is None:
        return ()
    return tuple(
        c for c in rule.clauses if c.optional and clause_node(c).lane is not None and not clause_node(c).positional
    )[:MOST]


def unknown_parts(rule: CheckedRule, packed: float) -> tuple[UnknownPart, ...]:
    """The parts that a row's number stands for."""
    found, rest = [], int(packed)
    for clause in optional_clauses(rule):
        rest, digit = divmod(rest, _DIGIT)
        if digit:
            found.append(UnknownPart(clause.text, REASONS[digit - 1]))
    return tuple(found)


class OptionalParts:
    """Writes them into the rows of sent entries, while the columns of the step are still there."""

    def __init__(self, plans: dict[int, CheckedPlan], evaluator: Evaluator) -> None:
        """`plans` by address in the book. Every node of an OPTIONAL part must be in the evaluator's tables."""
        self._evaluator = evaluator
        self._parts: dict[tuple[int, int], tuple[Lane, list[tuple[int, list[int]]]]] = {}
        for address, plan in plans.items():
            for rule in plan.rules:
                nodes = [clause_node(clause) for clause in optional_clauses(rule)]
                if nodes:
                    places = [(evaluator.tables.offset(n), list(reason_offsets(evaluator, n))) for n in nodes]
                    self._parts[address, rule.number] = plan.step_lane, places

    def mark(self, rows: Rows) -> None:
        """Fill in the rows of the evaluator's newest call."""
        if not self._parts:
            return
        entries = (rows[:, at.EV_TYPE] == at.TYPE_DECISION) & (rows[:, at.EV_LEG] == at.ABOUT_ENTRY)
        for row in np.flatnonzero(entries & (rows[:, at.EV_REASON] == at.SENT)):
            found = self._parts.get((int(rows[row, at.EV_OWNER]), int(rows[row, at.EV_RULE])))
            if found is not None:
                rows[row, at.EV_OPTIONAL] = self._packed(*found, int(rows[row, at.EV_TIME]))

    def _packed(self, lane: Lane, places: list[tuple[int, list[int]]], time: int) -> float:
        evaluator = self._evaluator
        first, last = evaluator.window(lane)
        ticks = evaluator.tables.time_offset(lane)
        step = first + int(np.searchsorted(evaluator.ticks[ticks + first : ticks + last], time))
        total = 0
        for j, (offset, reasons) in enumerate(places):
            if evaluator.conditions[offset + step] == 1:
                codes = (int(evaluator.conditions[reason + step]) for reason in reasons)
                total += (1 + next((code for code in codes if code), 0)) * _DIGIT**j
        return float(total)
