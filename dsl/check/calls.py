"""Calls of functions: a call of the step, an operation of the graph, or an expression that the name stands for."""

from __future__ import annotations

from dataclasses import replace

from tradeplan.dsl.catalog import Function
from tradeplan.dsl.catalog.function import Expansion
from tradeplan.dsl.check.arguments import Bound, bind, constants
from tradeplan.dsl.check.choices import CHOICES, choice
from tradeplan.dsl.check.comparison import alike, same_kind
from tradeplan.dsl.check.context import Context, Use
from tradeplan.dsl.check.fragments import fragment
from tradeplan.dsl.check.lowering import called
from tradeplan.dsl.check.series import foreign, series_values
from tradeplan.dsl.check.sources import account_currency
from tradeplan.dsl.check.value import Mode, Results, Value, View
from tradeplan.dsl.diagnostic import diagnostic_kind
from tradeplan.dsl.graph import Op
from tradeplan.dsl.kinds import CONDITION, NUMBER, Base, Kind
from tradeplan.dsl.nodes import Call
from tradeplan.dsl.source import Span

MANAGEMENT_ONLY = diagnostic_kind("management-only", "the function looks at an open position")
_PRIMITIVES = {"abs": Op.ABS, "min": Op.MIN, "max": Op.MAX, "known": Op.KNOWN}


def call_function(
    ctx: Context, function: Function, call: Call | None, span: Span, name_span: Span, view: View | None
) -> Value | None:
    """The value of a function read on a view."""
    if function.management and ctx.mode in (Mode.ENTRY, Mode.GUARD):
        return ctx.error(
            MANAGEMENT_ONLY,
            span,
            f"`{function.name}` looks at an open position, which does not exist in {ctx.mode.value}",
            found=function.name,
            expected=("a function of the market",),
            help="use it in a rule without BUY or SELL, as in `THEN MOVE STOP TO trail(1.5 ATR)`",
        )
    bound = bind(ctx, function, call, span)
    if bound is None:
        return None
    numbers = constants(ctx, function, bound, view, span)
    series = series_values(ctx, function, bound, view, span)
    if numbers is None or series is None:
        return None
    text = ""
    if function.name == "at_least" and any(v.node.positional for group in series.values() for v in group):
        value: Value | None = at_least(ctx, int(numbers["n"]), [v for group in series.values() for v in group])
    elif function.primitive in CHOICES:
        value = choice(ctx, function, bound, series, span)
    elif function.primitive:
        value = _primitive(ctx, function, bound, series, span)
    elif function.expands:
        text = _text(ctx, function.expands, numbers)
        value = _expanded(ctx, function, text, numbers, series, view, span)
    else:
        value = called(ctx, function, bound, numbers, series, view, span)
    if value is not None:
        ctx.uses.append(Use(span, function.name, view, function, bound, value, text))
    return value


def at_least(ctx: Context, n: int, conditions: list[Value]) -> Value:
    """`at_least(n, ...)` of conditions about the position, which live in the order loop: as AND and OR.

    `of[j]` says whether j of those so far are TRUE; Kleene's AND and OR give UNKNOWN exactly where the unknown ones
    decide, as the function itself does.
    """
    of: list[Value | None] = [None] * (n + 1)  # None: FALSE, with so few conditions; of[0] is TRUE and not needed
    for one in conditions:
        for j in range(n, 0, -1):
            before = of[j - 1]
            added = one if j == 1 else None if before is None else ctx.pointwise(Op.AND, CONDITION, before, one)
            without = of[j]
            if added is not None:
                of[j] = added if without is None else ctx.pointwise(Op.OR, CONDITION, without, added)
    return of[n] or Value(CONDITION, ctx.graph.truth(False))


def _primitive(
    ctx: Context, function: Function, bound: Bound, series: dict[str, list[Value]], span: Span
) -> Value | None:
    values = [v for group in series.values() for v in group]
    op = _PRIMITIVES[function.primitive]
    first = values[0]
    if op is Op.KNOWN:
        return _known(ctx, first)
    if op is Op.ABS:
        constant = first.constant
        return ctx.constant(first.kind, abs(constant)) if constant is not None else ctx.pointwise(op, first.kind, first)
    written = [e for p in function.parameters for e in bound.get(p.name, [])]
    result = first
    for place, value in enumerate(values[1:], start=1):
        spans = (written[0].span, written[place].span) if place < len(written) else (span, span)
        pair = alike(ctx, result, value, *spans, span)
        if pair is None:
            return None
        kind = same_kind(list(pair))
        a, b = pair[0].constant, pair[1].constant
        if a is not None and b is not None:
            result = ctx.constant(kind, min(a, b) if op is Op.MIN else max(a, b))
        else:
            result = ctx.pointwise(op, kind, *pair)
    return result


def _known(ctx: Context, value: Value) -> Value:
    """Whether a value can be read now, which is never UNKNOWN.

    INVARIANT: asked where the answer is read (the plan's steps, or the written view around it), after the join: asked
    on the value's own bars it would be UNKNOWN with them whenever these are warming up, stale, closed or missing.
    """
    if value.constant is not None:
        return Value(CONDITION, ctx.graph.truth(True))
    lane = value.node.lane
    if lane is None or lane.steps:
        return ctx.pointwise(Op.KNOWN, CONDITION, value)
    return Value(CONDITION, ctx.graph.node(Op.KNOWN, (ctx.on(value.node, ctx.fallback),)))


def _text(ctx: Context, expansion: Expansion, numbers: dict[str, float]) -> str:
    return expansion if isinstance(expansion, str) else expansion({**numbers, "way": float(ctx.side)})


def _expanded(
    ctx: Context,
    function: Function,
    text: str,
    numbers: dict[str, float],
    series: dict[str, list[Value]],
    view: View | None,
    span: Span,
) -> Value | None:
    outer = ctx.locals
    names: dict[str, Value | None] = {name: values[0] for name, values in series.items()}
    for parameter in function.constants:
        names[parameter.name] = ctx.constant(parameter.kind or NUMBER, numbers[parameter.name])
    ctx.locals = names
    try:
        for name, part in function.where:
            names[name] = foreign(ctx, fragment(_text(ctx, part, numbers)), view, span)
            if names[name] is None:
                return None
        texts = [output.expands or text for output in function.outputs]
        values = [foreign(ctx, fragment(t), view, span) for t in texts]
    finally:
        ctx.locals = outer
    results: list[Value] = []
    for output, value in zip(function.outputs, values, strict=True):
        if value is None:
            return None
        declared = output.kind
        whole = isinstance(declared, Kind) and declared.base in (Base.ENUMERATION, Base.NUMBER)
        if isinstance(declared, Kind) and declared.base is Base.MONEY:
            value = replace(value, kind=Kind(Base.MONEY, account_currency(ctx)))
        results.append(replace(value, kind=declared) if whole and isinstance(declared, Kind) else value)
    if len(results) == 1:
        return results[0]
    return replace(results[0], results=Results(function, None, tuple(v.kind for v in results), tuple(results)))
