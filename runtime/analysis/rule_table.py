"""Which rule opened and what closed the trades of each plan, and how often each part of a condition decided."""

from __future__ import annotations

from typing import Any

import numpy as np
from tradeplan.dsl.graph import CheckedPlan, CheckedRule
from tradeplan.runtime.analysis.groups import Closed, group
from tradeplan.runtime.engine.clauses import ClauseTime
from tradeplan.runtime.engine.events import FILLS
from tradeplan.runtime.kernels.orders import layout as at

_UNCOUNTED = "about the position or the account, or always the same: not counted"
_NOT_LIVE = "not counted: a running instance keeps no counts of clauses"
FLATTENED = "a guard, or the end of the plan"


def clause_tables(
    plans: list[CheckedPlan], trades: Closed, times: list[ClauseTime], lived: bool = False
) -> dict[str, Any]:
    """For each plan its rules with their clauses, and the trades by entry rule and by what closed them.

    `lived`: of a running instance, which counts no clauses.
    """
    return {p.name: _plan(p, trades, i, [t for t in times if t.plan == p.name], lived) for i, p in enumerate(plans)}


def _plan(plan: CheckedPlan, trades: Closed, number: int, times: list[ClauseTime], lived: bool) -> dict[str, Any]:
    mine = trades.plan == number
    entries = [
        {"rule": rule.number, "text": rule.text, **_result(trades, mine & (trades.entered == rule.number))}
        for rule in plan.rules
        if rule.entry is not None
    ]
    pairs = sorted(set(zip(trades.reason[mine].tolist(), trades.left[mine].tolist(), strict=True)))
    exits = []
    for reason, rule in pairs:
        by_rule = reason == at.FILL_CLOSE and rule >= 0
        text = plan.rules[rule].text if by_rule else FLATTENED if reason == at.FILL_CLOSE else ""
        exits.append(
            {
                "by": FILLS[reason],
                "rule": rule if by_rule else None,
                "text": text,
                **_result(trades, mine & (trades.reason == reason) & (trades.left == rule)),
            }
        )
    return {"rules": [_rule(rule, times, lived) for rule in plan.rules], "entries": entries, "exits": exits}


def _result(trades: Closed, of: np.ndarray[Any, np.dtype[np.bool_]]) -> dict[str, Any]:
    r = trades.r[of]
    return {**group(trades.net[of]), "expectancy_r": float(r.mean()) if len(r) else None}


def _rule(rule: CheckedRule, times: list[ClauseTime], lived: bool) -> dict[str, Any]:
    """A rule's clauses; one about the position or the account has no column, so it is not counted."""
    counted = [t for t in times if t.rule == rule.number]
    clauses: list[dict[str, Any]] = []
    for clause in rule.clauses:
        found = next((t for t in counted if t.text == clause.text and t.optional == clause.optional), None)
        row: dict[str, Any] = {"text": clause.text, "optional": clause.optional}
        if found is None:
            row |= dict.fromkeys(("steps", "true", "false", "unknown", "alone", "decided"))
            row["reason"] = _NOT_LIVE if lived else _UNCOUNTED
        else:
            row |= {
                "steps": found.steps,
                "true": found.true,
                "false": found.steps - found.true - found.unknown,
                "unknown": found.unknown,
                "alone": found.alone,
                "decided": found.decided,
                "unknown_because": dict(found.reasons),
            }
        clauses.append(row)
    return {
        "rule": rule.number,
        "text": rule.text,
        "entry": rule.entry is not None,
        "held": counted[0].held if counted else None,
        "became": counted[0].became if counted else None,
        "clauses": clauses,
    }
