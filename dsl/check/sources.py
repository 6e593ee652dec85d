"""The readings behind `account`, `trades`, `system`, `feed` and `news`: their names and where they are legal."""

from __future__ import annotations

from typing import NamedTuple

from tradeplan.dsl.check.amounts import time_span
from tradeplan.dsl.check.context import Context, Use
from tradeplan.dsl.check.portfolio import LIMIT_READING, exposure_target
from tradeplan.dsl.check.value import Mode, Value
from tradeplan.dsl.check.words import hint
from tradeplan.dsl.diagnostic import diagnostic_kind
from tradeplan.dsl.graph import Op, TimeSpan
from tradeplan.dsl.kinds import CONDITION, COUNT, DURATION, MONEY, PERCENT, Base, Kind
from tradeplan.dsl.nodes import Member, Name, Quantity

UNKNOWN_READING = diagnostic_kind(
    "unknown-reading", "account, trades, system, feed and news have a fixed list of readings"
)
GUARD_ONLY = diagnostic_kind("guard-only", "readings of the account and the system belong to guards")
READING_ARGUMENTS = diagnostic_kind("reading-arguments", "a reading takes one span, or nothing")
EVER = "ever"
"""The span of a reading that looks at the whole run."""


class Reading(NamedTuple):
    """A reading: its kind, and what stands in its parentheses."""

    kind: Kind
    spanned: bool = False
    targeted: bool = False  # of everything, or of the market or currency in its parentheses
    limit_only: bool = False  # it is about an entry, so that only LIMIT can read it


READINGS: dict[str, dict[str, Reading]] = {
    "account": {
        "equity": Reading(MONEY),
        "balance": Reading(MONEY),
        "drawdown": Reading(PERCENT, spanned=True),
        "loss": Reading(MONEY, spanned=True),
        "loss_rate": Reading(PERCENT, spanned=True),
        "worst_loss": Reading(PERCENT),
        "exposure": Reading(PERCENT, targeted=True),
        "margin_level": Reading(PERCENT),
        "correlated_risk": Reading(PERCENT, limit_only=True),
    },
    "trades": {
        "loss": Reading(MONEY, spanned=True),
        "realised_loss": Reading(MONEY, spanned=True),
        "drawdown": Reading(MONEY, spanned=True),
        "losing_streak": Reading(COUNT),
    },
    "system": {"latency": Reading(DURATION), "load": Reading(PERCENT)},
    "feed": {"quality": Reading(PERCENT), "stale": Reading(CONDITION)},
    "news": {},  # its readings are functions of the catalog: they have parameters and are known inside plans
}


def account_currency(ctx: Context) -> str:
    """The currency of the account, as the markets say it; empty if they do not agree."""
    currencies = {facts.account_currency for facts in ctx.markets}
    return currencies.pop() if len(currencies) == 1 else ""


def reading(ctx: Context, expression: Member, source: str) -> Value | None:
    """`account.drawdown(day)` and its kin."""
    known = READINGS[source]
    found = known.get(expression.name)
    if found is None:
        return _unknown(ctx, expression, source)
    if ctx.mode is not Mode.GUARD:
        return ctx.error(
            GUARD_ONLY,
            expression.span,
            f"`{source}.{expression.name}` may be read only in a GUARD",
            found=f"{source}.{expression.name}",
            expected=("a value of a market", "time"),
            help="move the rule into a GUARD: its HALT and FLATTEN cover all plans, or those that COVERS names",
        )
    if found.limit_only:
        return ctx.error(
            LIMIT_READING,
            expression.span,
            f"`{source}.{expression.name}` is about an entry that is being decided: only LIMIT can read it",
            found=ctx.text(expression.span),
            expected=(f"LIMIT {source}.{expression.name} <= 2%",),
            help=f"write `LIMIT {source}.{expression.name} <= 2%` as a line of its own",
        )
    span: TimeSpan | str | None = None
    arguments = expression.call.arguments if expression.call is not None else ()
    if found.spanned:
        if len(arguments) != 1 or not isinstance(arguments[0].value, Quantity | Name):
            return ctx.error(
                READING_ARGUMENTS,
                expression.span,
                f"`{source}.{expression.name}` needs the span that it looks at",
                found=ctx.text(expression.span),
                expected=("day", "week", "a duration", EVER),
                help=f"write `{source}.{expression.name}(day)`",
            )
        written = arguments[0].value
        if isinstance(written, Name) and written.name == EVER and EVER not in ctx.definitions:
            span = TimeSpan(calendar=EVER)
        else:
            span = time_span(ctx, written, f"`{source}.{expression.name}`")
        if span is None:
            return None
    elif found.targeted:
        span = exposure_target(ctx, expression)
        if span is None:
            return None
    elif expression.call is not None:
        return ctx.error(
            READING_ARGUMENTS,
            expression.call.span,
            f"`{source}.{expression.name}` takes no arguments",
            found=ctx.text(expression.span),
            expected=(f"{source}.{expression.name}",),
            help=f"write `{source}.{expression.name}`",
        )
    kind = found.kind
    if kind.base is Base.MONEY:
        kind = Kind(Base.MONEY, account_currency(ctx))
    data = (f"trades.{expression.name}" if source == "trades" else expression.name, span)
    value = Value(kind, ctx.graph.node(Op.ACCOUNT, (), data, ctx.step_lane, kind.base is Base.CONDITION))
    ctx.uses.append(Use(expression.span, f"{source}.{expression.name}", None, None, {}, value))
    return value


def readings(ctx: Context, source: str) -> tuple[str, ...]:
    """What a source has, without its name: readings, and functions of the catalog."""
    return (*READINGS[source], *(n.partition(".")[2] for n in ctx.catalog.names() if n.startswith(f"{source}.")))


def _unknown(ctx: Context, expression: Member, source: str) -> None:
    known = readings(ctx, source)
    near, help, fixes = hint(ctx, expression.name, known, expression.name_span)
    return ctx.error(
        UNKNOWN_READING,
        expression.name_span,
        f"`{source}` has no reading `{expression.name}`",
        found=expression.name,
        expected=near or known,
        help=help or f"`{source}` has {', '.join(f'`{k}`' for k in known)}",
        fixes=fixes,
    )
