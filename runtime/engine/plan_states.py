"""Where each plan of a standing loop is: flat, waiting or holding, halted until when, what it has done."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tradeplan.runtime.engine.order_loop import OrderLoop
from tradeplan.runtime.kernels.orders import layout as at

FOREVER = int(at.INF)
_PHASES = {at.FLAT: "flat", at.PENDING: "pending", at.OPEN: "open"}


class PlanState(NamedTuple):
    """A plan between two instants. Times are UTC ms; `position` None while nothing is held.

    `halted_until`: by whatever halts it, None when nothing does; a person has to resume it when that is FOREVER.
    `fills` are first fills, as MAX and ONCE count them.
    """

    plan: str
    version: str
    phase: str
    position: int | None
    halted_until: int | None
    last_exit: int | None
    fills: int


def plan_states(loop: OrderLoop, now: int) -> list[PlanState]:
    """All plans, by name."""
    f = loop.f.item  # plain floats: this is asked for after most steps
    return [_state(f, owner.address, owner.block.name, owner.block.version, now) for owner in loop.program.plans]


def _state(f: Callable[[int], float], p: int, name: str, version: str, now: int) -> PlanState:
    phase, left = f(p + at.F_PHASE), f(p + at.F_LAST_EXIT)
    until = max(f(p + at.F_HALT), f(p + at.F_GUARDED), f(p + at.F_BY_HAND))
    return PlanState(
        name,
        version,
        _PHASES[phase],
        int(f(p + at.F_POSITION)) if phase == at.OPEN else None,
        int(until) if now < until else None,
        int(left) if left > 0.0 else None,
        int(f(p + at.F_FILLS)),
    )
