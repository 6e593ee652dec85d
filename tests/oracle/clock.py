"""Wall clocks by the standard library: readings of a time, and the starts of days and weeks."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

DAY = 86_400_000
HOUR = 3_600_000


@cache
def wall(time: int, zone: str) -> int:
    """What the zone's clock shows at a UTC millisecond, as milliseconds since 1970 on that clock."""
    offset = datetime.fromtimestamp(time // 1000, UTC).astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return time + round(offset.total_seconds()) * 1000


def reading(what: str, time: int, zone: str, boundary: int = 0) -> float:
    """`seconds` since the day's start, `weekday` (Monday 0) and `day` number, for days that start at `boundary` ms.

    A boundary from noon on opens the next date's day.
    """
    shifted = wall(time, zone) - (boundary - DAY if boundary >= DAY // 2 else boundary)
    if what == "seconds":
        return shifted % DAY / 1000
    return float((shifted // DAY + 3) % 7) if what == "weekday" else float(shifted // DAY)


def boundary_before(time: int, calendar: str, boundary: int = 0) -> int:
    """The newest start of a UTC day that starts `boundary` ms after midnight, or of a week (Sunday), at or before."""
    day = (time - boundary) // DAY
    if calendar == "week":
        while day % 7 != 3:  # day 0 was a Thursday, so Sundays are 3, 10, ...
            day -= 1
    return day * DAY + boundary


def boundary_after(time: int, calendar: str, boundary: int = 0) -> int:
    """The first start of a day or week after a time."""
    later = boundary_before(time, calendar, boundary)
    while later <= time:
        later += DAY if calendar == "day" else 7 * DAY
    return later
