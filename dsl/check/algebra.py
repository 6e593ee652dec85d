"""The algebra of kinds: what `+ - * /` make of two values, and what would fit where they make nothing."""

from __future__ import annotations

from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.value import Mode, Value, spoken
from tradeplan.dsl.diagnostic import Edit, Fix, diagnostic_kind
from tradeplan.dsl.graph import Op
from tradeplan.dsl.kinds import COUNT, NUMBER, Base, Kind
from tradeplan.dsl.nodes import Binary, Minus
from tradeplan.dsl.source import Span

KIND_MISMATCH = diagnostic_kind("kind-mismatch", "values of these kinds cannot be combined this way")
MIXED_MARKETS = diagnostic_kind("mixed-markets", "prices and distances of two markets meet only in a division")
DIVISION_BY_ZERO = diagnostic_kind("division-by-zero", "the divisor is the constant 0")
R_PLACE = diagnostic_kind("r-place", "R is known only once a position has filled")

_OPS = {"+": Op.ADD, "-": Op.SUB, "*": Op.MUL, "/": Op.DIV}
_VERBS = {"+": "added", "-": "subtracted", "*": "multiplied", "/": "divided"}
_SAME = frozenset({Base.PERCENT, Base.DURATION, Base.LOTS, Base.BARS, Base.R_MULTIPLE})
_SCALABLE = _SAME | {Base.DISTANCE, Base.MONEY}


def negated(ctx: Context, expression: Minus, value: Value) -> Value | None:
    """`-x`."""
    base = value.kind.base
    if not (value.is_number or base in _SCALABLE):
        return ctx.error(
            KIND_MISMATCH,
            expression.span,
            f"{spoken(value.kind)} has no negative",
            found=ctx.text(expression.span),
            expected=("a number", "a percent", "a distance", "money"),
            help="for a condition write NOT; for a price subtract a distance from it",
        )
    constant = value.constant
    if constant is not None:
        return ctx.constant(value.kind, -constant, value.literal)
    return ctx.pointwise(Op.NEG, value.kind, value)


def in_distance(ctx: Context, value: Value, span: Span) -> Value | None:
    """An R distance as price units: times the distance from first fill to first stop."""
    if ctx.mode in (Mode.ENTRY, Mode.GUARD):
        return ctx.error(
            R_PLACE,
            span,
            f"`{ctx.text(span)}`: R stands alone in TARGET and TAKE, and is known nowhere else before the first fill",
            found=ctx.text(span),
            expected=("pips", "ATR", "a percent"),
            help="write it alone (`TARGET 2R`), or say all of it in pips, ATR or percent",
        )
    assert ctx.home is not None, "R literals outside guards stand in plans, which have a market"
    r = ctx.graph.node(Op.POSITION, data=("r",), lane=ctx.step_lane)
    distance = Kind(Base.DISTANCE, ctx.home.facts.name)
    return ctx.pointwise(Op.MUL, distance, Value(value.kind, value.node), Value(distance, r))


def binary(ctx: Context, expression: Binary, left: Value, right: Value) -> Value | None:
    """`left op right`."""
    if left.kind.base is Base.R_MULTIPLE and right.kind.base in (Base.PRICE, Base.DISTANCE):
        made = in_distance(ctx, left, expression.left.span)
        return None if made is None else binary(ctx, expression, made, right)
    if right.kind.base is Base.R_MULTIPLE and left.kind.base in (Base.PRICE, Base.DISTANCE):
        made = in_distance(ctx, right, expression.right.span)
        return None if made is None else binary(ctx, expression, left, made)
    op = expression.op
    kind = _sum_kind(op, left, right) if op in "+-" else _product_kind(op, left, right)
    if kind is None:
        return _refuse(ctx, expression, left, right)
    if op in "+-" and left.kind.base is Base.PRICE and right.kind.base is Base.PERCENT:
        return _percent_of(ctx, op, left, right)
    a, b = left.constant, right.constant
    if op == "/" and b == 0:
        return ctx.error(
            DIVISION_BY_ZERO,
            expression.span,
            f"`{ctx.text(expression.span)}` divides by zero",
            found=ctx.text(expression.right.span),
            help="divide by something else: a division by zero is UNKNOWN for ever",
        )
    if a is not None and b is not None:
        folded = a + b if op == "+" else a - b if op == "-" else a * b if op == "*" else a / b
        return ctx.constant(kind, folded)
    if Base.R_MULTIPLE in (left.kind.base, right.kind.base):
        # a multiple that is not a constant has no literal to stand for: it is a distance from here on
        r_side, span = (
            (left, expression.left.span) if left.kind.base is Base.R_MULTIPLE else (right, expression.right.span)
        )
        made = in_distance(ctx, r_side, span)
        if made is None:
            return None
        pair = (made, right) if r_side is left else (left, made)
        return ctx.pointwise(_OPS[op], made.kind, *pair)
    return ctx.pointwise(_OPS[op], kind, left, right)


def _percent_of(ctx: Context, op: str, price: Value, percent: Value) -> Value:
    constant = percent.constant
    if constant is not None:
        factor = ctx.constant(NUMBER, 1.0 + constant / 100.0 if op == "+" else 1.0 - constant / 100.0)
    else:
        share = ctx.pointwise(Op.DIV, NUMBER, percent, ctx.constant(NUMBER, 100.0))
        factor = ctx.pointwise(_OPS[op], NUMBER, ctx.constant(NUMBER, 1.0), share)
    return ctx.pointwise(Op.MUL, price.kind, price, factor)


def _sum_kind(op: str, left: Value, right: Value) -> Kind | None:
    a, b = left.kind, right.kind
    if left.is_number and right.is_number:
        return COUNT if a.base is b.base is Base.COUNT else NUMBER
    if a.base is Base.PRICE:
        if b.base is Base.PRICE and op == "-" and a.of == b.of:
            return Kind(Base.DISTANCE, a.of)
        if right.is_number and right.literal and op == "-":
            return Kind(Base.DISTANCE, a.of)
        if (b.base is Base.DISTANCE and a.of == b.of) or b.base is Base.PERCENT:
            return a
        return None
    if b.base is Base.PRICE:
        if op == "+":
            return b if a.base is Base.DISTANCE and a.of == b.of else None
        return Kind(Base.DISTANCE, b.of) if left.is_number and left.literal else None
    if a.base is b.base and (a.base in _SAME or (a.base in (Base.DISTANCE, Base.MONEY) and a.of == b.of)):
        return a
    return None


def _product_kind(op: str, left: Value, right: Value) -> Kind | None:
    a, b = left.kind, right.kind
    if left.is_number and right.is_number:
        return COUNT if op == "*" and a.base is b.base is Base.COUNT else NUMBER
    if right.is_number and a.base in _SCALABLE:
        return a
    if op == "*":
        return b if left.is_number and b.base in _SCALABLE else None
    lengths = (Base.PRICE, Base.DISTANCE)
    if a.base in lengths and b.base in lengths:
        return NUMBER if a.base is b.base or a.of == b.of else None
    if a.base is b.base and (a.base in _SAME or (a.base is Base.MONEY and a.of == b.of)):
        return NUMBER
    return None


def _refuse(ctx: Context, expression: Binary, left: Value, right: Value) -> None:
    op, a, b = expression.op, left.kind.base, right.kind.base
    lengths = (Base.PRICE, Base.DISTANCE)
    if a in lengths and b in lengths and left.kind.of != right.kind.of:
        return ctx.error(
            MIXED_MARKETS,
            expression.span,
            f"`{ctx.text(expression.span)}` mixes `{left.kind.of}` with `{right.kind.of}`",
            found=f"{spoken(left.kind)} and {spoken(right.kind)}",
            expected=("prices of one market",),
            help="only a division mixes markets: compare changes in percent, or a ratio",
        )
    found = f"{spoken(left.kind)} {op} {spoken(right.kind)}"
    expected: tuple[str, ...] = ()
    help = "combine values of one kind, or scale a value with a plain number"
    fixes: tuple[Fix, ...] = ()
    if Base.PRICE in (a, b) and op in "+-":
        expected = ("a distance: `15 pips`, `1.5 ATR`", "a percent: `0.2%`", "another price, with `-`")
        if right.is_number and right.literal:
            expected = expected[:2]
            help = (
                f"a bare number next to a price is a price: say `{ctx.text(expression.right.span)} pips` or a percent"
            )
        elif right.is_number or left.is_number:
            help = "a computed number is never a price: give it a unit, as in `0.5 * atr(14)`"
        elif a is b:
            help = "two prices cannot be added; the middle is `low + (high - low) / 2`"
    elif Base.PRICE in (a, b):
        expected = ("price / price", "price + a percent")
        help = "to move a price write `close + 1%`; to scale, multiply a distance: `2 * (high - low)`"
    elif Base.CONDITION in (a, b):
        expected = ("a number", "a distance")
        help = "a condition is not a number: join conditions with AND, OR, NOT"
    elif op in "+-" and a in _SCALABLE and right.is_number:
        expected = (spoken(left.kind),)
        help = f"give `{ctx.text(expression.right.span)}` a unit"
        if a is Base.PERCENT and right.literal:
            fixes = (
                Fix("write it as a percent", (Edit(Span(expression.right.span.end, expression.right.span.end), "%"),)),
            )
    return ctx.error(
        KIND_MISMATCH,
        expression.span,
        f"{spoken(left.kind)} and {spoken(right.kind)} cannot be {_VERBS[op]}",
        found=found,
        expected=expected,
        help=help,
        fixes=fixes,
    )
