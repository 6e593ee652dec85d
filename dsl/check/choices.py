"""Choosing between values: `choose`, `strongest`, and `tighter` and `wider` of several stops by the plan's side."""

from __future__ import annotations

from tradeplan.dsl.catalog import Function
from tradeplan.dsl.check.arguments import Bound
from tradeplan.dsl.check.comparison import alike, same_kind
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.value import Mode, Value
from tradeplan.dsl.check.words import side_number
from tradeplan.dsl.graph import Node, Op
from tradeplan.dsl.kinds import Base, Kind
from tradeplan.dsl.source import Span

CHOICES = frozenset({"choose", "strongest", "tighter", "wider"})
"""The primitives that are made here."""


def choice(ctx: Context, function: Function, bound: Bound, series: dict[str, list[Value]], span: Span) -> Value | None:
    """The value of a call of one of `CHOICES`."""
    values = [v for group in series.values() for v in group]
    spans = [e.span for p in function.parameters for e in bound.get(p.name, [])]
    spans += [span] * (len(values) - len(spans))
    if function.primitive == "choose":
        return _choose(ctx, values, spans, span)
    greatest, leave_out = True, True
    if function.primitive != "strongest":
        side = side_number(ctx, "with", span)
        if side is None:
            return None
        greatest = (function.primitive == "tighter") == (side > 0)
        # a stop that is managed moves on what is known; no entry goes with a guess, and no stop is set wider on one
        managed = ctx.mode is Mode.MANAGE or any(v.node.positional for v in values)
        leave_out = function.primitive == "tighter" and managed
    result = values[0]
    for place, value in enumerate(values[1:], start=1):
        pair = _one_kind(ctx, result, value, spans[0], spans[place], span)
        if pair is None:
            return None
        kind = same_kind(list(pair))
        if leave_out:
            result = _known_extreme(ctx, kind, pair, greatest)
        else:
            result = ctx.pointwise(Op.MAX if greatest else Op.MIN, kind, *pair)
    return result


def _choose(ctx: Context, values: list[Value], spans: list[Span], span: Span) -> Value | None:
    condition = values[0]
    pair = _one_kind(ctx, values[1], values[2], spans[1], spans[2], span)
    if pair is None:
        return None
    (yes, no), kind = pair, same_kind(list(pair))
    constant = condition.constant
    if constant is not None:
        return Value(kind, (yes if constant else no).node)
    lane = ctx.clock((condition, yes, no)) or ctx.step_lane
    nodes = tuple(ctx.on(v.node, lane) for v in (condition, yes, no))
    if any(n.positional for n in nodes):
        return Value(kind, ctx.graph.node(Op.CHOOSE, nodes, lane=lane))
    return Value(kind, _call(ctx, ("choose", 1), nodes))


def _one_kind(
    ctx: Context, first: Value, second: Value, first_span: Span, second_span: Span, span: Span
) -> tuple[Value, Value] | None:
    """Both in one kind; words with words of their list, and in the standard library with the words' numbers."""
    words = Base.ENUMERATION in (first.kind.base, second.kind.base)
    if words and (first.kind == second.kind or ctx.locals is not None):
        return first, second
    return alike(ctx, first, second, first_span, second_span, span)


def _known_extreme(ctx: Context, kind: Kind, pair: tuple[Value, Value], greatest: bool) -> Value:
    """The greatest or least of the two that are known."""
    if pair[0].constant is not None and pair[1].constant is not None:
        return ctx.pointwise(Op.MAX if greatest else Op.MIN, kind, *pair)
    lane = ctx.clock(pair) or ctx.step_lane
    nodes = tuple(ctx.on(v.node, lane) for v in pair)
    if any(n.positional for n in nodes):
        return Value(kind, ctx.graph.node(Op.GREATEST if greatest else Op.LEAST, nodes, lane=lane))
    if greatest:
        return Value(kind, _call(ctx, ("strongest", 2.0, 1), nodes))
    turned = tuple(ctx.graph.node(Op.NEG, (n,)) for n in nodes)
    return Value(kind, ctx.graph.node(Op.NEG, (_call(ctx, ("strongest", 2.0, 1), turned),)))


def _call(ctx: Context, data: tuple[str | float | int, ...], nodes: tuple[Node, ...]) -> Node:
    return ctx.graph.node(Op.OUTPUT, (ctx.graph.node(Op.CALL, nodes, data),), (0,))
