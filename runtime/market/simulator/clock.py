"""The simulator's calendar: weeks as blocks, New York's wall clock, and which minutes of a week are open."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

MINUTE = 60_000
HOUR = 60 * MINUTE
WEEK_MINUTES = 7 * 1_440
WEEK = WEEK_MINUTES * MINUTE
ANCHOR = 3 * 24 * HOUR
"""Sunday 1970-01-04 00:00 UTC, the start of week 0: every block begins while the currency market is closed."""

_NEW_YORK = ZoneInfo("America/New_York")
_DAY = 1_440
_CLOSE = 17 * 60


def week_of(time: int) -> int:
    """The number of the week that holds a UTC millisecond."""
    return (time - ANCHOR) // WEEK


def week_start(week: int) -> int:
    """The UTC millisecond at which a week begins."""
    return ANCHOR + week * WEEK


@lru_cache(maxsize=128)
def new_york_minutes(week: int) -> NDArray[np.int64]:
    """Minutes since New York's Sunday 00:00 for every minute of a UTC week (negative before it), shape (10080,)."""
    start = week_start(week)
    offsets = np.empty(168, dtype=np.int64)
    for hour in range(168):
        moment = datetime.fromtimestamp((start + hour * HOUR) // 1000, UTC).astimezone(_NEW_YORK)
        offset = moment.utcoffset()
        offsets[hour] = 0 if offset is None else int(offset.total_seconds()) // 60
    return np.arange(WEEK_MINUTES, dtype=np.int64) + np.repeat(offsets, 60)


@lru_cache(maxsize=512)
def open_minutes(session: str, week: int) -> NDArray[np.bool_]:
    """Which minutes of a UTC week are open, shape (10080,).

    `always`: around the clock. `fx`: New York's Sunday 17:00 to Friday 17:00. `index`: the same with the daily hour
    from 17:00 New York closed.
    """
    if session == "always":
        return np.ones(WEEK_MINUTES, dtype=np.bool_)
    local = new_york_minutes(week)
    opened = (local >= _CLOSE) & (local < 5 * _DAY + _CLOSE)
    if session == "index":
        minute = local % _DAY
        opened &= ~((minute >= _CLOSE) & (minute < _CLOSE + 60))
    return opened
