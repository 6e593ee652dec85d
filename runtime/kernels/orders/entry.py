"""Entries: the reasons against one, sending it, and what its fill makes of the plan."""

from __future__ import annotations

import math

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.breakers import (
    begin_probe,
)
from tradeplan.runtime.kernels.orders.exposure import (
    catch_up,
    place,
)
from tradeplan.runtime.kernels.orders.layout import (
    ABOUT_ENTRY,
    CAPTURE,
    E_ACTIVATED,
    E_ACTIVE,
    E_MARGIN,
    E_NUMBERS,
    E_ORDER,
    E_PRICE,
    E_RULE,
    E_STOP,
    E_STOP_KIND,
    E_TAKES,
    E_TARGET,
    E_TARGET_KIND,
    E_TIME,
    E_UNITS,
    E_VALID,
    EV_A,
    EV_B,
    EV_PRICE,
    EV_UNITS,
    F_ADDS,
    F_BEST,
    F_BOOKED,
    F_BOOKED_BEFORE,
    F_BUSY,
    F_CLOSE_AT,
    F_ENTRY,
    F_FILLS,
    F_FIRST,
    F_LEGS,
    F_OPENED,
    F_PARTS,
    F_PHASE,
    F_POSITION,
    F_PROBE,
    F_R,
    F_SIDE,
    F_STOP,
    F_STOP_AT,
    F_STOP_NEW,
    F_TARGET,
    F_UNITS,
    F_UNITS_ALL,
    FILL_ENTRY,
    I_COLUMN,
    I_CONDITION,
    I_VALUE,
    INF,
    J_COLUMN,
    J_KIND,
    J_PERCENT,
    L_TAKE,
    L_TAKE_KIND,
    L_TAKE_PERCENT,
    L_TAKE_VALUE,
    LEG,
    M_UNITS_MIN,
    MARGIN,
    MARKET,
    N_ASK,
    N_CLOSE,
    N_RATE_NOW,
    N_SPREAD,
    NO_LEVEL,
    NO_RATE,
    NO_TRUTH,
    OPEN,
    OVER_LIMIT,
    P_CAPTURE0,
    P_CAPTURE1,
    P_CELL0,
    P_CELL1,
    P_ENTRY0,
    P_LEG0,
    P_MARKET,
    P_MAX,
    P_RING,
    P_RULE0,
    P_SIDE,
    PENDING,
    PRICE_PASSED,
    PRICE_TOO_NEAR,
    R_ENTRY,
    R_NUMBER,
    R_POSITIONAL,
    RULE,
    SENT,
    STOP_TOO_NEAR,
    STOP_WRONG_SIDE,
    T_PREVIOUS,
    TAKE,
    TOO_SMALL,
    TYPE_DECISION,
    UNKNOWN_LEVEL,
    V_LIVE_FROM,
    W_POSITIONS,
    Y_ORDER,
    Y_PRICE,
    Y_SIDE,
    Y_SIZE,
    Y_SIZE_KIND,
    Y_STOP,
    Y_STOP_KIND,
    Y_TAKE0,
    Y_TAKE1,
    Y_TARGET,
    Y_TARGET_KIND,
    Y_VALID,
    Y_VALID_CALENDAR,
)
from tradeplan.runtime.kernels.orders.ledger import (
    emit,
    margin_of,
    open_leg,
)
from tradeplan.runtime.kernels.orders.levels import (
    beyond,
    estimated_fill,
    is_passed,
    level_price,
    margin_allows,
    part_down,
    part_up,
    sized_units,
    target_refused,
    too_near,
    value_at,
)
from tradeplan.runtime.kernels.orders.limits import (
    limited,
)
from tradeplan.runtime.kernels.orders.numbers import (
    ask_of,
    span_end,
    to_tick,
)
from tradeplan.runtime.kernels.orders.portfolio import (
    breaks_limit,
    plan_numbers,
    tell_limit,
)
from tradeplan.runtime.kernels.orders.watch import (
    watch,
)


def refusal(b: Book, p: int, r: int, i: int, t: float) -> int:
    """The first reason against an entry at a step, or SENT; the order is then ready in the plan's state."""
    reason = limited(b, p, t)
    if reason != SENT:
        return reason
    return levels_refused(b, p, b.k[r + R_ENTRY], i, t)


def levels_refused(b: Book, p: int, e: int, i: int, t: float) -> int:
    """The reasons that lie in levels, size and margin; writes the order into the plan's state as it goes."""
    m = b.k[p + P_MARKET]
    side = float(b.k[e + Y_SIDE])
    order = b.k[e + Y_ORDER]
    price = 0.0
    if order != MARKET:
        price = to_tick(b, m, value_at(b, b.k[e + Y_PRICE], i))
    stop_value = value_at(b, b.k[e + Y_STOP], i)
    target_kind = b.k[e + Y_TARGET_KIND]
    target_value = value_at(b, b.k[e + Y_TARGET], i) if target_kind != NO_LEVEL else 0.0
    unknown = math.isnan(price) or math.isnan(stop_value) or math.isnan(target_value)
    for k in range(b.k[e + Y_TAKE0], b.k[e + Y_TAKE1], TAKE):
        unknown = unknown or math.isnan(value_at(b, b.k[k + J_COLUMN], i))
    if unknown:
        return UNKNOWN_LEVEL
    if math.isnan(b.f[m + N_RATE_NOW]):
        return NO_RATE
    if order != MARKET and is_passed(b, m, side, order, price):
        return PRICE_PASSED
    if order != MARKET and too_near(b, m, abs(price - (b.f[m + N_ASK] if side > 0.0 else b.f[m + N_CLOSE]))):
        return PRICE_TOO_NEAR
    fill = estimated_fill(b, m, side, order, price)
    stop = level_price(b, m, b.k[e + Y_STOP_KIND], stop_value, fill, -side, 0.0)
    distance = side * (fill - stop)
    if not distance > 0.0:
        return STOP_WRONG_SIDE
    bid = b.f[m + N_CLOSE] if order == MARKET else to_tick(b, m, price - b.f[m + N_SPREAD])
    ask = b.f[m + N_ASK] if order == MARKET else ask_of(b, m, price, b.f[m + N_SPREAD])
    now = bid if side > 0.0 else ask
    if beyond(side, fill, bid, ask, stop) or too_near(b, m, side * (now - stop)):
        return STOP_TOO_NEAR
    r = abs(fill - stop)
    refused = SENT
    if target_kind != NO_LEVEL:
        level = level_price(b, m, target_kind, target_value, fill, side, r)
        refused = target_refused(b, m, side, fill, now, level)
    leg = b.k[p + P_LEG0]
    for k in range(b.k[e + Y_TAKE0], b.k[e + Y_TAKE1], TAKE):
        x = value_at(b, b.k[k + J_COLUMN], i)
        if refused == SENT:
            level = level_price(b, m, b.k[k + J_KIND], x, fill, side, r)
            refused = target_refused(b, m, side, fill, now, level)
        b.f[leg + L_TAKE_KIND] = b.k[k + J_KIND]
        b.f[leg + L_TAKE_VALUE] = x
        b.f[leg + L_TAKE_PERCENT] = b.f[k + J_PERCENT]
        leg += LEG
    if refused != SENT:
        return refused
    units = sized_units(b, m, b.k[e + Y_SIZE_KIND], b.f[e + Y_SIZE], distance)
    if b.f[p + F_PROBE] > 0.0:
        units = part_down(units, b.f[p + F_PROBE])
    if units <= 0.0 or units < b.f[m + M_UNITS_MIN]:
        return TOO_SMALL
    margin = margin_of(b, m, units, fill, b.f[m + N_RATE_NOW])
    if not margin_allows(b, margin):
        return MARGIN
    plan_numbers(b, p + E_NUMBERS, m, side, units, fill, stop, b.f[m + N_RATE_NOW])
    if breaks_limit(b, p, p + E_NUMBERS, margin, i):
        return OVER_LIMIT
    b.f[p + E_ORDER] = order
    b.f[p + E_PRICE] = price
    b.f[p + E_UNITS] = units
    b.f[p + E_STOP_KIND] = b.k[e + Y_STOP_KIND]
    b.f[p + E_STOP] = stop_value
    b.f[p + E_TARGET_KIND] = target_kind
    b.f[p + E_TARGET] = target_value
    b.f[p + E_TAKES] = (b.k[e + Y_TAKE1] - b.k[e + Y_TAKE0]) // TAKE
    b.f[p + E_MARGIN] = margin
    b.f[p + E_VALID] = INF
    if order != MARKET:
        b.f[p + E_VALID] = span_end(b, float(b.k[e + Y_VALID]), b.k[e + Y_VALID_CALENDAR], t)
    return SENT


def enter(b: Book, p: int, r: int, i: int, t: float) -> None:
    """An entry rule became TRUE while the plan is flat: send the order, or record why not."""
    catch_up(b, b.k[p + P_MARKET], t)
    reason = refusal(b, p, r, i, t)
    row = emit(b, t, TYPE_DECISION, p, b.k[r + R_NUMBER], ABOUT_ENTRY, reason)
    if reason == OVER_LIMIT:
        tell_limit(b, row)
    if reason != SENT:
        return
    b.out[row + EV_UNITS] = b.f[p + E_UNITS]
    b.out[row + EV_PRICE] = b.f[p + E_PRICE]
    b.out[row + EV_A] = b.f[p + E_STOP]
    b.out[row + EV_B] = b.f[p + E_TARGET]
    b.f[p + E_RULE] = b.k[r + R_NUMBER]
    b.f[p + E_TIME] = t
    b.f[p + E_ACTIVE] = max(t, b.f[V_LIVE_FROM])
    b.f[p + E_ACTIVATED] = 0.0
    b.f[p + F_PHASE] = PENDING
    if b.f[p + F_PROBE] > 0.0:
        begin_probe(b, p)
    for k in range(b.k[p + P_CAPTURE0], b.k[p + P_CAPTURE1], CAPTURE):
        column = b.k[k + I_COLUMN]
        if b.k[k + I_CONDITION] != 0:
            truth = b.truths[b.k[column] + i]
            b.f[k + I_VALUE] = math.nan if truth == 1 else 0.5 * truth
        else:
            b.f[k + I_VALUE] = value_at(b, column, i)
    place(b, p)


def fill_entry(b: Book, p: int, fill: float, time: float, rate: float, fresh: float) -> None:
    """The first fill of a position: split it into legs and fix the levels."""
    units = b.f[p + E_UNITS]
    begin_position(b, p, fill, time, units)
    takes = int(b.f[p + E_TAKES])
    first = b.k[p + P_LEG0]
    rest = units
    for leg in range(first, first + LEG * (takes + 1), LEG):
        part = rest
        if leg < first + LEG * takes:
            part = min(part_up(units, b.f[leg + L_TAKE_PERCENT]), rest)
        rest -= part
        level = leg_target(b, p, leg)
        open_leg(b, p, leg, part, level, fill, time, rate, fresh, FILL_ENTRY, int(b.f[p + E_RULE]))
        b.f[leg + L_TAKE] = 1.0 if leg < first + LEG * takes else 0.0
    watch(b, p)
    place(b, p)


def begin_position(b: Book, p: int, fill: float, time: float, units: float) -> None:
    """Everything of a new position but its legs: the levels that its first fill fixes, and clean slates."""
    m = b.k[p + P_MARKET]
    side = float(b.k[p + P_SIDE])
    stop = level_price(b, m, int(b.f[p + E_STOP_KIND]), b.f[p + E_STOP], fill, -side, 0.0)
    r = abs(fill - stop)
    target = side * INF
    if b.f[p + E_TARGET_KIND] != NO_LEVEL:
        target = level_price(b, m, int(b.f[p + E_TARGET_KIND]), b.f[p + E_TARGET], fill, side, r)
    b.f[W_POSITIONS] += 1.0
    b.f[p + F_PHASE] = OPEN
    b.f[p + F_BOOKED_BEFORE] = b.f[p + F_BOOKED]
    b.f[p + F_POSITION] = b.f[W_POSITIONS]
    b.f[p + F_ENTRY] = fill
    b.f[p + F_SIDE] = side
    b.f[p + F_BUSY] = 0.0
    b.f[p + F_FIRST] = fill
    b.f[p + F_STOP] = stop
    b.f[p + F_STOP_NEW] = stop
    b.f[p + F_STOP_AT] = INF
    b.f[p + F_TARGET] = target
    b.f[p + F_R] = r
    b.f[p + F_BEST] = 0.0
    b.f[p + F_UNITS] = units
    b.f[p + F_UNITS_ALL] = units
    b.f[p + F_OPENED] = time
    b.f[p + F_CLOSE_AT] = INF
    b.f[p + F_PARTS] = 0.0
    b.f[p + F_ADDS] = 0.0
    b.f[p + F_LEGS] = b.f[p + E_TAKES] + 1.0
    n = b.k[p + P_MAX]
    if n > 0:
        b.ring[b.k[p + P_RING] + int(b.f[p + F_FILLS]) % n] = time
    b.f[p + F_FILLS] += 1.0
    for cell in range(b.k[p + P_CELL0], b.k[p + P_CELL1], 2):
        b.f[cell] = INF
        b.f[cell + 1] = 0.0
    for rule in range(b.k[p + P_RULE0], b.k[p + P_ENTRY0], RULE):
        if b.k[rule + R_POSITIONAL] != 0:
            b.f[rule + T_PREVIOUS] = NO_TRUTH


def leg_target(b: Book, p: int, leg: int) -> float:
    """The level at which a leg of an entry takes its profit: its TAKE, of the last leg the TARGET."""
    if leg >= b.k[p + P_LEG0] + LEG * int(b.f[p + E_TAKES]):
        return b.f[p + F_TARGET]
    m = b.k[p + P_MARKET]
    kind = int(b.f[leg + L_TAKE_KIND])
    return level_price(b, m, kind, b.f[leg + L_TAKE_VALUE], b.f[p + F_FIRST], float(b.k[p + P_SIDE]), b.f[p + F_R])
