"""Conditions: AND, OR, NOT, FOR, WITHIN, CROSSES, BETWEEN, IN and `[n]`, each on the clock of what it looks at."""

from __future__ import annotations

from tradeplan.dsl.check.amounts import bars_of
from tradeplan.dsl.check.comparison import CONSTANT_CONDITION, alike, comparison
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.value import Value, View, spoken
from tradeplan.dsl.diagnostic import diagnostic_kind
from tradeplan.dsl.graph import Lane, Op
from tradeplan.dsl.kinds import CONDITION, Base
from tradeplan.dsl.nodes import Ago, And, Between, Crosses, Expression, HeldFor, Inside, Not, Or, Within
from tradeplan.dsl.source import Span

NOT_A_CONDITION = diagnostic_kind("not-a-condition", "something that is TRUE, FALSE or UNKNOWN is expected here")
NOT_A_ZONE = diagnostic_kind("not-a-zone", "IN asks whether a price lies in a zone")
STATEFUL_POSITION = diagnostic_kind(
    "stateful-position", "the past of a position value is not kept: only FOR and WITHIN look back on it"
)
AGO_BOUNDS = diagnostic_kind("ago-bounds", "`[n]` reaches back at most a bounded number of bars")

LONGEST_AGO = 5_000


def condition(ctx: Context, expression: Expression, view: View | None) -> Value | None:
    """The value of an expression that must be a condition."""
    value = ctx.value(expression, view)
    if value is None or value.kind.base is Base.CONDITION:
        return value
    text = ctx.text(expression.span)
    if value.kind.base is Base.ZONE:
        help = f"write `close IN {text}`, or `known({text})`"
    elif value.kind.base is Base.ENUMERATION:
        help = f"compare it with a word: `{text} = ...`"
    else:
        help = f"compare it with something: `{text} > ...`"
    return ctx.error(
        NOT_A_CONDITION,
        expression.span,
        f"`{text}` is {spoken(value.kind)}, not a condition",
        found=spoken(value.kind),
        expected=("a condition",),
        help=help,
    )


def joined(ctx: Context, op: Op, expression: And | Or, view: View | None) -> Value | None:
    """AND and OR of two or more conditions."""
    parts = [condition(ctx, part, view) for part in expression.parts]
    good = [p for p in parts if p is not None]
    return None if len(good) < len(parts) else ctx.pointwise(op, CONDITION, *good)


def negation(ctx: Context, expression: Not, view: View | None) -> Value | None:
    """NOT."""
    value = condition(ctx, expression.operand, view)
    if value is None:
        return None
    constant = value.constant
    if constant is not None:
        return Value(CONDITION, ctx.graph.truth(constant == 0.0))
    return ctx.pointwise(Op.NOT, CONDITION, value)


def pinned(ctx: Context, value: Value, view: View | None) -> Value:
    """An ambient value on the clock that a look into the past needs: the written view's, else the plan's steps."""
    if not value.ambient:
        return value
    return ctx.placed(value, _clock_of(ctx, view))


def _clock_of(ctx: Context, view: View | None) -> Lane:
    return view.lane if view is not None and view.explicit else ctx.step_lane


def temporal(ctx: Context, op: Op, expression: HeldFor | Within, view: View | None) -> Value | None:
    """`c FOR span` and `c WITHIN span`."""
    value = condition(ctx, expression.condition, view)
    lane = (value.node.lane if value is not None else None) or _clock_of(ctx, view)
    bars = bars_of(ctx, expression.amount, lane.timeframe, "FOR" if op is Op.FOR else "WITHIN")
    if value is None or bars is None:
        return None
    value = pinned(ctx, value, view)
    if value.node.op is Op.CONST:
        return value
    return Value(CONDITION, ctx.graph.node(op, (value.node,), (bars,)))


def ago(ctx: Context, expression: Ago, view: View | None) -> Value | None:
    """`x[n]`: n bars ago on x's own clock."""
    value = ctx.value(expression.base, view)
    if value is None:
        return None
    if not 0 <= expression.bars <= LONGEST_AGO:
        return ctx.error(
            AGO_BOUNDS,
            expression.span,
            f"`[{expression.bars}]` reaches too far back",
            found=str(expression.bars),
            expected=(f"0 to {LONGEST_AGO}",),
            help="read a coarser view: `D1.close[20]`",
        )
    if value.node.positional:
        return positional_past(ctx, expression.span, f"[{expression.bars}]")
    value = pinned(ctx, value, view)
    if expression.bars == 0 or value.node.op is Op.CONST:
        return value
    data = (expression.bars,)
    if value.zone is not None:
        low, high, exists = (ctx.graph.node(Op.AGO, (n,), data) for n in value.zone)
        return Value(value.kind, exists, zone=(low, high, exists))
    return Value(value.kind, ctx.graph.node(Op.AGO, (value.node,), data))


def positional_past(ctx: Context, span: Span, what: str) -> None:
    """Say that the past of position values is not kept."""
    return ctx.error(
        STATEFUL_POSITION,
        span,
        f"`{ctx.text(span)}`: {what} does not apply to values of the position or the account",
        found=ctx.text(span),
        expected=("FOR", "WITHIN", "abs, min, max, known"),
        help="compare the value as it is now, and use FOR or WITHIN on the comparison",
    )


def crossing(ctx: Context, expression: Crosses, view: View | None) -> Value | None:
    """`a CROSSES ABOVE b`: above now, not above on the bar before."""
    left, right = ctx.value(expression.left, view), ctx.value(expression.right, view)
    if left is None or right is None:
        return None
    pair = alike(ctx, left, right, expression.left.span, expression.right.span, expression.span)
    if pair is None:
        return None
    if pair[0].node.positional or pair[1].node.positional:
        return positional_past(ctx, expression.span, "CROSSES")
    test = comparison(ctx, ">" if expression.above else "<", *pair, expression.span)
    test = pinned(ctx, test, view)
    if test.node.op is Op.CONST:
        return Value(CONDITION, ctx.graph.truth(False))
    return Value(CONDITION, ctx.graph.node(Op.BECAME, (test.node,)))


def between(ctx: Context, expression: Between, view: View | None) -> Value | None:
    """`x BETWEEN a AND b`, both included; clock times wrap midnight."""
    value, low, high = (ctx.value(e, view) for e in (expression.value, expression.low, expression.high))
    if value is None or low is None or high is None:
        return None
    lower = alike(ctx, value, low, expression.value.span, expression.low.span, expression.span)
    upper = alike(ctx, value, high, expression.value.span, expression.high.span, expression.span)
    if lower is None or upper is None:
        return None
    a, b = low.constant, high.constant
    op = Op.AND
    if a is not None and b is not None and a > b:
        if low.kind.base is Base.CLOCK_TIME:
            op = Op.OR
        else:
            ctx.error(
                CONSTANT_CONDITION,
                expression.span,
                f"`{ctx.text(expression.span)}` is never TRUE: the first bound is above the second",
                found=f"{ctx.text(expression.low.span)} above {ctx.text(expression.high.span)}",
                help="write the smaller bound first",
            )
    first = comparison(ctx, ">=", *lower, expression.span)
    second = comparison(ctx, "<=", *upper, expression.span)
    return ctx.pointwise(op, CONDITION, first, second)


def inside(ctx: Context, expression: Inside, view: View | None) -> Value | None:
    """`price IN zone`: FALSE where no zone exists."""
    value, zone = ctx.value(expression.value, view), ctx.value(expression.zone, view)
    if value is None or zone is None:
        return None
    if zone.zone is None:
        return ctx.error(
            NOT_A_ZONE,
            expression.zone.span,
            f"`{ctx.text(expression.zone.span)}` is {spoken(zone.kind)}, not a zone",
            found=spoken(zone.kind),
            expected=("a zone",),
            help="for two bounds write `x BETWEEN a AND b`",
        )
    price = Value(zone.kind.__class__(Base.PRICE, zone.kind.of), zone.zone[0])
    pair = alike(ctx, value, price, expression.value.span, expression.zone.span, expression.span)
    if pair is None:
        return None
    low = ctx.pointwise(Op.GE, CONDITION, pair[0], price)
    high = ctx.pointwise(Op.LE, CONDITION, pair[0], Value(price.kind, zone.zone[1]))
    return ctx.pointwise(Op.AND, CONDITION, Value(CONDITION, zone.zone[2]), low, high)
