"""Market phase: one finest bar of one market, for one plan."""

from __future__ import annotations

from dataclasses import dataclass

from tradeplan.dsl.graph import OrderType

from tests.oracle.book import EntryOrder, Leg, PlanState, Position
from tests.oracle.money import around, ask, beyond, cents, clean, level, split
from tests.oracle.world import OracleMarket
from tests.oracle.writer import Writer


@dataclass(frozen=True)
class Bar:
    """One finest bar."""

    opened: int
    closed: int
    open: float
    high: float
    low: float
    close: float
    spread: float
    swap_days: int

    def ask(self, bid: float, market: OracleMarket) -> float:
        """The ask when the bid was this."""
        return ask(bid, self.spread, market.tick)


def run_bar(state: PlanState, bar: Bar, market: OracleMarket, writer: Writer, netting: bool) -> None:
    """Steps 1 to 6 of the page for one plan."""
    filled: str = ""
    new_legs: set[int] = set()
    if state.position is not None:
        swap(state.plan.name, state.position, bar, market, writer)
        take_stops(state.position, bar)
        market_exits(state, bar, market, writer)
    if state.position is not None:
        new_legs = fill_adds(state, bar, market, writer)
    elif state.pending is not None:
        filled = try_entry(state, state.pending, bar, market, writer)
        if filled and state.position is not None:
            new_legs = {leg.number for leg in state.position.legs}
    if state.position is not None:
        stops_and_targets(state, bar, market, writer, netting, filled, new_legs)
    if state.position is not None:
        furthest(state.position, bar, market, inside=filled in ("limit", "stop"))


def swap(plan: str, position: Position, bar: Bar, market: OracleMarket, writer: Writer) -> None:
    """Step 1."""
    if bar.swap_days:
        rate = writer.rate(market, bar.opened)
        for leg in position.legs:
            amount = cents(bar.swap_days * leg.units * market.swap(position.side, bar.open, rate))
            position.net += amount
            writer.book(plan, amount)


def take_stops(position: Position, bar: Bar) -> None:
    """Step 2."""
    while position.moves and position.moves[0][0] <= bar.opened:
        position.stop = position.moves.pop(0)[1]


def market_exits(state: PlanState, bar: Bar, market: OracleMarket, writer: Writer) -> None:
    """Step 3."""
    position = state.position
    assert position is not None
    price = bar.open - market.slip if position.side > 0 else bar.ask(bar.open, market) + market.slip
    full = position.closing and position.closing_from <= bar.opened
    for leg in list(position.legs):
        if full:
            writer.close(state, leg, leg.units, price, bar.opened, "close")
        elif leg.requested and leg.requested_from <= bar.opened:
            writer.close(state, leg, min(leg.requested, leg.units), price, bar.opened, leg.requested_reason)


def market_entry_price(side: int, bar: Bar, market: OracleMarket) -> float:
    """A market entry at the open."""
    return clean(bar.ask(bar.open, market) + market.slip if side > 0 else bar.open - market.slip, market.tick)


def fill_adds(state: PlanState, bar: Bar, market: OracleMarket, writer: Writer) -> set[int]:
    """Step 4 for ADDs: the numbers of the legs that they made."""
    position = state.position
    assert position is not None
    made = set()
    for order in sorted(position.adds, key=lambda a: (a.rule, a.action)):
        if bar.opened < order.active_from:
            continue
        position.adds.remove(order)
        if bar.opened - order.decided > market.max_signal_age:
            writer.decide(bar.opened, state.plan.name, order.rule, "add", "late")
            continue
        fill = market_entry_price(position.side, bar, market)
        if beyond(position.side, fill, position.stop, bar.open, bar.ask(bar.open, market)):
            writer.decide(bar.opened, state.plan.name, order.rule, "add", "beyond_stop")
            continue
        leg = Leg(position.next_leg, order.units, fill, writer.rate(market, bar.opened), position.target, False)
        position.next_leg += 1
        position.legs.append(leg)
        position.entry = (position.entry * position.entered + fill * order.units) / (position.entered + order.units)
        position.entered += order.units
        made.add(leg.number)
        writer.entered(state, leg, bar.opened, "add", market)
    return made


def try_entry(state: PlanState, order: EntryOrder, bar: Bar, market: OracleMarket, writer: Writer) -> str:
    """Step 4 for the entry: filled as `market` or `gap` (at the open), as `limit` or `stop` (inside), or not."""
    if bar.opened < order.active_from:
        return ""
    side, name = order.action.side, state.plan.name
    if not order.met:
        order.met = True
        if bar.opened - order.decided > market.max_signal_age:
            state.pending = None
            writer.decide(bar.opened, name, order.rule, "entry", "late")
            return ""
    if order.valid_until is not None and bar.opened >= order.valid_until:
        state.pending = None
        writer.decide(bar.opened, name, order.rule, "entry", "expired")
        return ""
    found = entry_fill(order, bar, market)
    if found is None:
        return ""
    how, fill = found
    state.pending = None
    time = bar.opened if how in ("market", "gap") else bar.closed
    bid, offer = bar.open, bar.ask(bar.open, market)
    if how in ("limit", "stop"):
        assert order.price is not None
        bid, offer = around(side, order.price, bar.spread, market.tick)
    stop = level(order.action.stop.kind.value, order.stop, fill, 0.0, -side, market.tick)
    if beyond(side, fill, stop, bid, offer):
        writer.decide(time, name, order.rule, "entry", "beyond_stop")
        return ""
    open_position(state, order, fill, time, market, writer)
    return how


def entry_fill(order: EntryOrder, bar: Bar, market: OracleMarket) -> tuple[str, float] | None:
    """How and at what price the entry fills in this bar."""
    found = fills_at(order, bar, market)
    return None if found is None else (found[0], clean(found[1], market.tick))


def fills_at(order: EntryOrder, bar: Bar, market: OracleMarket) -> tuple[str, float] | None:
    """The same, as the sum comes out."""
    side, price = order.action.side, order.price
    ask_open = bar.ask(bar.open, market)
    if order.action.order is OrderType.MARKET:
        return "market", market_entry_price(side, bar, market)
    assert price is not None
    if order.action.order is OrderType.LIMIT:
        if side > 0:
            if ask_open <= price:
                return "gap", ask_open
            return ("limit", price) if bar.ask(bar.low, market) <= price else None
        if bar.open >= price:
            return "gap", bar.open
        return ("limit", price) if bar.high >= price else None
    if side > 0:
        if ask_open >= price:
            return "gap", ask_open + market.slip
        return ("stop", price + market.slip) if bar.ask(bar.high, market) >= price else None
    if bar.open <= price:
        return "gap", bar.open - market.slip
    return ("stop", price - market.slip) if bar.low <= price else None


def open_position(
    state: PlanState, order: EntryOrder, fill: float, time: int, market: OracleMarket, writer: Writer
) -> None:
    """The first fill: levels, legs, commissions."""
    action, side = order.action, order.action.side
    stop = level(action.stop.kind.value, order.stop, fill, 0.0, -side, market.tick)
    risk = abs(fill - stop)
    target = None
    if action.target is not None and order.target is not None:
        target = level(action.target.kind.value, order.target, fill, risk, side, market.tick)
    position = Position(side, order.units, fill, order.units, stop, risk, target, time, order.tick)
    rate = writer.rate(market, time)
    parts = split(order.units, [t.percent for t in action.takes])
    for number, units in enumerate(parts):
        if units == 0:
            continue
        last = number == len(parts) - 1
        goal = target
        if not last:
            take = action.takes[number].at
            goal = level(take.kind.value, order.takes[number], fill, risk, side, market.tick)
        position.legs.append(Leg(number, units, fill, rate, goal, take=not last))
    position.next_leg = len(parts)
    state.position = position
    state.first_fills.append(time)
    for leg in position.legs:
        writer.entered(state, leg, time, "entry", market)


def stops_and_targets(
    state: PlanState, bar: Bar, market: OracleMarket, writer: Writer, netting: bool, filled: str, new: set[int]
) -> None:
    """Step 5 for every open leg."""
    position = state.position
    assert position is not None
    side, stop, slip = position.side, position.stop, market.slip
    ask_open, ask_high, ask_low = (bar.ask(bid, market) for bid in (bar.open, bar.high, bar.low))
    for leg in list(position.legs):
        inside = filled in ("limit", "stop")
        fresh = leg.number in new
        program = leg.take and netting  # no broker order: the program closes it
        goal = None if program else leg.target
        reason = "take" if leg.take else "target"
        if side > 0:
            stop_open, stop_touched = bar.open <= stop, bar.low <= stop
            stop_fill = (stop if inside else min(bar.open, stop)) - slip
            goal_open = goal is not None and bar.open >= goal
            goal_touched = goal is not None and bar.high >= goal
            goal_fill = 0.0 if goal is None else goal if inside else max(bar.open, goal)
            level_touched = leg.target is not None and bar.high >= leg.target
        else:
            stop_open, stop_touched = ask_open >= stop, ask_high >= stop
            stop_fill = (stop if inside else max(ask_open, stop)) + slip
            goal_open = goal is not None and ask_open <= goal
            goal_touched = goal is not None and ask_low <= goal
            goal_fill = 0.0 if goal is None else goal if inside else min(ask_open, goal)
            level_touched = leg.target is not None and ask_low <= leg.target
        if filled == "limit":
            goal_touched = level_touched = False
        if not fresh and stop_open:
            writer.close(state, leg, leg.units, stop_fill, bar.opened, "stop")
        elif not fresh and goal_open:
            writer.close(state, leg, leg.units, goal_fill, bar.opened, reason)
        elif stop_touched:
            if goal_touched:
                position.ambiguous += 1
            better = clean(goal_fill, market.tick) if goal_touched else None
            writer.close(state, leg, leg.units, stop_fill, bar.closed, "stop", better)
        elif goal_touched:
            writer.close(state, leg, leg.units, goal_fill, bar.closed, reason)
        elif program and level_touched and leg.requested < leg.units:
            leg.requested, leg.requested_reason = leg.units, "take"
            leg.requested_from = max(leg.requested_from, writer.active_from(bar.closed))


def furthest(position: Position, bar: Bar, market: OracleMarket, inside: bool) -> None:
    """Step 6."""
    if position.side > 0:
        reached = (bar.close if inside else bar.high) - position.entry
    else:
        reached = position.entry - bar.ask(bar.close if inside else bar.low, market)
    position.best = max(position.best, reached)
