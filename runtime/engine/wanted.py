"""What a standing loop wants of a broker outside: orders that wait for their fill, and positions with their levels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.engine.events import FILLS, intent_id
from tradeplan.runtime.engine.order_loop import OrderLoop
from tradeplan.runtime.engine.outside import expects, live_book, owner_of
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.kernels.orders.arrays import Book
from tradeplan.runtime.kernels.orders.entry import leg_target
from tradeplan.runtime.kernels.orders.levels import level_price, part_up

ORDERS = ("market", "limit", "stop")


class OrderLeg(NamedTuple):
    """A part of an entry: whole lot steps; None: it has no target."""

    leg: int
    units: int
    target: float | None


class Order(NamedTuple):
    """An entry or ADD (`about`) that was decided at `time` and has not filled; `price` 0: a market order.

    `valid` and `time` in UTC ms, None: until cancelled; `max_age` in ms.
    """

    plan: str
    version: str
    market: str
    side: int
    about: str
    rule: int
    kind: str
    price: float
    units: int
    time: int
    valid: int | None
    max_age: int
    expected: float  # the price that it was sized for
    stop: float
    legs: tuple[OrderLeg, ...]
    notional: float  # in account currency
    risk: float  # what is lost at the stop, in account currency
    fixed: bool = False  # the rest of an entry that has begun to fill: stop and targets stand

    @property
    def leg(self) -> str:
        """What its intent is journalled as: `entry`, or `add/` with the rule's number."""
        return "entry" if self.about == "entry" else f"add/{self.rule}"

    @property
    def intent(self) -> int:
        """The id of its intent."""
        return intent_id(self.plan, self.version, self.time, self.leg)


class Held(NamedTuple):
    """An open leg. `close`: units whose close was asked for, by `rule`, as an exit of `reason`."""

    leg: int
    units: int
    entry: float
    target: float | None
    close: int
    rule: int
    reason: str
    take: bool


class Holding(NamedTuple):
    """An open position: `stop` is in force as far as the engine knows, `stop_wanted` was last asked for."""

    plan: str
    version: str
    market: str
    side: int
    position: int
    opened: int
    stop: float
    stop_wanted: float
    closing: bool
    legs: tuple[Held, ...]
    waits: tuple[int, ...]  # legs of the entry that may still fill
    notional: float  # of all legs at the mark, in account currency
    risk: float  # what is lost from here when the stop is reached


def orders(loop: OrderLoop) -> list[Order]:
    """All orders that wait for their fill, by plan, ADDs in order of rule."""
    b = live_book(loop)
    return [
        order
        for owner in loop.program.plans
        if b.f[owner.address + at.F_PHASE] in (at.PENDING, at.OPEN)
        for order in _orders(b, owner.address, owner.block)
    ]


def holdings(loop: OrderLoop) -> list[Holding]:
    """All open positions, by plan."""
    b = live_book(loop)
    return [
        _holding(b, owner.address, owner.block)
        for owner in loop.program.plans
        if isinstance(owner.block, CheckedPlan) and b.f[owner.address + at.F_PHASE] == at.OPEN
    ]


def bracket(loop: OrderLoop, plan: str, fill: float) -> tuple[float, tuple[OrderLeg, ...]]:
    """The stop and the legs that a pending entry would have if it filled at a price."""
    b, p = live_book(loop), owner_of(loop, plan).address
    return _bracket(b, p, fill)


def _bracket(b: Book, p: int, fill: float) -> tuple[float, tuple[OrderLeg, ...]]:
    m, side = b.k[p + at.P_MARKET], float(b.k[p + at.P_SIDE])
    stop = level_price(b, m, int(b.f[p + at.E_STOP_KIND]), b.f[p + at.E_STOP], fill, -side, 0.0)
    r, units, takes = abs(fill - stop), b.f[p + at.E_UNITS], int(b.f[p + at.E_TAKES])
    legs, rest = [], units
    for number in range(takes + 1):
        leg = b.k[p + at.P_LEG0] + at.LEG * number
        part, kind, value = rest, int(b.f[p + at.E_TARGET_KIND]), b.f[p + at.E_TARGET]
        if number < takes:
            part = min(part_up(units, b.f[leg + at.L_TAKE_PERCENT]), rest)
            kind, value = int(b.f[leg + at.L_TAKE_KIND]), b.f[leg + at.L_TAKE_VALUE]
        rest -= part
        if part > 0.0:
            target = None if kind == at.NO_LEVEL else level_price(b, m, kind, value, fill, side, r)
            legs.append(OrderLeg(number, int(part), target))
    return float(stop), tuple(legs)


def _orders(b: Book, p: int, plan: object) -> Iterator[Order]:
    assert isinstance(plan, CheckedPlan)
    m = b.k[p + at.P_MARKET]
    side, slip, age = int(b.k[p + at.P_SIDE]), b.f[m + at.M_SLIP], int(b.f[m + at.M_MAX_AGE])
    near = b.f[m + at.N_ASK] if side > 0 else b.f[m + at.N_CLOSE]
    if b.f[p + at.F_PHASE] == at.PENDING:
        kind, valid = ORDERS[int(b.f[p + at.E_ORDER])], b.f[p + at.E_VALID]
        price = float(b.f[p + at.E_PRICE])
        expected = float(near + side * slip if kind == "market" else price)
        stop, legs = _bracket(b, p, expected)
        yield Order(
            plan.name,
            plan.version,
            plan.market,
            side,
            "entry",
            int(b.f[p + at.E_RULE]),
            kind,
            price,
            int(b.f[p + at.E_UNITS]),
            int(b.f[p + at.E_TIME]),
            None if valid >= at.INF else int(valid),
            age,
            expected,
            stop,
            legs,
            float(b.f[p + at.E_NUMBERS + at.AS_NOTIONAL]),
            float(b.f[p + at.E_NUMBERS + at.AS_RISK]) / 100.0,
        )
        return
    rest = _rest(b, p) if b.f[p + at.F_PHASE] == at.OPEN else ()
    if rest:
        kind, valid = ORDERS[int(b.f[p + at.E_ORDER])], b.f[p + at.E_VALID]
        price, units = float(b.f[p + at.E_PRICE]), sum(leg.units for leg in rest)
        part = units / b.f[p + at.E_UNITS]
        yield Order(
            plan.name,
            plan.version,
            plan.market,
            side,
            "entry",
            int(b.f[p + at.E_RULE]),
            kind,
            price,
            units,
            int(b.f[p + at.E_TIME]),
            None if valid >= at.INF else int(valid),
            age,
            float(near + side * slip if kind == "market" else price),
            stop_wanted(b, p),
            rest,
            float(b.f[p + at.E_NUMBERS + at.AS_NOTIONAL]) * part,
            float(b.f[p + at.E_NUMBERS + at.AS_RISK]) / 100.0 * part,
            True,
        )
    if b.f[p + at.F_PHASE] == at.OPEN and b.f[p + at.F_ADDS] > 0.0:
        for slot in range(b.k[p + at.P_ADD0], b.k[p + at.P_ADD1], at.WAITING_ADD):
            units = int(b.f[slot + at.D_UNITS])
            if units > 0:
                yield Order(
                    plan.name,
                    plan.version,
                    plan.market,
                    side,
                    "add",
                    int(b.f[slot + at.D_RULE]),
                    "market",
                    0.0,
                    units,
                    int(b.f[slot + at.D_TIME]),
                    None,
                    age,
                    float(near + side * slip),
                    stop_wanted(b, p),
                    (OrderLeg(int(b.f[p + at.F_LEGS]), units, _level(b.f[p + at.F_TARGET])),),
                    float(b.f[slot + at.D_NUMBERS + at.AS_NOTIONAL]),
                    float(b.f[slot + at.D_NUMBERS + at.AS_RISK]) / 100.0,
                )


def _rest(b: Book, p: int) -> tuple[OrderLeg, ...]:
    """The legs of an entry that have no fill yet."""
    _, legs = _bracket(b, p, b.f[p + at.F_FIRST])
    first = b.k[p + at.P_LEG0]
    return tuple(
        x._replace(target=_level(leg_target(b, p, first + at.LEG * x.leg)))
        for x in legs
        if expects(b, p, x.leg) and b.f[first + at.LEG * x.leg + at.L_OPENED] == 0.0
    )


def stop_wanted(b: Book, p: int) -> float:
    """The stop as last requested."""
    return float(b.f[p + (at.F_STOP_NEW if b.f[p + at.F_STOP_AT] < at.INF else at.F_STOP)])


def _level(price: float) -> float | None:
    return None if abs(price) >= at.INF else float(price)


def _holding(b: Book, p: int, plan: CheckedPlan) -> Holding:
    closing, m = b.f[p + at.F_CLOSE_AT] < at.INF, b.k[p + at.P_MARKET]
    side = int(b.k[p + at.P_SIDE])
    scale = b.f[m + at.M_LOT_STEP] * b.f[m + at.M_CONTRACT] * b.f[m + at.N_RATE]
    mark = b.f[m + (at.N_CLOSE if side > 0 else at.N_ASK)]
    legs, total = [], 0
    for number in range(int(b.f[p + at.F_LEGS])):
        leg = b.k[p + at.P_LEG0] + at.LEG * number
        units = int(b.f[leg + at.L_UNITS])
        if units > 0:
            asked = int(b.f[leg + at.L_REQUEST])
            reason = "close" if closing or not asked else FILLS[int(b.f[leg + at.L_REQUEST_REASON])]
            rule = int(b.f[p + at.F_CLOSE_RULE] if closing else b.f[leg + at.L_REQUEST_RULE])
            target = _level(b.f[leg + at.L_TARGET])
            take = b.f[leg + at.L_TAKE] != 0.0
            by_program = take and b.f[at.V_NETTING] != 0.0
            close = units if closing else min(asked, units)
            entry = float(b.f[leg + at.L_ENTRY])
            shown = None if by_program else target
            legs.append(Held(number, units, entry, shown, close, rule if close else -1, reason, take))
            total += units
    wanted = stop_wanted(b, p)
    waits = [i for i in range(int(b.f[p + at.E_TAKES]) + 1) if expects(b, p, i)]
    return Holding(
        plan.name,
        plan.version,
        plan.market,
        side,
        int(b.f[p + at.F_POSITION]),
        int(b.f[p + at.F_OPENED]),
        float(b.f[p + at.F_STOP]),
        wanted,
        closing,
        tuple(legs),
        tuple(waits),
        float(total * scale * mark),
        float(max(0.0, side * (mark - b.f[p + at.F_STOP]) * total * scale)),
    )
