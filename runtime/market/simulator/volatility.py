"""How large moves are: the hours of the day, and a volatility that clusters over hours and weeks."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.simulator.clock import WEEK_MINUTES, living_minutes, new_york_minutes
from tradeplan.runtime.market.simulator.noise import Stream

WEEKS_PER_YEAR = 365.25 / 7.0
_WEEKLY_SPREAD, _WEEKLY_MEMORY = 0.18, 0.85
_HOURLY_SPREAD, _HOURLY_MEMORY = 0.32, 0.92
_COMMON = 0.5**0.5
_CLOSED_RATE = 0.03
"""Variance of a minute without life as a share of a living one's; it arrives as one jump when the price wakes."""


# New York hours 0 to 23: London opens at 3, New York at 8, the day rolls at 17, Tokyo opens at 19.
_BY_HOUR = {
    "fx": "80 85 110 150 145 130 115 120 160 170 170 150 120 105 100 90 70 45 50 75 90 85 80 75",
    "metal": "80 85 110 150 145 130 115 120 160 170 170 150 120 105 100 90 70 45 50 75 90 85 80 75",
    "stock": "45 45 55 75 70 65 65 75 110 190 210 170 140 130 140 180 100 40 45 50 50 45 45 45",
    "crypto": "85 85 90 95 95 95 100 105 120 135 140 130 120 115 110 105 95 90 95 100 105 100 95 90",
}
"""Relative size of moves by hour, in percent of a usual hour."""
_WEEKEND_CRYPTO = 0.65


@lru_cache(maxsize=256)
def activity(pulse: str, week: int) -> NDArray[np.float64]:
    """Relative size of a minute's move through a week by New York's hour, 1 on a usual minute, shape (10080,)."""
    local = new_york_minutes(week)
    hours = np.array([int(percent) / 100.0 for percent in _BY_HOUR[pulse].split()])
    # Hours are knots at their middle, joined by straight lines: no cliff at the full hour.
    shape: NDArray[np.float64] = np.interp(
        (local % 1_440) / 60.0, np.arange(-0.5, 25.0), np.concatenate((hours[-1:], hours, hours[:1]))
    )
    if pulse == "crypto":
        day = (local // 1_440) % 7
        shape = np.where((day == 0) | (day == 6), _WEEKEND_CRYPTO * shape, shape)
    return shape


@lru_cache(maxsize=256)
def variance_shares(pulse: str, week: int) -> NDArray[np.float64]:
    """Each minute's share of a usual week's variance, shape (10080,), summing to 1.

    INVARIANT: minutes without life are 0 except the last before it starts again, which holds the jump over that time.
    """
    living = living_minutes(pulse, week)
    weight = np.where(living, activity(pulse, week) ** 2, 0.0)
    typical = np.cumsum(weight)[-1] / max(1, int(np.count_nonzero(living)))
    edges = np.flatnonzero(np.diff(living.astype(np.int8), prepend=1, append=1))
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        weight[after - 1] = (after - first) * _CLOSED_RATE * typical
    share: NDArray[np.float64] = weight / np.cumsum(weight)[-1]
    return share


def weekly_logs(seed: int, name: str, weeks: int) -> NDArray[np.float64]:
    """The logarithm of a market's volatility level at the start of weeks 0 to `weeks` - 1, shape (weeks,)."""
    noise = _COMMON * (
        Stream(seed, "all/volatility").bell(weeks, 12) + Stream(seed, f"{name}/volatility").bell(weeks, 12)
    )
    return _persistent(noise, _WEEKLY_MEMORY) * _WEEKLY_SPREAD


def weekly_multipliers(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The volatility multiplier of each week; the mean of its square over many weeks is 1."""
    multipliers: NDArray[np.float64] = np.exp(logs - _WEEKLY_SPREAD**2)
    return multipliers


def minute_multipliers(seed: int, name: str, week: int, first: float, last: float) -> NDArray[np.float64]:
    """The volatility multiplier of each minute of a week, shape (10080,); the mean of its square is about 1.

    `first` and `last` are the weekly logs at both ends of the week, between which it drifts.
    """
    hours = WEEK_MINUTES // 60
    noise = _COMMON * (
        Stream(seed, "all/hours", week).bell(hours + 1, 4) + Stream(seed, f"{name}/hours", week).bell(hours + 1, 4)
    )
    log = _persistent(noise, _HOURLY_MEMORY) * _HOURLY_SPREAD + np.linspace(first, last, hours + 1)
    knots = np.exp(log - _HOURLY_SPREAD**2 - _WEEKLY_SPREAD**2)
    between = np.arange(60) / 60.0
    return (knots[:-1, None] + np.diff(knots)[:, None] * between).reshape(-1)


def _persistent(noise: NDArray[np.float64], memory: float) -> NDArray[np.float64]:
    """Unit noise made persistent (first-order), still of unit variance."""
    fresh = (1.0 - memory * memory) ** 0.5
    values = noise.tolist()
    for i in range(1, len(values)):
        values[i] = memory * values[i - 1] + fresh * values[i]
    return np.array(values)
