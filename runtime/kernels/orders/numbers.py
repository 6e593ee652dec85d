"""Rounding, calendar boundaries and the other small arithmetic of the order loop."""

from __future__ import annotations

import math

from tradeplan.runtime.kernels.orders.arrays import Floats, Integers, Tables
from tradeplan.runtime.kernels.orders.layout import (
    DAY,
    NO_CALENDAR,
)


def cents(x: float) -> float:
    """Money in whole cents, half away from zero."""
    if x >= 0.0:
        return float(math.floor(x * 100.0 + 0.5))
    return -float(math.floor(-x * 100.0 + 0.5))


def to_tick(x: float, tick: float) -> float:
    """A price rounded to the tick; UNKNOWN stays UNKNOWN."""
    if math.isnan(x):
        return x
    return math.floor(x / tick + 0.5) * tick


def newest_boundary(boundaries: Integers, t: float) -> float:
    """The newest boundary at or before a time; the first of the table if none."""
    low = 0
    high = boundaries.shape[0]
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
    high = boundaries.shape[0]
    while low < high:
        middle = (low + high) // 2
        if boundaries[middle] <= t:
            low = middle + 1
        else:
            high = middle
    return float(boundaries[min(low, boundaries.shape[0] - 1)])


def boundary_of(g: Tables, calendar: int, t: float) -> float:
    """The newest start of the account's day or week at or before a time."""
    if calendar == DAY:
        return newest_boundary(g.days, t)
    return newest_boundary(g.weeks, t)


def span_end(g: Tables, span: float, calendar: int, t: float) -> float:
    """When a span that starts at a time is over."""
    if calendar == NO_CALENDAR:
        return t + span
    if calendar == DAY:
        return next_boundary(g.days, t)
    return next_boundary(g.weeks, t)


def first_after(times: Integers, low: int, high: int, t: float) -> int:
    """The index of the first time after `t` in `times[low:high]`."""
    while low < high:
        middle = (low + high) // 2
        if times[middle] <= t:
            low = middle + 1
        else:
            high = middle
    return low


def first_row_after(bars: Floats, column: int, low: int, high: int, t: float) -> int:
    """The same in a column of bars."""
    while low < high:
        middle = (low + high) // 2
        if bars[middle, column] <= t:
            low = middle + 1
        else:
            high = middle
    return low
