"""Whole columns in plain Python, for the oracles: slow and obviously right. Steps never use it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from tradeplan.dsl.record import record


def rolling(values: Sequence[float], size: int, of: Callable[[Sequence[float]], float]) -> list[float]:
    """`of` over the last `size` values at every bar; NaN where there are fewer."""
    return [of(values[i - size + 1 : i + 1]) if i >= size - 1 else math.nan for i in range(len(values))]


def mean(values: Sequence[float]) -> float:
    """The mean of a correctly rounded sum."""
    return math.fsum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    """The population standard deviation (divisor n), in two passes; exactly 0 for equal values."""
    if min(values) == max(values):
        return 0.0
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / len(values))


def smoothed(values: Sequence[float], period: int, weight: float) -> list[float]:
    """Exponential smoothing, seeded with the mean of the first `period` values; NaN before it."""
    result = [math.nan] * min(period - 1, len(values))
    if len(values) < period:
        return result
    result.append(mean(values[:period]))
    for value in values[period:]:
        result.append(weight * value + (1.0 - weight) * result[-1])
    return result


Bars = dict[str, list[float]]


def upright(series: Mapping[str, Sequence[float]], direction: float) -> Bars:
    """High, low and close as a bull sees them: for a bear the market upside down, so that one definition does."""
    if direction > 0:
        return {name: list(series[name]) for name in ("high", "low", "close") if name in series}
    other = {"high": "low", "low": "high", "close": "close"}
    return {name: [-value for value in series[other[name]]] for name in other if other[name] in series}


def zone_prices(bottom: float, top: float, direction: float) -> tuple[float, float]:
    """A zone of the upright market turned back: its low and its high."""
    return (bottom, top) if direction > 0 else (-top, -bottom)


@record
class Swing:
    """A strict swing: the bar, whether it is a high, its price."""

    bar: int
    high: bool
    price: float


def swings(bars: Bars, k: int) -> list[Swing]:
    """All swings in order; one is known k bars later. A bar that is both a high and a low is neither."""
    found = []
    for i in range(k, len(bars["high"]) - k):
        around = [j for j in range(i - k, i + k + 1) if j != i]
        top = all(bars["high"][j] < bars["high"][i] for j in around)
        bottom = all(bars["low"][j] > bars["low"][i] for j in around)
        if top != bottom:
            found.append(Swing(i, top, bars["high" if top else "low"][i]))
    return found


def alternating(known: Sequence[Swing]) -> list[Swing]:
    """Of swings of one kind in a row the most extreme, of equal ones the first."""
    kept: list[Swing] = []
    for swing in known:
        if not kept or kept[-1].high != swing.high:
            kept.append(swing)
        elif (swing.price > kept[-1].price) == swing.high and swing.price != kept[-1].price:
            kept[-1] = swing
    return kept


def last_swing(
    values: Sequence[float], half: int, extreme: Callable[[Sequence[float]], float]
) -> dict[str, list[float]]:
    """Of every bar: the last value alone at the `extreme` of `half` bars on either side, and whether it is new.

    Known `half` bars later; NaN before, and `confirmed` until a whole window is there.
    """
    price: list[float] = []
    confirmed: list[float] = []
    last = math.nan
    for t in range(len(values)):
        found = math.nan
        if t >= 2 * half:
            around = list(values[t - 2 * half : t + 1])
            candidate = around.pop(half)
            alone = candidate not in around and extreme([*around, candidate]) == candidate
            last, found = (candidate, 1.0) if alone else (last, 0.0)
        price.append(last)
        confirmed.append(found)
    return {"price": price, "confirmed": confirmed}


def of_the_day(values: Sequence[float], days: Sequence[float], of: Callable[[Sequence[float]], float]) -> list[float]:
    """`of` over the bars of every bar's day so far; NaN in the first day, whose beginning nobody saw."""
    return [
        of([values[i] for i in range(t + 1) if days[i] == day]) if day != days[0] else math.nan
        for t, day in enumerate(days)
    ]
