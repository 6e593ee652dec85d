"""Values of the open position, and at_entry."""

from __future__ import annotations

from tradeplan.dsl.check.arguments import MISSING_ARGUMENT
from tradeplan.dsl.check.context import Context, Use
from tradeplan.dsl.check.logic import positional_past
from tradeplan.dsl.check.value import Mode, Value, View
from tradeplan.dsl.check.words import side_number
from tradeplan.dsl.diagnostic import diagnostic_kind
from tradeplan.dsl.graph import Op
from tradeplan.dsl.kinds import DURATION, LOTS, NUMBER, Base, Kind
from tradeplan.dsl.nodes import Name
from tradeplan.dsl.source import Span

POSITION_PLACE = diagnostic_kind("position-place", "position values exist only while a position is managed")
_POSITION_KINDS: dict[str, Kind] = {
    "entry": Kind(Base.PRICE),
    "stop": Kind(Base.PRICE),
    "size": LOTS,
    "profit": Kind(Base.DISTANCE),
    "best": Kind(Base.DISTANCE),
    "held": DURATION,
    "side": NUMBER,
    "r": Kind(Base.DISTANCE),
    "first": LOTS,
}


def position_value(ctx: Context, expression: Name) -> Value | None:
    """`entry`, `stop`, `size`, `profit`, `best`, `held`; and `side`, `r` inside the standard library."""
    if ctx.mode in (Mode.ENTRY, Mode.GUARD) or ctx.home is None:
        return misplaced(ctx, expression.span, f"`{expression.name}` is a value of the position")
    kind = _POSITION_KINDS[expression.name]
    if kind.base in (Base.PRICE, Base.DISTANCE):
        kind = Kind(kind.base, ctx.home.facts.name)
    value = Value(kind, ctx.graph.node(Op.POSITION, data=(expression.name,), lane=ctx.step_lane))
    ctx.uses.append(Use(expression.span, expression.name, None, None, {}, value))
    return value


def side_value(ctx: Context, expression: Name) -> Value | None:
    """`way` inside the standard library: 1 in a plan that buys, -1 in one that sells."""
    side = side_number(ctx, "with", expression.span)
    return None if side is None else ctx.constant(NUMBER, side)


def origin_value(ctx: Context, expression: Name) -> Value | None:
    """`origin` inside the standard library: the entry; in a rule that enters, its order's price or the close."""
    if ctx.mode is not Mode.ENTRY:
        return position_value(ctx, Name(expression.span, "entry"))
    if ctx.origin is not None:
        return ctx.origin
    assert ctx.home is not None, "rules that enter stand in plans"
    price = Kind(Base.PRICE, ctx.home.facts.name)
    return Value(price, ctx.graph.node(Op.FIELD, data=("close",), lane=ctx.home.lane))


def misplaced(ctx: Context, span: Span, what: str) -> None:
    """Say that the position does not exist here."""
    where = "a guard" if ctx.home is None else ctx.mode.value
    return ctx.error(
        POSITION_PLACE,
        span,
        f"{what}, which does not exist in {where}",
        found=ctx.text(span),
        expected=("values of a market", "time")
        if ctx.home is not None
        else ("account, system and feed values", "time"),
        help="use it in a rule without BUY or SELL; an entry's STOP and TARGET as distances count from the fill",
    )


def at_entry(ctx: Context, expression: Name, view: View | None) -> Value | None:
    """`at_entry(x)`: x at the step that sent the entry."""
    if ctx.mode in (Mode.ENTRY, Mode.GUARD) or ctx.home is None:
        return misplaced(ctx, expression.span, "`at_entry` looks back to the entry of a position")
    arguments = expression.call.arguments if expression.call is not None else ()
    if len(arguments) != 1:
        return ctx.error(
            MISSING_ARGUMENT,
            expression.span,
            f"`at_entry` takes one value, not {len(arguments)}",
            found=ctx.text(expression.span),
            expected=("at_entry(value)",),
            help="name the value that is to be remembered: `at_entry(close)`",
        )
    value = ctx.value(arguments[0].value, view)
    if value is None:
        return None
    if value.node.positional:
        return positional_past(ctx, expression.span, "at_entry")
    placed = ctx.placed(value, ctx.step_lane)
    if placed.zone is not None:
        low, high, exists = (ctx.graph.node(Op.AT_ENTRY, (n,), lane=ctx.step_lane) for n in placed.zone)
        return Value(value.kind, exists, zone=(low, high, exists))
    return Value(value.kind, ctx.graph.node(Op.AT_ENTRY, (placed.node,), lane=ctx.step_lane))
