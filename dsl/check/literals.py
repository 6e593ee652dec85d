"""Literals with units: what `15 pips`, `1.5 ATR`, `2h` and `1000 USD` are on a view."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.value import Value, View
from tradeplan.dsl.diagnostic import diagnostic_kind
from tradeplan.dsl.graph import Node, Op
from tradeplan.dsl.kinds import (
    BARS,
    CLOCK_TIME,
    COUNT,
    DATE,
    DURATION,
    LOTS,
    NUMBER,
    PERCENT,
    R_MULTIPLE,
    Base,
    Kind,
)
from tradeplan.dsl.nodes import ClockTime, Date, Number, Quantity

UNIT_WITHOUT_MARKET = diagnostic_kind("unit-without-market", "pips, points and ATR are those of a market")
BAD_CLOCK_TIME = diagnostic_kind("bad-clock-time", "a clock time lies between 00:00 and 23:59:59")

BAD_DATE = diagnostic_kind("bad-date", "a date is a day of the calendar")

DURATIONS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
"""Milliseconds by unit."""

_FIXED: dict[str, Kind] = {
    "%": PERCENT,
    "R": R_MULTIPLE,
    "bar": BARS,
    "bars": BARS,
    "lot": LOTS,
    "lots": LOTS,
    **{
        currency: Kind(Base.MONEY, currency)
        for currency in ["USD", "USC", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "NZD"]
    },
}


def number(ctx: Context, literal: Number) -> Value:
    """A bare number; whole ones may count."""
    return ctx.constant(COUNT if literal.is_integer else NUMBER, literal.value, literal=True)


def clock_time(ctx: Context, literal: ClockTime) -> Value | None:
    """Seconds since midnight."""
    parts = [int(p) for p in literal.text.split(":")]
    if parts[0] > 23 or any(p > 59 for p in parts[1:]):
        return ctx.error(
            BAD_CLOCK_TIME,
            literal.span,
            f"`{literal.text}` is no time of day",
            found=literal.text,
            expected=("00:00 to 23:59", "00:00:00 to 23:59:59"),
            help="write hours 00 to 23 and minutes 00 to 59",
        )
    return ctx.constant(CLOCK_TIME, float(literal.seconds), literal=True)


def first_moment(literal: Date) -> float | None:
    """Milliseconds UTC at which the day begins; None if the calendar has no such day, or none after it."""
    try:
        day = datetime.fromisoformat(literal.text).replace(tzinfo=UTC)
        return (day + timedelta(days=1)).timestamp() * 1000 - DURATIONS["d"]
    except (ValueError, OverflowError):
        return None


def calendar_date(ctx: Context, literal: Date) -> Value | None:
    """Milliseconds UTC at which the day begins."""
    moment = first_moment(literal)
    if moment is None:
        return ctx.error(
            BAD_DATE,
            literal.span,
            f"`{literal.text}` is no day of the calendar",
            found=literal.text,
            expected=("a date such as 2026-12-31",),
            help="write year-month-day of a day that exists",
        )
    return ctx.constant(DATE, moment, literal=True)


def quantity(ctx: Context, literal: Quantity, view: View | None) -> Value | None:
    """A number with a unit; pips, points and ATR are those of the view."""
    unit = literal.unit
    kind = _FIXED.get(unit)
    if kind is not None:
        return ctx.constant(kind, literal.value, literal=True)
    milliseconds = DURATIONS.get(unit)
    if milliseconds is not None:
        return ctx.constant(DURATION, literal.value * milliseconds, literal=True)
    if view is None:
        return ctx.error(
            UNIT_WITHOUT_MARKET,
            literal.span,
            f"`{ctx.text(literal.span)}` needs a market, and a guard has none",
            found=ctx.text(literal.span),
            help="compare account, system and feed values with percents, money and durations",
        )
    distance = Kind(Base.DISTANCE, view.facts.name)
    if unit == "ATR":
        average = average_true_range(ctx, view)
        factor = ctx.graph.constant(literal.value)
        return Value(distance, ctx.graph.node(Op.MUL, (factor, average)))
    step = view.facts.pip if unit in ("pip", "pips") else view.facts.point
    return ctx.constant(distance, float(Decimal(literal.text) * Decimal(repr(step))), literal=True)


def average_true_range(ctx: Context, view: View) -> Node:
    """`atr(14)` of the view: what the unit ATR is measured in."""
    return ctx.named_read("atr", (14.0,), view)
