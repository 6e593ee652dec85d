"""Choosing between values: `choose`, and `tighter` and `wider` of several stops by the plan's side."""

from __future__ import annotations

from tradeplan.dsl.catalog import Function
from tradeplan.dsl.check.arguments import Bound
from tradeplan.dsl.check.comparison import alike, same_kind
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.value import Mode, Value
from tradeplan.dsl.check.words import side_number
from tradeplan.dsl.graph import Op
from tradeplan.dsl.kinds import CONDITION, Kind
from tradeplan.dsl.source import Span


def choice(ctx: Context, function: Function, bound: Bound, series: dict[str, list[Value]], span: Span) -> Value | None:
    """The value of a call of `choose`, `tighter` or `wider`."""
    values = [v for group in series.values() for v in group]
    spans = [e.span for p in function.parameters for e in bound.get(p.name, [])]
    spans += [span] * (len(values) - len(spans))
    if function.primitive == "choose":
        pair = alike(ctx, values[1], values[2], spans[1], spans[2], span)
        return None if pair is None else chosen(ctx, same_kind(list(pair)), values[0], *pair)
    side = side_number(ctx, "with", span)
    if side is None:
        return None
    tighter = function.primitive == "tighter"
    op = Op.MAX if tighter == (side > 0) else Op.MIN
    result = values[0]
    for place, value in enumerate(values[1:], start=1):
        pair = alike(ctx, result, value, spans[0], spans[place], span)
        if pair is None:
            return None
        kind = same_kind(list(pair))
        result = ctx.pointwise(op, kind, *pair)
        if tighter and (ctx.mode is Mode.MANAGE or any(v.node.positional for v in pair)):
            # a stop that is managed moves on what is known; an entry does not go with a guess
            result = chosen(ctx, kind, _known(ctx, pair[1]), result, pair[0])
            result = chosen(ctx, kind, _known(ctx, pair[0]), result, pair[1])
    return result


def chosen(ctx: Context, kind: Kind, condition: Value, yes: Value, no: Value) -> Value:
    """`yes` while the condition is TRUE, `no` while it is FALSE."""
    constant = condition.constant
    if constant is not None:
        return Value(kind, (yes if constant else no).node)
    lane = ctx.clock((condition, yes, no)) or ctx.step_lane
    nodes = tuple(ctx.on(v.node, lane) for v in (condition, yes, no))
    if any(n.positional for n in nodes):
        return Value(kind, ctx.graph.node(Op.CHOOSE, nodes, lane=lane))
    call = ctx.graph.node(Op.CALL, nodes, ("choose", 1), lane)
    return Value(kind, ctx.graph.node(Op.OUTPUT, (call,), (0,)))


def _known(ctx: Context, value: Value) -> Value:
    if value.constant is not None:
        return Value(CONDITION, ctx.graph.truth(True))
    return ctx.pointwise(Op.KNOWN, CONDITION, value)
