"""The decision on an entry: reasons against it in their order, then its size."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tradeplan.dsl.graph import CheckedGuard, EntryAction, Node, OrderType, SizeKind, TimeSpan

from tests.oracle.account_phase import Account, margin
from tests.oracle.book import EntryOrder, PlanState
from tests.oracle.clock import boundary_after, boundary_before
from tests.oracle.money import around, ask, beyond, clean, level, to_tick
from tests.oracle.portfolio import Portfolio, numbers_of
from tests.oracle.values import Values
from tests.oracle.world import OracleMarket
from tests.oracle.writer import Writer


def try_to_enter(
    state: PlanState,
    rule: int,
    action: EntryAction,
    *,
    tick: int,
    time: int,
    market: OracleMarket,
    bar: tuple[float, float] | None,
    values: Values,
    account: Account,
    writer: Writer,
    halted: bool,
    guards: Sequence[CheckedGuard],
    broken: list[tuple[str, str, float | None]],
    part: float | None = 100.0,
) -> str:
    """Send the entry, or say why not; `broken` is given the limit of a guard that it would break."""
    refused = limits(state, time, account.account.boundary, halted)
    if refused:
        return refused

    def read(node: Node) -> float | None:
        value = values.value(node, tick)
        return None if value is None else float(value)

    stop = read(action.stop.value)
    target = None if action.target is None else read(action.target.value)
    takes = [read(t.at.value) for t in action.takes]
    price = None if action.price is None else read(action.price)
    unknown = stop is None or (action.target is not None and target is None) or any(t is None for t in takes)
    if unknown or (action.price is not None and price is None):
        return "unknown_level"
    assert stop is not None
    rate = writer.rate_now(market, time)
    if rate is None or bar is None:
        return "no_rate"
    side = action.side
    if price is not None:
        price = to_tick(price, market.tick)
        if is_passed(side, action.order, price, bar, market):
            return "price_passed"
        if nearer(market, abs(price - (ask(*bar, market.tick) if side > 0 else bar[0]))):
            return "price_too_near"
    estimate = estimated_fill(action, price, bar, market)
    stop_level = level(action.stop.kind.value, stop, estimate, 0.0, -side, market.tick)
    distance = side * (estimate - stop_level)
    if distance <= 0:
        return "stop_wrong_side"
    bid, offer = bar[0], ask(*bar, market.tick)
    if price is not None:
        bid, offer = around(side, price, bar[1], market.tick)
    trigger = bid if side > 0 else offer  # a stop or target closes the position
    if beyond(side, estimate, stop_level, bid, offer) or nearer(market, side * (trigger - stop_level)):
        return "stop_too_near"
    risk = abs(estimate - stop_level)
    goals = [(action.target, target)] if action.target is not None else []
    goals += [(take.at, value) for take, value in zip(action.takes, takes, strict=True)]
    for given, value in goals:
        assert given is not None
        assert value is not None
        goal = level(given.kind.value, value, estimate, risk, side, market.tick)
        if side * (goal - estimate) <= 0:
            return "target_wrong_side"
        if nearer(market, side * (goal - trigger)):
            return "target_too_near"
    units = size(action, distance, rate, market, account.equity(time) / 100)
    if part is not None and part < 100:
        units = math.floor(units * part / 100 + 1e-9)
    if units < math.ceil(market.lot_min / market.lot_step - 1e-9):
        return "too_small"
    this = margin(market, units, estimate, rate)
    if not account.used_margin() + account.unfilled_margin() + this <= account.equity(time) / 100:
        return "margin"
    numbers = numbers_of(market, side, units, estimate, stop_level, rate)
    limit = Portfolio(account, time).broken(guards, state, numbers, this, values, tick)
    if limit is not None:
        broken.append(limit)
        return "limit"
    state.pending = EntryOrder(
        rule,
        action,
        time,
        tick,
        writer.active_from(time),
        units,
        price,
        None if action.valid is None else span_end(time, action.valid, account.account.boundary),
        stop,
        target,
        [t for t in takes if t is not None],
        this,
        numbers,
    )
    return "sent"


def nearer(market: OracleMarket, distance: float) -> bool:
    """Whether a level is nearer to the price that triggers it than the broker takes; noise of sums is none."""
    return market.stops_level > 0 and distance < market.stops_level - market.tick / 1e6


def limits(state: PlanState, time: int, boundary: int, halted: bool) -> str:
    """The reasons that need no prices, in their order."""
    plan = state.plan
    if plan.expires is not None and time >= plan.expires:
        return "expired"
    if halted:
        return "halted"
    if plan.once and state.first_fills:
        return "once"
    if (
        plan.cooldown is not None
        and state.last_exit is not None
        and time < span_end(state.last_exit, plan.cooldown, boundary)
    ):
        return "cooldown"
    if plan.max_count and plan.max_span is not None:
        if plan.max_span.calendar:
            start = boundary_before(time, plan.max_span.calendar, boundary)
            count = sum(1 for f in state.first_fills if f >= start)
        else:
            count = sum(1 for f in state.first_fills if f > time - plan.max_span.milliseconds)
        if count >= plan.max_count:
            return "max_count"
    return ""


def span_end(start: int, span: TimeSpan, boundary: int) -> int:
    """The end of a span that begins at a time."""
    return boundary_after(start, span.calendar, boundary) if span.calendar else start + span.milliseconds


def estimated_fill(action: EntryAction, price: float | None, bar: tuple[float, float], market: OracleMarket) -> float:
    """Where the entry is expected to fill."""
    if action.order is OrderType.MARKET:
        price = ask(*bar, market.tick) if action.side > 0 else bar[0]
    assert price is not None
    if action.order is OrderType.LIMIT:
        return price
    return clean(price + market.slip if action.side > 0 else price - market.slip, market.tick)


def is_passed(side: int, order: OrderType, price: float, bar: tuple[float, float], market: OracleMarket) -> bool:
    """Whether the newest close is at or past the price of a pending order."""
    if side > 0:
        now = ask(*bar, market.tick)
        return price >= now if order is OrderType.LIMIT else price <= now
    return price <= bar[0] if order is OrderType.LIMIT else price >= bar[0]


def size(action: EntryAction, distance: float, rate: float, market: OracleMarket, equity: float) -> int:
    """Units, at most the lot maximum."""
    if action.size_kind is SizeKind.LOTS:
        units = math.floor(action.size / market.lot_step + 1e-9)
    else:
        money = equity * action.size / 100 if action.size_kind is SizeKind.RISK_PERCENT else action.size
        per_unit = ((distance + market.slip) * market.contract * rate + 2 * market.commission) * market.lot_step
        units = math.floor(money / per_unit + 1e-9)
    return min(units, math.floor(market.lot_max / market.lot_step + 1e-9))
