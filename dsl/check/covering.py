"""COVERS of a guard: the markets or plans that it is about."""

from __future__ import annotations

from collections.abc import Collection

from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.views import unknown_market
from tradeplan.dsl.check.words import hint
from tradeplan.dsl.diagnostic import Severity, diagnostic_kind
from tradeplan.dsl.nodes import Covers
from tradeplan.dsl.source import Span

COVERED_TWICE = diagnostic_kind("covered-twice", "COVERS names each market or plan once")
NOT_COVERABLE = diagnostic_kind("not-coverable", "a guard covers plans through the markets that they trade")
UNKNOWN_PLAN = diagnostic_kind("unknown-plan", "the file that names the plan holds no such plan", Severity.WARNING)


def check_covers(
    ctx: Context, covers: Covers | None, plans: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The markets and the plans that a guard covers, both empty for all; `plans` are those of the file."""
    if covers is None:
        return (), ()
    seen: dict[str, Span] = {}
    for name in covers.names:
        meant = name.text
        if covers.plans:
            if plans and meant not in plans:
                near, help, fixes = hint(ctx, meant, plans, name.span)
                ctx.error(
                    UNKNOWN_PLAN,
                    name.span,
                    f"this file has no plan `{meant}`",
                    found=meant,
                    expected=near or tuple(sorted(plans)),
                    help=help or "if it stands in another file nothing is wrong; a guard covers what has this name",
                    fixes=fixes,
                )
        else:
            facts = ctx.markets.get(meant)
            if facts is None:
                if meant in plans:
                    ctx.error(
                        NOT_COVERABLE,
                        name.span,
                        f"`{meant}` is a plan, not a market",
                        found=meant,
                        expected=("a market",),
                        help=f"write `COVERS PLANS {meant}`",
                    )
                else:
                    unknown_market(ctx, meant, name.span)
                continue
            if not facts.tradable:
                ctx.error(
                    NOT_COVERABLE,
                    name.span,
                    f"no plan can trade `{meant}`: it is context for other markets",
                    found=meant,
                    expected=tuple(f.name for f in ctx.markets if f.tradable),
                    help="cover the markets that plans trade, and read this one in a condition",
                )
            meant = facts.name
        first = seen.setdefault(meant, name.span)
        if first is not name.span:
            ctx.error(
                COVERED_TWICE,
                name.span,
                f"`{meant}` is covered twice",
                found=name.text,
                help="leave one of them out",
                related=((first, "first named here"),),
            )
    names = tuple(sorted(seen))
    return ((), names) if covers.plans else (names, ())
