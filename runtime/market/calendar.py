"""A market's calendar: sessions, scheduled closes, session time and clock readings, over columns and one by one.

Every question has two forms: over an int64 column of UTC milliseconds, and with the suffix `_at` for one time.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.timeframe import TIMEFRAMES, is_daily_or_slower
from tradeplan.runtime.market.open_hours import open_hours
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.zones import (
    DAY,
    DayClock,
    Times,
    day_clock,
    month_of,
    month_start,
    week_of,
    week_start,
    weekday_of,
)

HOUR = TIMEFRAMES["H1"]
BROKER = "broker"


class MarketCalendar:
    """When a market is open and when its bars close, from its profile."""

    def __init__(self, profile: SymbolProfile) -> None:
        boundary, zone_name = profile.boundary
        self.day_start = profile.day_boundary
        self.hours = open_hours(profile.sessions.zone, profile.sessions.week)
        self.broker: DayClock = day_clock(zone_name, boundary)
        self.stale_cadences = profile.stale_cadences
        self._cadences: dict[str, int] = {}

    # --- sessions ---

    def is_open(self, times: Times) -> NDArray[np.bool_]:
        """Whether each time lies in (start, end] of a session: a close at the session's end counts, its start not."""
        return self.hours.is_open(times)

    def is_open_at(self, time: int) -> bool:
        """Whether one time lies in (start, end] of a session."""
        return self.hours.is_open_at(time)

    def session_clock(self, times: Times) -> Times:
        """Open milliseconds passed up to each time; only differences mean something."""
        return self.hours.clock(times)

    def session_clock_at(self, time: int) -> int:
        """Open milliseconds passed up to one time."""
        return self.hours.clock_at(time)

    def next_open(self, times: Times) -> Times:
        """The first instant at or after each time from which trading goes on (a session's end is not one)."""
        return self.hours.next_open(times)

    def next_open_at(self, time: int) -> int:
        """The first instant at or after one time from which trading goes on."""
        return self.hours.next_open_at(time)

    def cadence(self, timeframe: str) -> int:
        """The most session time, in milliseconds, that one bar of the timeframe can hold: its length below D1."""
        if not is_daily_or_slower(timeframe):
            return TIMEFRAMES[timeframe]
        if timeframe not in self._cadences:
            # 13 months see every weekday, month length and change of the clock; any year would do.
            first = self.broker.day_at(1_609_459_200_000)
            days = np.arange(first, first + 400, dtype=np.int64)
            edges = self.hours.clock(np.unique(self._period_start(self._period(days, timeframe), timeframe)))
            self._cadences[timeframe] = int(np.diff(edges).max())
        return self._cadences[timeframe]

    def stale_after(self, timeframe: str) -> int:
        """The session time after its close from which a bar of the timeframe is stale (older than this is UNKNOWN)."""
        return math.floor(self.stale_cadences * self.cadence(timeframe))

    # --- bars ---

    def bar_open(self, times: Times, timeframe: str) -> Times:
        """The open of the bar each time falls into (a time at a boundary opens the next bar)."""
        size = TIMEFRAMES[timeframe]
        if size <= HOUR:
            return times - times % size
        days = self.broker.day(times)
        if not is_daily_or_slower(timeframe):
            starts = self.broker.start(days)
            return starts + (times - starts) // size * size
        return self._period_start(self._period(days, timeframe), timeframe)

    def close_of(self, open_times: Times, timeframe: str) -> Times:
        """When bars are scheduled to close.

        Below D1 that is open + timeframe, cut at the broker's day boundary for a bar that lies on the day's grid (so a
        day of 23 hours ends in a short bar). From D1 on it is the next boundary. A bar that opens off the grid closes
        at the first day boundary after its full length: later than it may have, but never before it really ended.
        """
        size = TIMEFRAMES[timeframe]
        if size <= HOUR:
            return open_times + size
        on_grid = self.bar_open(open_times, timeframe) == open_times
        days = self.broker.day(open_times)
        if not is_daily_or_slower(timeframe):
            ends = self.broker.start(days + 1)
            return np.where(on_grid, np.minimum(open_times + size, ends), open_times + size)
        following = self._period_start(self._period(days, timeframe) + 1, timeframe)
        if on_grid.all():
            return following
        late = self.broker.start(self.broker.day(open_times + _longest(timeframe) - 1) + 1)
        return np.where(on_grid, following, late)

    def close_at(self, open_time: int, timeframe: str) -> int:
        """When one bar is scheduled to close, by the rules of `close_of`."""
        size = TIMEFRAMES[timeframe]
        if size <= HOUR:
            return open_time + size
        if is_daily_or_slower(timeframe):
            return int(self.close_of(np.array([open_time], dtype=np.int64), timeframe)[0])
        day = self.broker.day_at(open_time)
        if (open_time - self.broker.start_at(day)) % size:
            return open_time + size
        return min(open_time + size, self.broker.start_at(day + 1))

    def scheduled_closes(self, timeframe: str, start: int, end: int) -> Times:
        """Every scheduled close t with start < t <= end.

        Below D1: the timeframe's grid (from H2 on the broker's day's) inside sessions. From D1 on: the boundaries
        whose period had session time.
        """
        if end <= start:
            return np.empty(0, dtype=np.int64)
        size = TIMEFRAMES[timeframe]
        if size <= HOUR:
            return self.hours.multiples(size, start, end)
        days = np.arange(self.broker.day_at(start), self.broker.day_at(end) + 2, dtype=np.int64)
        if is_daily_or_slower(timeframe):
            periods = np.unique(self._period(days, timeframe))
            edges = self._period_start(np.append(periods, periods[-1] + 1), timeframe)
            closes = edges[1:][np.diff(self.hours.clock(edges)) > 0]
            return closes[(closes > start) & (closes <= end)]
        starts, ends = self.broker.start(days), self.broker.start(days + 1)
        steps = np.arange(1, DAY // size + 2, dtype=np.int64) * size
        grid = np.unique(np.minimum(starts[:, None] + steps[None, :], ends[:, None]))
        grid = grid[(grid > start) & (grid <= end)]
        return grid[self.hours.is_open(grid)]

    # --- clock readings ---

    def seconds(self, times: Times, zone_name: str) -> NDArray[np.float64]:
        """Wall-clock seconds since midnight of an IANA zone, or since the boundary of the broker's day."""
        return self._clock(zone_name).seconds(times)

    def seconds_at(self, time: int, zone_name: str) -> float:
        """Wall-clock seconds at one time."""
        return self._clock(zone_name).seconds_at(time)

    def day(self, times: Times, zone_name: str) -> Times:
        """The number of each time's day, in days since 1970-01-01 by that clock's date; it never falls."""
        return self._clock(zone_name).day(times)

    def day_at(self, time: int, zone_name: str) -> int:
        """The number of one time's day."""
        return self._clock(zone_name).day_at(time)

    def weekday(self, times: Times, zone_name: str) -> Times:
        """Monday 0 to Sunday 6 of each time's day."""
        return weekday_of(self._clock(zone_name).day(times))

    def weekday_at(self, time: int, zone_name: str) -> int:
        """Monday 0 to Sunday 6 of one time's day."""
        return (self._clock(zone_name).day_at(time) + 3) % 7

    def next_day_at(self, time: int) -> int:
        """The broker's next day boundary after one time."""
        return self.broker.start_at(self.broker.day_at(time) + 1)

    def next_week_at(self, time: int) -> int:
        """The broker's next week boundary (the start of its Sunday) after one time."""
        return self.broker.start_at(((self.broker.day_at(time) + 4) // 7 + 1) * 7 - 4)

    def _clock(self, zone_name: str) -> DayClock:
        return self.broker if zone_name == BROKER else day_clock(zone_name)

    def _period(self, days: Times, timeframe: str) -> Times:
        if timeframe == "D1":
            return days
        return week_of(days) if timeframe == "W1" else month_of(days)

    def _period_start(self, periods: Times, timeframe: str) -> Times:
        if timeframe == "D1":
            return self.broker.start(periods)
        return self.broker.start(week_start(periods) if timeframe == "W1" else month_start(periods))


def _longest(timeframe: str) -> int:
    return {"D1": DAY, "W1": 7 * DAY, "MN1": 31 * DAY}[timeframe]
