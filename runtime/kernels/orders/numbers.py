"""Rounding, calendar boundaries and the other small arithmetic of the order loop."""

from __future__ import annotations

import math

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.layout import (
    DAY,
    EVER,
    M_TICK,
    M_TICK_PARTS,
    M_TICK_WHOLE,
    NO_CALENDAR,
)
from tradeplan.runtime.kernels.source.primitives import (
    Integers,
)


def cents(x: float) -> float:
    """Money in whole cents, half away from zero."""
    if x >= 0.0:
        return float(math.floor(x * 100.0 + 0.5))
    return -float(math.floor(-x * 100.0 + 0.5))


def to_tick(b: Book, m: int, x: float) -> float:
    """A price rounded to the tick, as the float nearest to its decimals; UNKNOWN stays UNKNOWN."""
    if math.isnan(x):
        return x
    return math.floor(x / b.f[m + M_TICK] + 0.5) * b.f[m + M_TICK_WHOLE] / b.f[m + M_TICK_PARTS]


def ask_of(b: Book, m: int, bid: float, spread: float) -> float:
    """The ask that goes with a bid."""
    return to_tick(b, m, bid + spread)


def fill_price(b: Book, m: int, x: float) -> float:
    """What a fill is recorded at: a sum that is on the tick but for binary noise is that tick."""
    near = to_tick(b, m, x)
    return near if abs(x - near) <= 1e-6 * b.f[m + M_TICK] else x


def newest_boundary(boundaries: Integers, t: float) -> float:
    """The newest boundary at or before a time; the first of the table if none."""
    low = 0
    high = len(boundaries)
    while low < high:
        middle = (low + high) // 2
        if boundaries[middle] <= t:
            low = middle + 1
        else:
            high = middle
    return float(boundaries[max(low - 1, 0)])


def next_boundary(boundaries: Integers, t: float) -> float:
    """The first boundary after a time; the last of the table if none."""
    low = 0
    high = len(boundaries)
    while low < high:
        middle = (low + high) // 2
        if boundaries[middle] <= t:
            low = middle + 1
        else:
            high = middle
    return float(boundaries[min(low, len(boundaries) - 1)])


def boundary_of(b: Book, calendar: int, t: float) -> float:
    """The newest start of the account's day or week at or before a time; `ever` starts with time itself."""
    if calendar == DAY:
        return newest_boundary(b.days, t)
    if calendar == EVER:
        return 0.0
    return newest_boundary(b.weeks, t)


def span_end(b: Book, span: float, calendar: int, t: float) -> float:
    """When a span that starts at a time is over."""
    if calendar == NO_CALENDAR:
        return t + span
    if calendar == DAY:
        return next_boundary(b.days, t)
    return next_boundary(b.weeks, t)


def first_after(times: Integers, low: int, high: int, t: float) -> int:
    """The index of the first time after `t` in `times[low:high]`."""
    while low < high:
        middle = (low + high) // 2
        if times[middle] <= t:
            low = middle + 1
        else:
            high = middle
    return low
