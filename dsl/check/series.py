"""Arguments that are expressions: what a function looks at, in kinds that it takes."""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Parameter
from tradeplan.dsl.check.algebra import MIXED_MARKETS, in_distance
from tradeplan.dsl.check.arguments import ARGUMENT_KIND, Bound
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.fragments import fragment
from tradeplan.dsl.check.profile_defaults import default_text
from tradeplan.dsl.check.value import Value, View, spoken
from tradeplan.dsl.diagnostic import Report
from tradeplan.dsl.kinds import Base, Kind
from tradeplan.dsl.nodes import Expression
from tradeplan.dsl.source import Span

_SERIES = frozenset({Base.NUMBER, Base.COUNT, Base.PRICE, Base.DISTANCE, Base.PERCENT})


def foreign(ctx: Context, expression: Expression, view: View | None, span: Span) -> Value | None:
    """The value of an expression of the catalog; its mistakes are reported where the plan calls it."""
    report, uses, missing = ctx.report, ctx.uses, set(ctx.missing)
    ctx.report, ctx.uses = Report(report.source), []
    try:
        value = ctx.value(expression, view)
    finally:
        ctx.missing.update({lane: span for lane in ctx.missing if lane not in missing})
        found, ctx.report, ctx.uses = ctx.report.diagnostics, report, uses
    for diagnostic in found[:1]:
        report.diagnostics.append(
            diagnostic.__class__(
                diagnostic.code,
                diagnostic.severity,
                diagnostic.message,
                report.source,
                span,
                ctx.text(span),
                diagnostic.expected,
                diagnostic.help,
            )
        )
    return value


def series_values(
    ctx: Context, function: Function, bound: Bound, view: View | None, span: Span
) -> dict[str, list[Value]] | None:
    """The values of the series parameters, by name, in order."""
    values: dict[str, list[Value]] = {}
    good = True
    fallback = ctx.fallback
    if view is not None and view.explicit:
        ctx.fallback = view.lane
    for parameter in function.parameters:
        if not parameter.series:
            continue
        written = bound.get(parameter.name)
        made: list[Value | None]
        if written is None:
            made = [foreign(ctx, fragment(default_text(parameter.default or "", view or ctx.home)), view, span)]
        else:
            made = [_fitting(ctx, function, parameter, e, ctx.value(e, view), view) for e in written]
        kept = [v for v in made if v is not None]
        good = good and len(kept) == len(made)
        values[parameter.name] = kept
    ctx.fallback = fallback
    return values if good else None


def _fitting(
    ctx: Context,
    function: Function,
    parameter: Parameter,
    expression: Expression,
    value: Value | None,
    view: View | None,
) -> Value | None:
    if value is None or function.primitive == "known":
        return value
    base = value.kind.base
    if base is Base.R_MULTIPLE and (parameter.kind is None or parameter.kind.base is Base.DISTANCE):
        return in_distance(ctx, value, expression.span)
    if parameter.kind is None:
        if base in _SERIES or (function.primitive and base in (Base.DURATION, Base.MONEY, Base.LOTS)):
            return value
        if function.primitive in ("choose", "strongest") and base is Base.ENUMERATION:
            return value
        wanted = "a number, price, distance or percent"
    else:
        want = parameter.kind.base
        if base is want or (want is Base.NUMBER and value.is_number):
            of = parameter.kind.of or (view.facts.name if view is not None else "")
            if want in (Base.PRICE, Base.DISTANCE) and of and value.kind.of != of:
                return ctx.error(
                    MIXED_MARKETS,
                    expression.span,
                    f"`{parameter.name}` of `{function.name}` takes {spoken(Kind(want, of))}, not of {value.kind.of}",
                    found=spoken(value.kind),
                    expected=(spoken(Kind(want, of)),),
                    help=f"read it on the market of the value: `{value.kind.of}.{function.name}(...)`",
                )
            return value
        if want is Base.PRICE and value.is_number and value.literal and view is not None:
            return Value(Kind(Base.PRICE, view.facts.name), value.node, True)
        wanted = spoken(parameter.kind)
    text = ctx.text(expression.span)
    if base is Base.ZONE:
        help = f"take a price of the zone: `{text}.mid`"
    elif parameter.kind is not None and parameter.kind.base is Base.CONDITION:
        help = f"compare it with something: `{text} > ...`"
    elif parameter.kind is not None and parameter.kind.base is Base.DISTANCE:
        help = "write a distance: `15 pips`, `1.5 ATR`, `2 * atr(14)`"
    else:
        help = f"write {wanted}"
    return ctx.error(
        ARGUMENT_KIND,
        expression.span,
        f"`{parameter.name}` of `{function.name}` takes {wanted}, not {spoken(value.kind)}",
        found=spoken(value.kind),
        expected=(wanted,),
        help=help,
    )
