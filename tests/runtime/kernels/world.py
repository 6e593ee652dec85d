"""Small random markets with sessions, holes and missing timeframes, on a calendar simple enough to read."""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import Lane
from tradeplan.runtime.market.bars import Bars

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 19_000 * DAY  # a midnight
DAYS = 4
LENGTH = {"M5": 5 * MINUTE, "M15": 15 * MINUTE, "H1": HOUR, "D1": DAY}


class Hours:
    """Sessions by their starts and ends."""

    def __init__(self, starts: list[int], ends: list[int]) -> None:
        self.starts: NDArray[np.int64] = np.array(starts, dtype=np.int64)
        self.ends: NDArray[np.int64] = np.array(ends, dtype=np.int64)


class Calendar:
    """The same sessions every day in UTC; days begin at midnight. `sessions`: spans of hours of the day."""

    def __init__(self, sessions: list[tuple[int, int]], stale_cadences: int = 2) -> None:
        days = range(START - 30 * DAY, START + 60 * DAY, DAY)
        self.sessions = sorted((day + a * HOUR, day + b * HOUR) for day in days for a, b in sessions)
        self.hours = Hours([a for a, _ in self.sessions], [b for _, b in self.sessions])
        self.stale_cadences = stale_cadences

    def scheduled_closes(self, timeframe: str, start: int, end: int) -> NDArray[np.int64]:
        """Closes t with start < t <= end: of the grid inside (start, end] of a session; every midnight for D1."""
        length = LENGTH.get(timeframe, MINUTE)
        end = min(end, START + 50 * DAY)
        grid = range((start // length + 1) * length, end + 1, length)
        if timeframe == "D1":
            return np.array(grid, dtype=np.int64)
        return np.array([t for t in grid if any(a < t <= b for a, b in self.sessions)], dtype=np.int64)

    def seconds(self, times: NDArray[np.int64], zone: str) -> NDArray[np.float64]:
        """Seconds since midnight."""
        return (times % DAY // 1000).astype(np.float64)

    def seconds_at(self, time: int, zone: str) -> float:
        """Seconds since midnight."""
        return float(time % DAY // 1000)


class World:
    """Markets `a` (with a break each day) and `b` (round the clock); `b.H1` does not exist."""

    def __init__(self, seed: int, holes: float = 0.15, days: int = DAYS) -> None:
        r = random.Random(seed)
        self.days = days
        self.calendars = {"a": Calendar([(1, 3), (4, 7)]), "b": Calendar([(0, 24)])}
        self.series: dict[tuple[str, str], Bars] = {}
        for market, timeframes in (("a", ("M5", "M15", "H1", "D1")), ("b", ("M15", "D1"))):
            for timeframe in timeframes:
                closes = self.calendars[market].scheduled_closes(timeframe, START, START + days * DAY)
                kept = [int(t) for t in closes if r.random() >= holes]
                gap = r.randrange(len(kept) + 1)
                del kept[gap : gap + (len(kept) // 6 if timeframe != "D1" else r.randrange(3))]
                self.series[market, timeframe] = bars(market, timeframe, kept, r)

    def markets(self) -> tuple[str, ...]:
        """Both."""
        return ("a", "b")

    def bars(self, market: str, timeframe: str) -> Bars | None:
        """What there is."""
        return self.series.get((market, timeframe))

    def calendar(self, market: str) -> Calendar:
        """One of the two."""
        return self.calendars[market]

    def end(self) -> int:
        """After the last bar."""
        return START + self.days * DAY

    def times(self, lane: Lane) -> list[int]:
        """The ticks of a lane up to the end, from the definition of lanes."""
        found = self.series.get((lane.market, lane.timeframe))
        if not lane.steps:
            return [] if found is None else [int(t) for t in found.close_time]
        if found is None or not len(found):
            return []
        closes = self.calendars[lane.market].scheduled_closes(lane.timeframe, START - DAY, self.end())
        return [int(t) for t in closes if t >= found.close_time[0]]


def bars(market: str, timeframe: str, closes: list[int], r: random.Random) -> Bars:
    """Bars with few distinct prices, so that equality and zero happen."""
    close_time = np.array(closes, dtype=np.int64)

    def column() -> NDArray[np.float64]:
        return np.array([float(r.randint(-4, 4)) + (r.random() if r.random() < 0.3 else 0.0) for _ in closes])

    return Bars(
        market,
        timeframe,
        close_time - LENGTH[timeframe],
        close_time,
        *(column() for _ in range(7)),
        np.ones(len(closes), dtype=np.bool_),
    )
