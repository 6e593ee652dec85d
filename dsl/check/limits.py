"""COOLDOWN, MAX PER, ONCE and EXPIRES of a plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from tradeplan.dsl.check.amounts import time_span
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.diagnostic import Severity, diagnostic_kind
from tradeplan.dsl.graph import TimeSpan
from tradeplan.dsl.nodes import Cooldown, Expires, MaxPer, Once
from tradeplan.dsl.source import Span

DUPLICATE_LIMIT = diagnostic_kind("duplicate-limit", "a plan has one COOLDOWN, one MAX, one ONCE and one EXPIRES")
BAD_DATE = diagnostic_kind("bad-date", "EXPIRES takes a day of the calendar")
EXPIRED = diagnostic_kind("expired", "the plan's last day has passed", Severity.WARNING)
COUNT_BOUNDS = diagnostic_kind("count-bounds", "MAX counts at least one entry")


@dataclass(slots=True)
class Limits:
    """What the limits of a plan say."""

    cooldown: TimeSpan | None = None
    max_count: int = 0
    max_span: TimeSpan | None = None
    once: bool = False
    expires: int | None = None
    places: dict[str, Span] = field(default_factory=dict)


def check_limit(ctx: Context, item: Cooldown | MaxPer | Once | Expires, limits: Limits, today: date | None) -> None:
    """Enter one limit."""
    word = {Cooldown: "COOLDOWN", MaxPer: "MAX", Once: "ONCE", Expires: "EXPIRES"}[type(item)]
    first = limits.places.setdefault(word, item.span)
    if first is not item.span:
        ctx.error(
            DUPLICATE_LIMIT,
            item.span,
            f"{word} stands twice in this plan",
            found=word,
            help="leave one of them out",
            related=((first, "first written here"),),
        )
        return
    match item:
        case Cooldown():
            limits.cooldown = time_span(ctx, item.amount, "COOLDOWN")
        case MaxPer():
            limits.max_span = time_span(ctx, item.amount, "MAX PER")
            limits.max_count = item.count
            if item.count < 1:
                ctx.error(
                    COUNT_BOUNDS,
                    item.count_span,
                    "MAX 0 lets nothing through",
                    found=str(item.count),
                    expected=("1 or more",),
                    help="write at least 1; to stop a plan remove its entries or set EXPIRES",
                )
        case Once():
            limits.once = True
        case Expires():
            limits.expires = _expires(ctx, item, today)


def _expires(ctx: Context, item: Expires, today: date | None) -> int | None:
    text = item.date.text
    try:
        day = date.fromisoformat(text)
        after = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        return ctx.error(
            BAD_DATE,
            item.date.span,
            f"`{text}` is no day of the calendar",
            found=text,
            expected=("a date such as 2026-12-31",),
            help="write year-month-day of a day that exists",
        )
    if today is not None and day < today:
        ctx.error(
            EXPIRED,
            item.date.span,
            f"this plan expired on {text}",
            found=text,
            expected=("a day in the future",),
            help="set a later day, or remove the plan",
        )
    return int(after.timestamp()) * 1000
