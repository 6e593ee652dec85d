"""Trading sessions as text in a profile, and as minutes of a week that begins on Monday 00:00."""

from __future__ import annotations

import re
from collections.abc import Iterable

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTES_A_DAY = 1_440
MINUTES_A_WEEK = 7 * MINUTES_A_DAY

_SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_BOUNDARY = re.compile(r"(\d\d):(\d\d) (\S+)")

Span = tuple[int, int]


def _minutes(hour: str, minute: str) -> int | None:
    value = int(hour) * 60 + int(minute)
    return value if int(minute) < 60 and value <= MINUTES_A_DAY else None


def parse_span(text: str) -> Span:
    """Start and end in minutes since midnight of `HH:MM-HH:MM`; raises ValueError with what was expected."""
    match = _SPAN.fullmatch(text)
    start = _minutes(match[1], match[2]) if match else None
    end = _minutes(match[3], match[4]) if match else None
    if start is None or end is None or start >= end:
        raise ValueError(
            "expected a span within one day such as `09:30-16:00`, its start before its end; the day ends at `24:00`, "
            "and a session over midnight is written on both days"
        )
    return start, end


def parse_boundary(text: str) -> tuple[int, str]:
    """Milliseconds since local midnight and the zone name of `HH:MM ZONE`; raises ValueError."""
    match = _BOUNDARY.fullmatch(text)
    minutes = _minutes(match[1], match[2]) if match else None
    if match is None or minutes is None or minutes == MINUTES_A_DAY:
        raise ValueError("expected a wall-clock time and an IANA zone such as `00:00 UTC` or `17:00 America/New_York`")
    return minutes * 60_000, match[3]


def week_spans(days: Iterable[Iterable[Span]]) -> tuple[Span, ...]:
    """Sessions of Monday to Sunday as minutes of the week, touching ones joined; raises ValueError if any overlap."""
    spans: list[Span] = []
    for weekday, day in enumerate(days):
        for start, end in sorted(day):
            first = weekday * MINUTES_A_DAY + start
            if spans and first < spans[-1][1]:
                raise ValueError(f"the sessions of {WEEKDAYS[weekday]} overlap: write each once, in order")
            if spans and first == spans[-1][1]:
                spans[-1] = (spans[-1][0], weekday * MINUTES_A_DAY + end)
            else:
                spans.append((first, weekday * MINUTES_A_DAY + end))
    return tuple(spans)
