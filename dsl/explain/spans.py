"""Spans of time in words."""

from __future__ import annotations

from datetime import UTC, datetime

from tradeplan.dsl.graph import TimeSpan

_DAY = 86_400_000
_UNITS = ((7 * _DAY, "w"), (_DAY, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms"))


def duration_text(milliseconds: int) -> str:
    """A duration as a plan would write it: the largest unit that divides it, 90 minutes as `90m`."""
    size, unit = next((u for u in _UNITS if milliseconds % u[0] == 0 and milliseconds >= u[0]), _UNITS[-1])
    return f"{milliseconds // size}{unit}"


def span_text(span: TimeSpan) -> str:
    """A span: a duration, or the broker's day or week."""
    return f"the broker's {span.calendar}" if span.calendar else duration_text(span.milliseconds)


def last_day_text(end: int) -> str:
    """The last day of EXPIRES, from the first instant behind it."""
    return datetime.fromtimestamp((end - _DAY) / 1000, UTC).strftime("%Y-%m-%d")
