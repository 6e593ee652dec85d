"""The simulator's calendar: weeks as blocks, New York's clock, and the minutes in which prices move or are shown."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.zones import zone

MINUTE = 60_000
HOUR = 60 * MINUTE
WEEK_MINUTES = 7 * 1_440
WEEK = WEEK_MINUTES * MINUTE
ANCHOR = 3 * 24 * HOUR
"""Sunday 1970-01-04 00:00 UTC, the start of week 0: every block begins while the currency market is closed."""
END = 2_524_608_000_000
"""The end of 2049, where the tables of zones and sessions end."""

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
    times = week_start(week) + MINUTE * np.arange(WEEK_MINUTES, dtype=np.int64)
    return (times + zone("America/New_York").offset(times) - week_start(week)) // MINUTE


@lru_cache(maxsize=512)
def living_minutes(pulse: str, week: int) -> NDArray[np.bool_]:
    """In which minutes of a UTC week a price moves, shape (10080,).

    `crypto`: always. `fx`: New York's Sunday 17:00 to Friday 17:00. `metal` and `stock`: the same without the daily
    hour from 17:00 New York.
    """
    if pulse == "crypto":
        return np.ones(WEEK_MINUTES, dtype=np.bool_)
    local = new_york_minutes(week)
    living = (local >= _CLOSE) & (local < 5 * _DAY + _CLOSE)
    if pulse != "fx":
        minute = local % _DAY
        living &= ~((minute >= _CLOSE) & (minute < _CLOSE + 60))
    return living


def open_minutes(profile: SymbolProfile, week: int) -> NDArray[np.bool_]:
    """In which minutes of a UTC week a market's session, as its profile has it, is open, shape (10080,)."""
    closes = week_start(week) + MINUTE * np.arange(1, WEEK_MINUTES + 1, dtype=np.int64)
    return MarketCalendar(profile).is_open(closes)
