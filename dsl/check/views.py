"""What may stand before a dot to say on which market and timeframe a name is read."""

from __future__ import annotations

from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.value import View
from tradeplan.dsl.check.words import hint
from tradeplan.dsl.diagnostic import Edit, Fix, diagnostic_kind
from tradeplan.dsl.foreign import foreign_market
from tradeplan.dsl.nodes import Expression, Name, Timeframe
from tradeplan.dsl.nodes import View as WrittenView
from tradeplan.dsl.source import Span
from tradeplan.dsl.timeframe import TIMEFRAMES

UNKNOWN_MARKET = diagnostic_kind("unknown-market", "no profile describes this market")
UNKNOWN_TIMEFRAME = diagnostic_kind("unknown-timeframe", "bars exist for the timeframes of MetaTrader 5 only")
NOT_A_VIEW = diagnostic_kind("not-a-view", "before the dot stands a market, a timeframe, or a value with results")
NO_MARKET = diagnostic_kind("no-market", "a guard has no market of its own: a view names market and timeframe")


def no_market(ctx: Context, expression: Expression) -> None:
    """Say that a guard has no market."""
    return ctx.error(
        NO_MARKET,
        expression.span,
        f"`{_shown(ctx, expression)}` is a value of a market, and a guard has none",
        found=_shown(ctx, expression),
        expected=("account.", "trades.", "system.", "feed.", "time"),
        help="name market and timeframe, as in `btc.H1.close`, or put rules about a market into a PLAN",
    )


def _shown(ctx: Context, expression: Expression) -> str:
    """What was written; a default is written in the catalog, and its place says nothing here."""
    return expression.name if isinstance(expression, Name) else ctx.text(expression.span)


def no_timeframe(ctx: Context, expression: Name) -> None:
    """Say that a guard reads a market on a timeframe that is named."""
    return ctx.error(
        NO_MARKET,
        expression.span,
        f"a guard has no timeframe of its own on which to read `{expression.name}`",
        found=ctx.text(expression.span),
        expected=(f"{expression.name}.H1",),
        help=f"name the view: `{expression.name}.H1.` before the value",
    )


def timeframe_of(ctx: Context, code: str, span: Span) -> str | None:
    """A timeframe that exists."""
    if code in TIMEFRAMES:
        return code
    near, help, fixes = hint(ctx, code, TIMEFRAMES, span)
    return ctx.error(
        UNKNOWN_TIMEFRAME,
        span,
        f"there is no timeframe `{code}`",
        found=code,
        expected=near or tuple(TIMEFRAMES),
        help=help or f"use one of {', '.join(TIMEFRAMES)}",
        fixes=() if len(near) > 1 else fixes,
    )


def unknown_market(ctx: Context, name: str, span: Span) -> None:
    """Say that no profile describes a market."""
    near, help, fixes = hint(ctx, name, ctx.markets.names(), span)
    meant = foreign_market(name)
    if ctx.markets.get(meant) is not None and not any(fix.safe for fix in fixes):
        near, help, fixes = (meant,), f"did you mean `{meant}`?", (Fix(f"write `{meant}`", (Edit(span, meant),)),)
    return ctx.error(
        UNKNOWN_MARKET,
        span,
        f"there is no market `{name}`",
        found=name,
        expected=near or ("a market that has a symbol profile",),
        help=help or f"known are {', '.join(facts.name for facts in ctx.markets)}; or add a symbol profile",
        fixes=fixes,
    )


def view_of(ctx: Context, base: Expression, view: View | None) -> tuple[bool, View | None]:
    """Whether an expression before a dot is meant as a view, and the view, if it is good."""
    if isinstance(base, Timeframe):
        own = view or ctx.home
        if own is None:
            no_market(ctx, base)
            return True, None
        code = timeframe_of(ctx, base.code, base.span)
        return True, None if code is None else ctx.view(own.facts, code, base.span)
    if isinstance(base, WrittenView):
        named = base.base
        facts = ctx.markets.get(named.name) if isinstance(named, Name) and named.call is None else None
        code = timeframe_of(ctx, base.code, base.code_span)
        if facts is None:
            if isinstance(named, Name) and named.call is None and named.name not in ctx.definitions:
                unknown_market(ctx, named.name, named.span)
            else:
                ctx.error(
                    NOT_A_VIEW,
                    named.span,
                    f"`{ctx.text(named.span)}` is no market: `.{base.code}` does not fit behind it",
                    found=ctx.text(named.span),
                    expected=("a market",),
                    help=f"write the view first: `{base.code}.close`",
                )
            return True, None
        return True, None if code is None else ctx.view(facts, code, base.span)
    if isinstance(base, Name) and base.call is None and ctx.locals is None and base.name not in ctx.definitions:
        facts = ctx.markets.get(base.name)
        if facts is not None:
            if ctx.home is None:
                no_timeframe(ctx, base)
                return True, None
            return True, ctx.view(facts, ctx.home.timeframe, base.span)
    return False, None
