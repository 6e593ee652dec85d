"""Sessions laid out in UTC: when a market was open, and how much open time has passed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.sessions import MINUTES_A_WEEK, Span
from tradeplan.runtime.market.zones import DAY, LAST_DAY, WEEK, Times, zone

_FIRST_MONDAY = -3 * DAY
_FAR = 1 << 62


class OpenHours:
    """All sessions of a weekly pattern between 1970 and 2050, `starts` and `ends` in UTC milliseconds."""

    def __init__(self, zone_name: str, week: tuple[Span, ...]) -> None:
        """`week` holds minutes of the week on the zone's clock; an empty one is a market that never closes."""
        self.always = not week or week == ((0, MINUTES_A_WEEK),)
        if self.always:
            starts, ends = np.array([-_FAR], dtype=np.int64), np.array([_FAR], dtype=np.int64)
        else:
            starts, ends = _laid_out(zone_name, week)
        self.starts: Times = starts
        self.ends: Times = ends
        before = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(ends - starts)[:-1]])
        # Open time counts from 1970 for a market that never closes, so that its clock is the wall clock.
        self._zero: Times = before - starts if not self.always else np.zeros(1, dtype=np.int64)
        self._start_list: list[int] = starts.tolist()
        self._end_list: list[int] = ends.tolist()
        self._zero_list: list[int] = self._zero.tolist()

    def is_open(self, times: Times) -> NDArray[np.bool_]:
        """Whether each time lies in (start, end] of a session."""
        index = np.searchsorted(self.starts, times, side="left") - 1
        return np.asarray((index >= 0) & (times <= self.ends[np.maximum(index, 0)]), dtype=np.bool_)

    def is_open_at(self, time: int) -> bool:
        """Whether one time lies in (start, end] of a session."""
        index = bisect_left(self._start_list, time) - 1
        return index >= 0 and time <= self._end_list[index]

    def multiples(self, size: int, start: int, end: int) -> Times:
        """The multiples t of a length with start < t <= end that lie in (start, end] of a session.

        Laid out session by session: asking for each minute of a year whether it is open takes twenty times as long.
        """
        first = int(np.searchsorted(self.ends, start, side="right"))
        last = int(np.searchsorted(self.starts, end, side="left"))
        froms = np.maximum(self.starts[first:last], start) // size + 1
        tos = np.minimum(self.ends[first:last], end) // size
        parts = [np.arange(a, b + 1, dtype=np.int64) for a, b in zip(froms.tolist(), tos.tolist(), strict=True)]
        return np.concatenate([np.zeros(0, dtype=np.int64), *parts]) * size

    def clock(self, times: Times) -> Times:
        """Open milliseconds passed up to each time."""
        index = np.maximum(np.searchsorted(self.starts, times, side="right") - 1, 0)
        inside = np.clip(times, self.starts[index], self.ends[index])
        return np.asarray(inside + self._zero[index], dtype=np.int64)

    def clock_at(self, time: int) -> int:
        """Open milliseconds passed up to one time."""
        index = max(bisect_right(self._start_list, time) - 1, 0)
        return min(max(time, self._start_list[index]), self._end_list[index]) + self._zero_list[index]

    def next_open(self, times: Times) -> Times:
        """The first instant at or after each time from which trading goes on; the last known end if there is none."""
        index = np.searchsorted(self.ends, times, side="right")
        index = np.minimum(index, len(self.ends) - 1)
        return np.asarray(np.maximum(times, self.starts[index]), dtype=np.int64)

    def next_open_at(self, time: int) -> int:
        """The first instant at or after one time from which trading goes on."""
        index = min(bisect_right(self._end_list, time), len(self._end_list) - 1)
        return max(time, self._start_list[index])


def _laid_out(zone_name: str, week: tuple[Span, ...]) -> tuple[Times, Times]:
    weeks = np.arange(_FIRST_MONDAY, LAST_DAY * DAY, WEEK, dtype=np.int64)
    minutes = np.array(week, dtype=np.int64) * 60_000
    of = zone(zone_name)
    starts = of.to_utc((weeks[:, None] + minutes[None, :, 0]).ravel())
    ends = of.to_utc((weeks[:, None] + minutes[None, :, 1]).ravel())
    kept = starts < ends  # a session that summer time skips as a whole
    starts, ends = starts[kept], ends[kept]
    joined = starts[1:] <= ends[:-1]
    return starts[np.concatenate([[True], ~joined])], ends[np.concatenate([~joined, [True]])]


@lru_cache(maxsize=32)
def open_hours(zone_name: str, week: tuple[Span, ...]) -> OpenHours:
    """The sessions of a weekly pattern; built once and shared by every market that has it."""
    return OpenHours(zone_name, week)
