"""What an open position can still lose, and with the ADDs that its plan may still make, at the prices of now."""

from __future__ import annotations

from typing import NamedTuple

from tradeplan.dsl.graph import AddAction, CheckedPlan
from tradeplan.runtime.engine.moving import pairs_of_rules
from tradeplan.runtime.engine.order_loop import OrderLoop
from tradeplan.runtime.engine.outside import live_book, owner_of
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.kernels.orders.arrays import Book
from tradeplan.runtime.kernels.orders.ledger import profit_cents
from tradeplan.runtime.kernels.orders.levels import estimated_fill, part_down
from tradeplan.runtime.kernels.orders.numbers import cents
from tradeplan.runtime.kernels.orders.portfolio import exit_at
from tradeplan.runtime.kernels.orders.values import mark_of


class AtStake(NamedTuple):
    """Account money lost from here: `stop` when the stop in force is reached, `gap` with the market's gap allowance.

    `adds` ADDs are in both, each filled at the price of now: one made elsewhere risks the way from there to the stop.
    """

    stop: float
    gap: float
    adds: int


def at_stake(loop: OrderLoop, plan: CheckedPlan) -> AtStake:
    """What the open position of this plan's name may lose if it is managed by this version of the plan."""
    owner, b = owner_of(loop, plan.name), live_book(loop)
    p, before = owner.address, owner.block
    m, side = b.k[p + at.P_MARKET], float(b.k[p + at.P_SIDE])
    near = far = 0.0
    for number in range(int(b.f[p + at.F_LEGS])):
        leg = b.k[p + at.P_LEG0] + at.LEG * number
        if b.f[leg + at.L_UNITS] > 0.0:
            near += _leg(b, p, leg, 0.0)
            far += _leg(b, p, leg, b.f[p + at.F_STOP])
    fill = estimated_fill(b, m, side, at.MARKET, 0.0)
    same, adds = pairs_of_rules(before.rules, plan.rules), 0
    for rule in plan.rules:
        source = None if rule.number not in same else owner.rules[same[rule.number]]
        actions = [a for a in rule.actions if rule.entry is None]
        for i, action in enumerate(actions):
            if not isinstance(action, AddAction) or (source is not None and _used(loop, p, source, i)):
                continue
            units = min(part_down(b.f[p + at.F_UNITS], action.percent), b.f[m + at.M_UNITS_MAX])
            if units >= b.f[m + at.M_UNITS_MIN]:
                adds += 1
                near += _order(b, p, m, side, units, fill, 0.0)
                far += _order(b, p, m, side, units, fill, max(fill, b.f[p + at.F_STOP]))
    return AtStake(near / 100.0, far / 100.0, adds)


def _used(loop: OrderLoop, p: int, rule: int, number: int) -> bool:
    action = int(loop.k[rule + at.R_ACTION0]) + number * at.ACTION
    return bool(loop.f[action + at.A_USED] == loop.f[p + at.F_POSITION])


def _leg(b: Book, p: int, leg: int, gap_of: float) -> float:
    """Cents that a leg loses of equity until its stop has filled."""
    m, side = b.k[p + at.P_MARKET], float(b.k[p + at.P_SIDE])
    units, rate, entry = b.f[leg + at.L_UNITS], b.f[m + at.N_RATE], b.f[leg + at.L_ENTRY]
    now = profit_cents(b, m, side, entry, mark_of(b, m, side), units, rate)
    then = profit_cents(b, m, side, entry, exit_at(b, m, side, b.f[p + at.F_STOP], gap_of), units, rate)
    return float(now - then + cents(units * b.f[m + at.M_LOT_STEP] * b.f[m + at.M_COMMISSION]))


def _order(b: Book, p: int, m: int, side: float, units: float, fill: float, gap_of: float) -> float:
    """Cents that an ADD loses from its fill to the stop."""
    scale = units * b.f[m + at.M_LOT_STEP]
    away = side * (fill - exit_at(b, m, side, b.f[p + at.F_STOP], gap_of))
    loss = cents(away * scale * b.f[m + at.M_CONTRACT] * b.f[m + at.N_RATE])
    return float(loss + 2.0 * cents(scale * b.f[m + at.M_COMMISSION]))
