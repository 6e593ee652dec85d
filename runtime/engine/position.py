"""An open position as people are shown it."""

from __future__ import annotations

from dataclasses import dataclass

from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.engine.order_loop import OrderLoop
from tradeplan.runtime.kernels.orders import layout as at


@dataclass(frozen=True, slots=True)
class Position:
    """An open position: average entry, stop, open lots, and distance from the entry to the mark, in price units."""

    plan: str
    market: str
    side: int
    lots: float
    entry: float
    stop: float
    opened: int
    profit: float


def position_of(loop: OrderLoop, address: int, plan: CheckedPlan, units: int) -> Position:
    """What a plan has open; `address` is its place in the loop's state, `units` what its legs hold together."""
    f, market = loop.f, loop.program.markets[plan.market]
    entry = float(f[address + at.F_ENTRY])
    mark = float(f[market + (at.N_CLOSE if plan.side > 0 else at.N_ASK)])
    return Position(
        plan.name,
        plan.market,
        plan.side,
        units * float(f[market + at.M_LOT_STEP]),
        entry,
        float(f[address + at.F_STOP]),
        int(f[address + at.F_OPENED]),
        plan.side * (mark - entry),
    )
