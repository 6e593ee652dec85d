"""Amounts: spans, percents and sizes that are known before anything runs, literal or PARAM."""

from __future__ import annotations

import math

from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.value import Value, spoken
from tradeplan.dsl.check.words import hint
from tradeplan.dsl.diagnostic import diagnostic_kind
from tradeplan.dsl.graph import TimeSpan
from tradeplan.dsl.kinds import Base
from tradeplan.dsl.nodes import Date, Expression, Let, Name, Number, Quantity
from tradeplan.dsl.timeframe import milliseconds

NOT_A_SPAN = diagnostic_kind("not-a-span", "a length of time is expected here")
NOT_AN_AMOUNT = diagnostic_kind("not-an-amount", "a literal with a unit, or a PARAM, is expected here")
SPAN_BOUNDS = diagnostic_kind("span-bounds", "a span must be longer than nothing and short enough to be kept")

CALENDAR_SPANS = ("day", "week")
LONGEST_TEMPORAL = 50_000
_LONGEST_TIME = 10 * 366 * 86_400_000


def amount(ctx: Context, written: Quantity | Name | Number | Date) -> Value | None:
    """The value of a literal or PARAM."""
    if isinstance(written, Name):
        definition = ctx.definitions.get(written.name)
        if ctx.is_lost(written.name):
            return None
        if definition is None or isinstance(definition.item, Let):
            names = [n for n, d in ctx.definitions.items() if not isinstance(d.item, Let)]
            _, help, fixes = hint(ctx, written.name, names, written.span)
            what = "is a LET" if definition is not None else "is no PARAM"
            return ctx.error(
                NOT_AN_AMOUNT,
                written.span,
                f"`{written.name}` {what}: a literal or a PARAM is expected here",
                found=written.name,
                expected=("a literal", *(f"`{n}`" for n in names)),
                help=help or "write the amount, or define it: `PARAM name = ...` above",
                fixes=fixes,
            )
    return ctx.value(written, ctx.home)


def time_span(ctx: Context, written: Quantity | Name, what: str) -> TimeSpan | None:
    """A length of time in milliseconds, or up to the next `day` or `week`; bars are those of the plan."""
    if isinstance(written, Name) and written.name in CALENDAR_SPANS and written.name not in ctx.definitions:
        return TimeSpan(calendar=written.name)
    value = amount(ctx, written)
    if value is None:
        return None
    base, number = value.kind.base, value.constant
    if number is None or base not in (Base.DURATION, Base.BARS):
        return _no_span(ctx, written, value, what, ("a duration", "bars", *CALENDAR_SPANS))
    length = number * milliseconds(ctx.step_lane.timeframe) if base is Base.BARS else number
    if not 1 <= length <= _LONGEST_TIME:
        return ctx.error(
            SPAN_BOUNDS,
            written.span,
            f"{what} of `{ctx.text(written.span)}` is {'too short' if length < 1 else 'too long'}",
            found=ctx.text(written.span),
            expected=("more than 0", "at most 10 years"),
            help="write a longer span" if length < 1 else "write a shorter span, or leave the limit out",
        )
    return TimeSpan(round(length))


def bars_of(ctx: Context, written: Quantity | Name, timeframe: str, what: str) -> int | None:
    """A span as whole bars of a timeframe, a duration rounded up."""
    if isinstance(written, Name) and written.name in CALENDAR_SPANS and written.name not in ctx.definitions:
        return ctx.error(
            NOT_A_SPAN,
            written.span,
            f"{what} counts bars: `{written.name}` is no number of them",
            found=written.name,
            expected=("a duration", "bars"),
            help="write `1d`, or a condition on `time` for the calendar day",
        )
    value = amount(ctx, written)
    if value is None:
        return None
    number = value.constant
    if number is None or value.kind.base not in (Base.DURATION, Base.BARS):
        return _no_span(ctx, written, value, what, ("a duration", "bars"))
    bars = whole_bars(number, value.kind.base, timeframe)
    if not 1 <= bars <= LONGEST_TEMPORAL or number <= 0:
        return ctx.error(
            SPAN_BOUNDS,
            written.span,
            f"`{ctx.text(written.span)}` is {bars} bars of {timeframe}",
            found=f"{bars} bars",
            expected=(f"1 to {LONGEST_TEMPORAL} bars",),
            help="write `1 bar` or more"
            if bars < 1 or number <= 0
            else "use a coarser view for long spans: `H1.` or `D1.` before the name",
        )
    return bars


def whole_bars(number: float, base: Base, timeframe: str) -> int:
    """Bars as they are, a duration rounded up to whole bars."""
    return math.ceil(number) if base is Base.BARS else math.ceil(number / milliseconds(timeframe))


def percent(ctx: Context, written: Quantity | Name, what: str, of: str = "the first filled size") -> float | None:
    """A percent above 0 and up to 100."""
    value = amount(ctx, written)
    if value is None:
        return None
    number = value.constant
    if value.kind.base is not Base.PERCENT or number is None:
        return ctx.error(
            NOT_AN_AMOUNT,
            written.span,
            f"{what} takes a percent of {of}, not {spoken(value.kind)}",
            found=ctx.text(written.span),
            expected=("a percent",),
            help=f"write `{what} 50%`",
        )
    if not 0 < number <= 100:
        return ctx.error(
            NOT_AN_AMOUNT,
            written.span,
            f"{what} of `{ctx.text(written.span)}` is outside 0% to 100%",
            found=ctx.text(written.span),
            expected=("above 0% and up to 100%",),
            help=f"percents are of {of}",
        )
    return number


def _no_span(ctx: Context, written: Expression, value: Value, what: str, expected: tuple[str, ...]) -> None:
    return ctx.error(
        NOT_A_SPAN,
        written.span,
        f"{what} takes a span, not {spoken(value.kind)}",
        found=ctx.text(written.span),
        expected=expected,
        help="write a span: `30m`, `2h`, `5 bars`",
    )
