"""What a broker outside did, entered between two instants with the ledger that simulated fills use."""

from __future__ import annotations

from typing import NamedTuple, cast

from tradeplan.runtime.engine.carry import quiet_book
from tradeplan.runtime.engine.events import FILLS, OUTCOMES
from tradeplan.runtime.engine.order_loop import OrderLoop
from tradeplan.runtime.engine.program import Owner
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.kernels.orders.arrays import Book
from tradeplan.runtime.kernels.orders.entry import begin_position, leg_target
from tradeplan.runtime.kernels.orders.exposure import place
from tradeplan.runtime.kernels.orders.ledger import (
    add_up,
    book_exit,
    book_leg,
    emit,
    enter_in_books,
    equity_now,
)
from tradeplan.runtime.kernels.orders.market import drop_entry
from tradeplan.runtime.kernels.orders.numbers import fill_price
from tradeplan.runtime.kernels.orders.watch import watch
from tradeplan.runtime.kernels.source.primitives import Floats


class Filled(NamedTuple):
    """One leg filled at the broker, in whole or in part.

    `reason` as in `FILLS`; `time` in UTC ms; `units` are lot steps; profit and commission (positive: paid) in cents of
    the account; `rate` from profit to account currency, None for the newest known.
    """

    plan: str
    time: int
    leg: int
    reason: str
    rule: int
    price: float
    units: int
    profit: float = 0.0
    commission: float = 0.0
    rate: float | None = None
    better: float = 0.0


class ActError(ValueError):
    """An act that does not fit the state that it is to change; the message says what stands there."""


def live_book(loop: OrderLoop) -> Book:
    """The state of a loop for functions that look at no bars and tell what they do."""
    return quiet_book(loop)._replace(out=cast("Floats", loop.out))


def owner_of(loop: OrderLoop, plan: str) -> Owner:
    """The owner record of a plan. Raises ActError for an unknown one."""
    for owner in loop.program.plans:
        if owner.block.name == plan:
            return owner
    raise ActError(f"the set holds no plan `{plan}`")


def fill(loop: OrderLoop, told: Filled) -> None:
    """Enter one fill. Raises ActError when the plan has no order or leg that it could be of."""
    b, p = live_book(loop), owner_of(loop, told.plan).address
    if told.reason == "entry":
        _fill_entry(b, p, told)
    elif told.reason == "add":
        _fill_add(b, p, told)
    else:
        _fill_exit(b, p, told)
    if b.f[p + at.F_PHASE] == at.OPEN:
        b.f[p + at.F_BUSY] = 1.0
        watch(b, p)
    place(b, p)
    _told(loop, b)


def _fill_entry(b: Book, p: int, told: Filled) -> None:
    phase, m = b.f[p + at.F_PHASE], b.k[p + at.P_MARKET]
    price, units = fill_price(b, m, told.price), float(told.units)
    leg = b.k[p + at.P_LEG0] + at.LEG * told.leg
    if phase == at.PENDING:
        if not 0 <= told.leg <= b.f[p + at.E_TAKES]:
            raise ActError(f"the entry of `{told.plan}` has no leg {told.leg}")
        begin_position(b, p, price, float(told.time), units)
        side = b.f[p + at.F_SIDE]
        b.f[p + at.F_NEAR] = at.INF if side > 0.0 else -at.INF
        takes = int(b.f[p + at.E_TAKES])
        for number in range(takes + 1):
            other = b.k[p + at.P_LEG0] + at.LEG * number
            b.f[other + at.L_UNITS] = b.f[other + at.L_REQUEST] = b.f[other + at.L_OPENED] = 0.0
            b.f[other + at.L_TAKE] = 1.0 if number < takes else 0.0
    elif expects(b, p, told.leg):
        before = b.f[p + at.F_UNITS_ALL]
        if price != b.f[p + at.F_ENTRY]:
            b.f[p + at.F_ENTRY] = (b.f[p + at.F_ENTRY] * before + price * units) / (before + units)
        b.f[p + at.F_UNITS] += units
        b.f[p + at.F_UNITS_ALL] = before + units
    else:
        raise ActError(f"`{told.plan}` waits for no fill of leg {told.leg}")
    take = b.f[leg + at.L_TAKE]
    _grow_leg(b, p, leg, leg_target(b, p, leg), at.FILL_ENTRY, told._replace(price=price))
    b.f[leg + at.L_TAKE] = take


def expects(b: Book, p: int, leg: int) -> bool:
    """Whether an open position may still get (more) units of a leg of its entry."""
    waits = b.f[p + at.F_PHASE] == at.OPEN and b.f[p + at.F_CLOSE_AT] >= at.INF and b.f[p + at.E_ACTIVATED] == 0.0
    return waits and 0 <= leg <= int(b.f[p + at.E_TAKES])


def _grow_leg(b: Book, p: int, leg: int, target: float, reason: int, told: Filled) -> None:
    """Units of a leg come; with those that it has already it keeps their average price."""
    had, entry = b.f[leg + at.L_UNITS], b.f[leg + at.L_ENTRY]
    if had > 0.0:
        add_up(b, p, leg, -had)
    limit = b.f[p + at.E_ORDER] == at.LIMIT and reason == at.FILL_ENTRY
    fresh = at.FRESH_LIMIT if limit else at.FRESH_STOP
    rate = b.f[b.k[p + at.P_MARKET] + at.N_RATE] if told.rate is None else told.rate
    units, time = float(told.units), float(told.time)
    book_leg(b, p, leg, units, target, told.price, time, rate, fresh, reason, told.rule, told.commission)
    if had > 0.0:
        add_up(b, p, leg, -units)
        b.f[leg + at.L_ENTRY] = (entry * had + told.price * units) / (had + units)
        b.f[leg + at.L_UNITS] = had + units
        add_up(b, p, leg, had + units)


def _fill_add(b: Book, p: int, told: Filled) -> None:
    slot = waiting_add(b, p, told.rule)
    if slot is None or b.f[p + at.F_PHASE] != at.OPEN:
        raise ActError(f"`{told.plan}` waits for no ADD of rule {told.rule}")
    price, units = fill_price(b, b.k[p + at.P_MARKET], told.price), float(told.units)
    b.f[slot + at.D_UNITS] = 0.0
    b.f[p + at.F_ADDS] -= 1.0
    leg = b.k[p + at.P_LEG0] + at.LEG * int(b.f[p + at.F_LEGS])
    b.f[p + at.F_LEGS] += 1.0
    b.f[leg + at.L_UNITS] = 0.0
    _grow_leg(b, p, leg, b.f[p + at.F_TARGET], at.FILL_ADD, told._replace(price=price))
    before = b.f[p + at.F_UNITS_ALL]
    b.f[p + at.F_ENTRY] = (b.f[p + at.F_ENTRY] * before + price * units) / (before + units)
    b.f[p + at.F_UNITS_ALL] = before + units


def waiting_add(b: Book, p: int, rule: int) -> int | None:
    """Where the ADD of a rule waits for its fill."""
    for slot in range(b.k[p + at.P_ADD0], b.k[p + at.P_ADD1], at.WAITING_ADD):
        if b.f[slot + at.D_UNITS] > 0.0 and int(b.f[slot + at.D_RULE]) == rule:
            return slot
    return None


def _fill_exit(b: Book, p: int, told: Filled) -> None:
    leg = b.k[p + at.P_LEG0] + at.LEG * told.leg
    held = b.f[leg + at.L_UNITS] if 0 <= told.leg < b.f[p + at.F_LEGS] else 0.0
    if b.f[p + at.F_PHASE] != at.OPEN or held < told.units:
        raise ActError(f"leg {told.leg} of `{told.plan}` has {held:g} units, not the {told.units} that were closed")
    units, m = float(told.units), b.k[p + at.P_MARKET]
    asked = b.f[leg + at.L_REQUEST]
    left = asked - units if told.reason in ("close", "take") else min(asked, held - units)
    if asked > 0.0:
        b.f[leg + at.L_REQUEST] = max(left, 0.0)
        b.f[p + at.F_PARTS] -= 1.0 if left <= 0.0 else 0.0
    rate = b.f[m + at.N_RATE] if told.rate is None else told.rate
    reason, price = FILLS.index(told.reason), fill_price(b, m, told.price)
    book_exit(
        b, p, leg, units, price, float(told.time), rate, reason, told.rule, told.better, told.profit, told.commission
    )


def refuse(loop: OrderLoop, plan: str, about: str, rule: int, outcome: str, time: int) -> None:
    """An order that waits for its fill will get none: `about` entry or add, `outcome` as in `OUTCOMES`.

    Of an entry that has begun to fill it is the legs without a fill.
    """
    b, p = live_book(loop), owner_of(loop, plan).address
    reason = OUTCOMES.index(outcome)
    if about == "entry" and b.f[p + at.F_PHASE] == at.PENDING:
        drop_entry(b, p, int(b.f[p + at.E_RULE]), float(time), reason)
    elif about == "entry" and b.f[p + at.F_PHASE] == at.OPEN and b.f[p + at.E_ACTIVATED] == 0.0:
        b.f[p + at.E_ACTIVATED] = 1.0  # no bar looks at it here: it says that the entry is complete
        emit(b, float(time), at.TYPE_DECISION, p, int(b.f[p + at.E_RULE]), at.ABOUT_ENTRY, reason)
    elif about == "add" and (slot := waiting_add(b, p, rule)) is not None:
        b.f[slot + at.D_UNITS] = 0.0
        b.f[p + at.F_ADDS] -= 1.0
        emit(b, float(time), at.TYPE_DECISION, p, rule, at.ABOUT_ADD, reason)
    else:
        raise ActError(f"`{plan}` waits for no {about}")
    place(b, p)
    _told(loop, b)


def stop_is(loop: OrderLoop, plan: str, price: float) -> None:
    """The stop in force is at a price now: a move took effect, or somebody tightened it."""
    b, p = live_book(loop), owner_of(loop, plan).address
    if b.f[p + at.F_PHASE] != at.OPEN:
        raise ActError(f"`{plan}` has no position whose stop could be at {price:g}")
    wanted, side = b.f[p + at.F_STOP_NEW], b.f[p + at.F_SIDE]
    b.f[p + at.F_STOP] = price
    if side * (price - wanted) >= 0.0:
        b.f[p + at.F_STOP_AT] = at.INF
    watch(b, p)


def charge_swap(loop: OrderLoop, plan: str, leg: int, amount: float, time: int) -> None:
    """Nights charged on a leg, in cents (negative: paid)."""
    b, p = live_book(loop), owner_of(loop, plan).address
    b.f[at.W_BALANCE] += amount
    enter_in_books(b, p, amount)
    row = emit(b, float(time), at.TYPE_SWAP, p, -1, leg, 0)
    b.out[row + at.EV_PROFIT] = amount
    b.out[row + at.EV_UNITS] = b.f[b.k[p + at.P_LEG0] + at.LEG * leg + at.L_UNITS]
    b.out[row + at.EV_POSITION] = b.f[p + at.F_POSITION]
    _told(loop, b)


def set_balance(loop: OrderLoop, cents: float) -> None:
    """The balance as the broker has it; unlike money from outside it moves the readings of loss and drawdown."""
    b = live_book(loop)
    b.f[at.W_BALANCE] = cents
    _told(loop, b)


def set_others(loop: OrderLoop, cents: float, from_balance: bool = False) -> None:
    """What positions that are not the run's stand at: it is equity, which margin calls act on.

    `from_balance`: equity stays as it is, the amount was in the balance.
    """
    b = live_book(loop)
    if from_balance:
        b.f[at.W_BALANCE] -= cents - b.f[at.W_OTHERS]
    b.f[at.W_OTHERS] = cents
    _told(loop, b)


def others_of(loop: OrderLoop) -> int:
    """What `set_others` set last, in cents."""
    return round(float(loop.f[at.W_OTHERS]))


def _told(loop: OrderLoop, b: Book) -> None:
    b.f[at.W_STALE] = 1.0
    equity_now(b)
    loop.drain()
