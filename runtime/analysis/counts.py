"""How often each rule entered, added, closed and moved stops, what filled, and what breakers did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.engine.events import ABOUT, FILLS, owner_names
from tradeplan.runtime.engine.program import Program
from tradeplan.runtime.kernels.orders import layout as at

_KEY = [at.EV_TYPE, at.EV_OWNER, at.EV_RULE, at.EV_LEG, at.EV_REASON]
_SENT = 0.0  # the place of `sent` among outcomes


@dataclass(slots=True)
class Counted:
    """Of a run: what was sent by plan, rule (-1: none alone) and what it was about; fills; breakers by their state."""

    sent: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    fills: Counter[tuple[str, str]] = field(default_factory=Counter)
    breakers: Counter[tuple[str, int, str]] = field(default_factory=Counter)

    def as_dict(self, plans: Iterable[str]) -> dict[str, Any]:
        """As plain values; rules by number from 0, `None`: several rules at once, a guard or a person."""
        found: dict[str, Any] = {}
        for plan in sorted({*plans, *(key[0] for key in self.sent), *(key[0] for key in self.fills)}):
            rules: dict[int, dict[str, int]] = {}
            for (owner, rule, about), count in sorted(self.sent.items()):
                if owner == plan:
                    rules.setdefault(rule, {})[about] = count
            found[plan] = {
                "rules": [{"rule": None if rule < 0 else rule, **counts} for rule, counts in sorted(rules.items())],
                "fills": {reason: self.fills[plan, reason] for reason in FILLS if self.fills[plan, reason]},
            }
        breakers: dict[str, list[dict[str, Any]]] = {}
        for (owner, rule, state), count in sorted(self.breakers.items()):
            rows = breakers.setdefault(owner, [])
            if not rows or rows[-1]["rule"] != rule:
                rows.append({"rule": rule, "halt": 0, "half_open": 0, "reset": 0})
            rows[-1][state] += count
        return {"plans": found, "breakers": breakers}


def counted(rows: NDArray[np.float64], program: Program) -> Counted:
    """Count the event rows of a backtest."""
    names, found = owner_names(program), Counted()
    if not len(rows):
        return found
    keys, counts = np.unique(rows[:, _KEY], axis=0, return_counts=True)
    for (kind, address, number, leg, reason), many in zip(keys.tolist(), counts.tolist(), strict=True):
        owner, rule = names.get(int(address), ""), int(number)
        if kind == at.TYPE_DECISION and reason == _SENT:
            found.sent[owner, rule, ABOUT[int(leg)]] += many
        elif kind == at.TYPE_FILL:
            found.fills[owner, FILLS[int(reason)]] += many
        elif kind == at.TYPE_HALT:
            found.breakers[owner, rule, "halt"] += many
        elif kind == at.TYPE_BREAKER:
            found.breakers[owner, rule, "half_open" if int(reason) == int(at.HALF_OPEN) else "reset"] += many
    return found
