"""Whole columns in plain Python, for the oracles: slow and obviously right. Steps never use it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence


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
