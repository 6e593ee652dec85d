"""Stops and targets of the legs of one position within one bar."""

from __future__ import annotations

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.exposure import (
    bar_extra,
    close_time,
    open_time,
)
from tradeplan.runtime.kernels.orders.layout import (
    B_RATE,
    B_RATE_OPEN,
    F_BUSY,
    F_LEGS,
    F_NEAR,
    F_PARTS,
    F_STOP,
    FILL_STOP,
    FILL_TAKE,
    FILL_TARGET,
    FRESH_LIMIT,
    FRESH_OPEN,
    INF,
    L_FRESH,
    L_REQUEST,
    L_REQUEST_AT,
    L_REQUEST_REASON,
    L_REQUEST_RULE,
    L_TAKE,
    L_TARGET,
    L_UNITS,
    LEG,
    M_SLIP,
    P_LEG0,
    P_MARKET,
    P_SIDE,
    V_LIVE_FROM,
    V_NETTING,
)
from tradeplan.runtime.kernels.orders.ledger import (
    exit_leg,
)
from tradeplan.runtime.kernels.orders.numbers import (
    ask_of,
    fill_price,
)


def stops_and_targets(b: Book, p: int, row: int, open_price: float, high: float, low: float, spread: float) -> None:
    """Test every open leg against its levels, and find the nearest target that is left.

    Prices are turned to the side on which the leg is closed: bid for longs, ask for shorts; shorts are mirrored by
    the comparisons, never by signs, so that every rounding is the one that the contract writes down.
    """
    m = b.k[p + P_MARKET]
    stop = b.f[p + F_STOP]
    long = b.k[p + P_SIDE] > 0
    slip = b.f[m + M_SLIP]
    first = b.k[p + P_LEG0]
    at_open = open_price if long else ask_of(b, m, open_price, spread)
    worst = low if long else ask_of(b, m, high, spread)
    best = high if long else ask_of(b, m, low, spread)
    at_start = open_time(b, m, row)
    at_close = close_time(b, m, row)
    rate_open = bar_extra(b, m, B_RATE_OPEN, row)
    rate = bar_extra(b, m, B_RATE, row)
    near = INF if long else -INF
    for leg in range(first, first + LEG * int(b.f[p + F_LEGS]), LEG):
        units = b.f[leg + L_UNITS]
        if units <= 0.0:
            continue
        fresh = b.f[leg + L_FRESH]
        inside = fresh > FRESH_OPEN
        level = b.f[leg + L_TARGET]
        take = b.f[leg + L_TAKE] != 0.0
        by_program = take and b.f[V_NETTING] != 0.0
        target = level if not by_program else (INF if long else -INF)
        reason = FILL_TAKE if take else FILL_TARGET
        touched = reaches(long, best, target) and fresh != FRESH_LIMIT
        target_fill = better_of(long, at_open, target) if not inside else target
        if fresh == 0.0 and reaches(not long, at_open, stop):
            price = at_open - slip if long else at_open + slip
            exit_leg(b, p, leg, units, price, at_start, rate_open, FILL_STOP, -1, 0.0)
        elif fresh == 0.0 and reaches(long, at_open, target):
            exit_leg(b, p, leg, units, at_open, at_start, rate_open, reason, -1, 0.0)
        elif reaches(not long, worst, stop):
            price = better_of(not long, at_open, stop) if not inside else stop
            price = price - slip if long else price + slip
            better = fill_price(b, m, target_fill) if touched else 0.0
            exit_leg(b, p, leg, units, price, at_close, rate, FILL_STOP, -1, better)
        elif touched:
            exit_leg(b, p, leg, units, target_fill, at_close, rate, reason, -1, 0.0)
        elif by_program:
            if b.f[leg + L_REQUEST] < units:
                if reaches(long, best, level) and fresh != FRESH_LIMIT:
                    b.f[p + F_BUSY] = 1.0
                    if b.f[leg + L_REQUEST] == 0.0:
                        b.f[p + F_PARTS] += 1.0
                    b.f[leg + L_REQUEST] = units
                    b.f[leg + L_REQUEST_AT] = max(at_close, b.f[V_LIVE_FROM])
                    b.f[leg + L_REQUEST_REASON] = FILL_TAKE
                    b.f[leg + L_REQUEST_RULE] = -1
                else:
                    near = min(near, level) if long else max(near, level)
        else:
            near = min(near, level) if long else max(near, level)
    b.f[p + F_NEAR] = near


def reaches(upwards: bool, price: float, level: float) -> bool:
    """Whether a price has reached a level that lies in a direction."""
    if upwards:
        return price >= level
    return price <= level


def better_of(upwards: bool, a: float, b: float) -> float:
    """The further of two prices in a direction."""
    if upwards:
        return max(a, b)
    return min(a, b)
