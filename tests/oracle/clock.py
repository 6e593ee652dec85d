"""A market's clock by brute force: sessions as weekly intervals of local minutes, every answer from its definition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from tradeplan.dsl.timeframe import is_daily_or_slower, milliseconds

MINUTE = 60_000
DAY = 1_440 * MINUTE


@cache
def local(time: int, zone: str) -> datetime:
    """A UTC millisecond on a zone's wall."""
    return datetime.fromtimestamp(time // 1000, UTC).astimezone(ZoneInfo(zone))


@cache
def midnight(day: date, zone: str) -> int:
    """The UTC millisecond at which a local day begins."""
    moment = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return round(moment.timestamp()) * 1000


def seconds_of_day(time: int, zone: str) -> int:
    """Seconds on the wall since local midnight."""
    wall = local(time, zone)
    return wall.hour * 3600 + wall.minute * 60 + wall.second


def boundary_before(time: int, calendar: str, zone: str) -> int:
    """The newest start of a local `day` or `week` (Monday) at or before a time."""
    day = local(time, zone).date()
    if calendar == "week":
        day -= timedelta(days=day.weekday())
    return midnight(day, zone)


def boundary_after(time: int, calendar: str, zone: str) -> int:
    """The first start of a local `day` or `week` (Monday) after a time."""
    day = local(time, zone).date()
    if calendar == "week":
        return midnight(day + timedelta(days=7 - day.weekday()), zone)
    return midnight(day + timedelta(days=1), zone)


@dataclass(frozen=True)
class Clock:
    """Sessions: `weekly` holds [start, end) in minutes since local Monday 00:00; empty means always open."""

    zone: str = "UTC"
    weekly: tuple[tuple[int, int], ...] = ()

    def trades(self, minute: int) -> bool:
        """Whether the minute that starts at this UTC millisecond is in a session."""
        if not self.weekly:
            return True
        wall = local(minute, self.zone)
        of_week = wall.weekday() * 1440 + wall.hour * 60 + wall.minute
        return any(start <= of_week < end for start, end in self.weekly)

    def is_open(self, time: int) -> bool:
        """Whether the minute that ends at `time` is in a session: its last close still counts as open."""
        return self.trades(time - MINUTE)

    def elapsed_at_least(self, since: int, until: int, wanted: int) -> bool:
        """Whether at least `wanted` milliseconds of session lie between two times (whole minutes)."""
        if not self.weekly:
            return until - since >= wanted
        if until - since < wanted:
            return False
        total, minute = 0, since
        while minute < until:
            if self.trades(minute):
                total += min(MINUTE, until - minute)
                if total >= wanted:
                    return True
            minute += MINUTE
        return total >= wanted

    def scheduled(self, timeframe: str, since: int, until: int) -> list[int]:
        """The scheduled closes in (since, until]: bars in whose time the market trades at least one minute."""
        if is_daily_or_slower(timeframe):
            return [c for o, c in self.days(timeframe, since, until) if self.traded_within(o, c)]
        length = milliseconds(timeframe)
        result, close = [], (since // length + 1) * length
        while close <= until:
            if self.traded_within(close - length, close):
                result.append(close)
            close += length
        return result

    def days(self, timeframe: str, since: int, until: int) -> list[tuple[int, int]]:
        """Open and close of the D1 or W1 bars whose close lies in (since, until]."""
        day = local(since, self.zone).date() - timedelta(days=1)
        step = 1
        if timeframe == "W1":
            day, step = day - timedelta(days=day.weekday()), 7
        result = []
        while True:
            start, end = midnight(day, self.zone), midnight(day + timedelta(days=step), self.zone)
            if end > until:
                return result
            if end > since:
                result.append((start, end))
            day += timedelta(days=step)

    def traded_within(self, since: int, until: int) -> bool:
        """Whether any minute in [since, until) is in a session."""
        return not self.weekly or any(self.trades(m) for m in range(since, until, MINUTE))
