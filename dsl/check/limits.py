"""COOLDOWN, MAX PER, ONCE and EXPIRES of a plan."""

from __future__ import annotations

from dataclasses import field
from datetime import UTC, date, datetime

from tradeplan.dsl.check.amounts import NOT_AN_AMOUNT, amount, time_span
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.literals import DURATIONS
from tradeplan.dsl.check.value import spoken
from tradeplan.dsl.diagnostic import Severity, diagnostic_kind
from tradeplan.dsl.graph import CheckedLimit, TimeSpan
from tradeplan.dsl.kinds import Base
from tradeplan.dsl.nodes import Cooldown, Expires, MaxPer, Once
from tradeplan.dsl.record import mutable_record
from tradeplan.dsl.source import Span

DUPLICATE_LIMIT = diagnostic_kind("duplicate-limit", "a plan has one COOLDOWN, one MAX, one ONCE and one EXPIRES")
EXPIRED = diagnostic_kind("expired", "the plan's last day has passed", Severity.WARNING)
COUNT_BOUNDS = diagnostic_kind("count-bounds", "MAX counts at least one entry")


@mutable_record
class Limits:
    """What the limits of a plan say, and the LIMITs of a guard."""

    cooldown: TimeSpan | None = None
    max_count: int = 0
    max_span: TimeSpan | None = None
    once: bool = False
    expires: int | None = None
    places: dict[str, Span] = field(default_factory=dict)
    caps: list[CheckedLimit] = field(default_factory=list)


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
            limits.max_count = _count(ctx, item)
        case Once():
            limits.once = True
        case Expires():
            limits.expires = _expires(ctx, item, today)


def _count(ctx: Context, item: MaxPer) -> int:
    value = amount(ctx, item.count)
    if value is None:
        return 0
    count, text = value.constant, ctx.text(item.count.span)
    if value.kind.base is not Base.COUNT or count is None:
        ctx.error(
            NOT_AN_AMOUNT,
            item.count.span,
            f"MAX takes a whole number, not {spoken(value.kind)}",
            found=text,
            expected=("a whole number", "a PARAM that is one"),
            help="write how many entries: `MAX 3 PER day`",
        )
        return 0
    if count < 1:
        ctx.error(
            COUNT_BOUNDS,
            item.count.span,
            f"MAX {text} lets nothing through",
            found=text,
            expected=("1 or more",),
            help="write at least 1; to stop a plan remove its entries or set EXPIRES",
        )
    return int(count)


def _expires(ctx: Context, item: Expires, today: date | None) -> int | None:
    value = amount(ctx, item.date)
    if value is None:
        return None
    first, text = value.constant, ctx.text(item.date.span)
    if value.kind.base is not Base.DATE or first is None:
        return ctx.error(
            NOT_AN_AMOUNT,
            item.date.span,
            f"EXPIRES takes a date, not {spoken(value.kind)}",
            found=text,
            expected=("a date such as 2026-12-31", "a PARAM that is one"),
            help="write the last day as year-month-day: `EXPIRES 2026-12-31`",
        )
    day = datetime.fromtimestamp(first / 1000, UTC).date()
    if today is not None and day < today:
        ctx.error(
            EXPIRED,
            item.date.span,
            f"this plan expired on {day}",
            found=text,
            expected=("a day in the future",),
            help="set a later day, or remove the plan",
        )
    return int(first) + DURATIONS["d"]
