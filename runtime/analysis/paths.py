"""Money over time as steps: when it changed, and what it was from then on; in whole cents, so sums are exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DAY_MS = 86_400_000.0


@dataclass(frozen=True, slots=True)
class Path:
    """`cents[i]` holds from `times[i]` (UTC ms, rising) until the next; before the first time it is 0."""

    times: NDArray[np.int64]
    cents: NDArray[np.float64]

    def at(self, times: NDArray[np.int64]) -> NDArray[np.float64]:
        """The cents at each time, what changes at that very time included."""
        found = np.searchsorted(self.times, times, side="right")
        return np.concatenate(([0.0], self.cents))[found]


@dataclass(frozen=True, slots=True)
class Fall:
    """The deepest fall from a peak, and the longest time without a new one.

    `money` in account currency, `percent` of the peak, `days` from a peak until it is reached again or the end.
    """

    money: float
    percent: float
    days: float


def merged(paths: Sequence[Path]) -> Path:
    """The sum of paths."""
    if len(paths) == 1:
        return paths[0]
    times = np.concatenate([np.zeros(0, dtype=np.int64), *(p.times for p in paths)])
    steps = np.concatenate([np.zeros(0), *(np.diff(p.cents, prepend=0.0) for p in paths)])
    together, place = np.unique(times, return_inverse=True)
    return Path(together, np.cumsum(np.bincount(place, weights=steps, minlength=len(together))))


def fall(path: Path, first: float, start: int, end: int) -> Fall:
    """The fall of `first` cents and a path beside them, from `start` to `end` (UTC ms)."""
    times = np.concatenate(([start], path.times))
    values = np.concatenate(([first], first + path.cents))
    peaks = np.maximum.accumulate(values)
    under = peaks - values
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = np.where(peaks > 0.0, 100.0 * under / peaks, 0.0)
    # the time of the newest peak; a value that only reaches the old peak again ends the wait as well
    reached = times[np.maximum.accumulate(np.where(under == 0.0, np.arange(len(values)), 0))]
    ends = np.append(times[1:], end)
    days = float(np.where(under > 0.0, ends - reached, 0).max()) / DAY_MS
    return Fall(round(float(under.max()) / 100.0, 2), float(percent.max()), days)
