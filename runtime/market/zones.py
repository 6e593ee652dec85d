"""Time zones as tables: offsets, local times and day boundaries over whole columns of UTC milliseconds."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.errors import MarketError

Times = NDArray[np.int64]

DAY = 86_400_000
WEEK = 7 * DAY
FIRST_DAY = 0
"""1970-01-01, the first day of the tables, in days since then."""
LAST_DAY = 29_220
"""2050-01-01, the end of the tables; beyond either end the nearest known offset holds."""


class Zone:
    """An IANA zone between 1970 and 2050: `transitions` (UTC ms) and the `offsets` (ms) before, between and after."""

    def __init__(self, name: str, transitions: list[int], offsets: list[int]) -> None:
        self.name = name
        self.transitions: Times = np.array(transitions, dtype=np.int64)
        self.offsets: Times = np.array(offsets, dtype=np.int64)
        # A local time belongs to the offset after a transition once the clock before it has read that far.
        self._walls: Times = self.transitions + self.offsets[:-1]
        self._transition_list = transitions
        self._offset_list = offsets

    @property
    def is_fixed(self) -> bool:
        """Whether the offset never changes."""
        return not self._transition_list

    def offset(self, times: Times) -> Times:
        """The offset from UTC in milliseconds at each time."""
        if self.is_fixed:
            return np.full(times.shape, self._offset_list[0], dtype=np.int64)
        return self.offsets[np.searchsorted(self.transitions, times, side="right")]

    def offset_at(self, time: int) -> int:
        """The offset from UTC in milliseconds at one time."""
        return self._offset_list[bisect_right(self._transition_list, time)]

    def to_utc(self, local: Times) -> Times:
        """UTC of local times: the first reading of a repeated one, the end of the gap for one that never was."""
        if self.is_fixed:
            return local - self._offset_list[0]
        index = np.searchsorted(self._walls, local, side="right")
        utc: Times = local - self.offsets[index]
        after = index > 0
        utc[after] = np.maximum(utc[after], self.transitions[index[after] - 1])
        return utc

    def skipped(self, local: Times) -> NDArray[np.bool_]:
        """Which local times never were, because the clock was put forward over them."""
        utc = self.to_utc(local)
        return np.asarray(utc + self.offset(utc) != local, dtype=np.bool_)

    def repeated(self, local: Times) -> NDArray[np.bool_]:
        """Which local times were twice, because the clock was put back."""
        hit = np.zeros(local.shape, dtype=np.bool_)
        for moment, before, after in zip(self.transitions, self.offsets[:-1], self.offsets[1:], strict=True):
            if after < before:
                hit |= (local >= moment + after) & (local < moment + before)
        return hit


@lru_cache(maxsize=64)
def zone(name: str) -> Zone:
    """The zone of an IANA name; raises MarketError for one that is not known."""
    try:
        info = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        like = sorted(known for known in available_timezones() if name and known.lower().endswith(f"/{name.lower()}"))
        hint = f"did you mean `{like[0]}`?" if like else "`Europe/Athens` is the clock of many brokers"
        raise MarketError(
            f"unknown time zone `{name}`: expected an IANA name such as `UTC`, `Europe/London` or `America/New_York`;"
            f" {hint}"
        ) from None
    epoch = datetime(1970, 1, 1, tzinfo=UTC)

    def offset(second: int) -> int:
        delta = (epoch + timedelta(seconds=second)).astimezone(info).utcoffset()
        return 0 if delta is None else round(delta.total_seconds()) * 1000

    # Summer time lasts weeks everywhere, so weekly samples see every change; bisection then finds its second.
    step = 7 * 86_400
    transitions: list[int] = []
    offsets = [offset(FIRST_DAY * 86_400)]
    for left in range(FIRST_DAY * 86_400, LAST_DAY * 86_400, step):
        low, high, now = left, left + step, offset(left + step)
        if now == offsets[-1]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == offsets[-1] else (low, middle)
        transitions.append(high * 1000)
        offsets.append(now)
    return Zone(name, transitions, offsets)


class DayClock:
    """Days that begin at one wall-clock time of a zone; a day is its number since 1970-01-01.

    A boundary from noon on opens the next date's day, as broker clocks have it: 17:00 in New York begins tomorrow.
    """

    def __init__(self, of: Zone, boundary: int) -> None:
        """`boundary` is the wall-clock time in milliseconds since local midnight."""
        self.zone = of
        self.shift = boundary - DAY if boundary >= DAY // 2 else boundary
        self._base = self.shift - of.offset_at(0)
        labels = np.arange(FIRST_DAY, LAST_DAY + 1, dtype=np.int64)
        self._starts: Times = np.empty(0, dtype=np.int64) if of.is_fixed else of.to_utc(labels * DAY + self.shift)
        self._start_list: list[int] = self._starts.tolist()

    def day(self, times: Times) -> Times:
        """The day of each time."""
        if self.zone.is_fixed:
            return np.asarray((times - self._base) // DAY, dtype=np.int64)
        return np.searchsorted(self._starts, times, side="right").astype(np.int64) - 1

    def day_at(self, time: int) -> int:
        """The day of one time."""
        if self.zone.is_fixed:
            return (time - self._base) // DAY
        return bisect_right(self._start_list, time) - 1

    def start(self, days: Times) -> Times:
        """The first UTC millisecond of each day."""
        if self.zone.is_fixed:
            return np.asarray(days * DAY + self._base, dtype=np.int64)
        return self._starts[np.clip(days, FIRST_DAY, LAST_DAY)]

    def start_at(self, day: int) -> int:
        """The first UTC millisecond of one day."""
        if self.zone.is_fixed:
            return day * DAY + self._base
        return self._start_list[min(max(day, FIRST_DAY), LAST_DAY)]

    def seconds(self, times: Times) -> NDArray[np.float64]:
        """Wall-clock seconds since the boundary, 0 to 86400 excluded."""
        return np.asarray((times + self.zone.offset(times) - self.shift) % DAY / 1000.0, dtype=np.float64)

    def seconds_at(self, time: int) -> float:
        """Wall-clock seconds since the boundary at one time."""
        return (time + self.zone.offset_at(time) - self.shift) % DAY / 1000.0


@lru_cache(maxsize=64)
def day_clock(zone_name: str, boundary: int = 0) -> DayClock:
    """The day clock of a zone, boundary in milliseconds since local midnight; built once and shared."""
    return DayClock(zone(zone_name), boundary)


def weekday_of(days: Times) -> Times:
    """Monday 0 to Sunday 6 of day numbers: 1970-01-01 was a Thursday."""
    return np.asarray((days + 3) % 7, dtype=np.int64)


def week_of(days: Times) -> Times:
    """The week of day numbers; weeks begin on Sunday, as in MetaTrader 5, so Sunday's open is in its own week."""
    return np.asarray((days + 4) // 7, dtype=np.int64)


def week_start(weeks: Times) -> Times:
    """The first day number of weeks."""
    return np.asarray(weeks * 7 - 4, dtype=np.int64)


def month_of(days: Times) -> Times:
    """The month of day numbers, in months since 1970-01."""
    return np.asarray(days, dtype=np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def month_start(months: Times) -> Times:
    """The first day number of months."""
    return np.asarray(months, dtype=np.int64).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
