"""Levels of each position on its chart: fills, the path of the stop, targets and TAKEs, from the run's rows."""

from __future__ import annotations

import math
from typing import Any

from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.analysis.recording import Recording
from tradeplan.runtime.engine.events import FILLS, OUTCOMES
from tradeplan.runtime.kernels.orders import layout as at

Levels = dict[str, list[list[Any]]]
_SENT = OUTCOMES.index("sent")


def position_levels(recording: Recording, count: int) -> list[Levels]:
    """Of each of `count` positions, in order of number.

    `fills`: time, price, reason, units, leg, profit. `stops`: time from which, price; the first is that of the entry.
    `targets`: take or target, price, leg, for each leg that has one; stop moves are there if the run recorded them.
    """
    found: list[Levels] = [{"fills": [], "stops": [], "targets": []} for _ in range(count)]
    takes = _takes(recording)
    table = recording.table
    kinds = table[:, at.EV_TYPE]
    moves = (kinds == at.TYPE_DECISION) & (table[:, at.EV_LEG] == at.ABOUT_STOP) & (table[:, at.EV_REASON] == _SENT)
    for row in table[(kinds == at.TYPE_FILL) | moves].tolist():
        number = int(row[at.EV_POSITION]) - 1
        if not 0 <= number < count:
            continue
        levels, time = found[number], int(row[at.EV_TIME])
        if int(row[at.EV_TYPE]) == at.TYPE_DECISION:
            levels["stops"].append([time, row[at.EV_PRICE]])
            continue
        reason, leg = int(row[at.EV_REASON]), int(row[at.EV_LEG])
        money = round(row[at.EV_PROFIT] / 100.0, 2)
        levels["fills"].append([time, row[at.EV_PRICE], FILLS[reason], int(row[at.EV_UNITS]), leg, money])
        if reason > at.FILL_ADD:
            continue
        if not levels["stops"]:
            levels["stops"].append([time, row[at.EV_A]])
        target = row[at.EV_B]
        if _is_price(target):
            is_take = reason == at.FILL_ENTRY and leg < takes.get((int(row[at.EV_OWNER]), int(row[at.EV_RULE])), 0)
            levels["targets"].append(["take" if is_take else "target", target, leg])
    return found


def _takes(recording: Recording) -> dict[tuple[int, int], int]:
    """How many TAKEs an entry rule has, by address of its plan and number of the rule."""
    return {
        (owner.address, rule.number): len(rule.entry.takes)
        for owner in recording.program.plans
        if isinstance(owner.block, CheckedPlan)
        for rule in owner.block.rules
        if rule.entry is not None
    }


def _is_price(value: float) -> bool:
    return math.isfinite(value) and value > 0.0
