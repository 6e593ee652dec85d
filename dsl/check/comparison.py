"""Comparisons: which values may be compared, and what a bare number beside one of them means."""

from __future__ import annotations

from tradeplan.dsl.catalog import ENUMERATIONS, ORDERED, Parameter
from tradeplan.dsl.check.algebra import KIND_MISMATCH, MIXED_MARKETS, in_distance
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.value import POSITION_VALUES, Mode, Value, View, spoken
from tradeplan.dsl.check.words import word_number
from tradeplan.dsl.diagnostic import Edit, Fix, Severity, diagnostic_kind
from tradeplan.dsl.graph import Op
from tradeplan.dsl.kinds import CONDITION, Base, Kind
from tradeplan.dsl.nodes import Compare, Expression, Group, Member, Name, Timeframe
from tradeplan.dsl.source import Span

CONSTANT_CONDITION = diagnostic_kind(
    "constant-condition", "a comparison of two constants is always TRUE or always FALSE", Severity.WARNING
)

_OPS = {"<": Op.LT, "<=": Op.LE, ">": Op.GT, ">=": Op.GE, "=": Op.EQ, "!=": Op.NE}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_UNITS = {Base.PERCENT: "%", Base.BARS: " bars", Base.LOTS: " lots"}
_OF_ONE = frozenset({Base.PRICE, Base.DISTANCE, Base.MONEY})
_ORDERED = frozenset(
    {
        Base.NUMBER,
        Base.COUNT,
        Base.PERCENT,
        Base.PRICE,
        Base.DISTANCE,
        Base.R_MULTIPLE,
        Base.DURATION,
        Base.BARS,
        Base.CLOCK_TIME,
        Base.MONEY,
        Base.LOTS,
    }
)


def compared(ctx: Context, expression: Compare, view: View | None) -> Value | None:
    """`left op right`."""
    if _argument_as_word(ctx, expression):
        return None
    left_is_word = _only_a_word(ctx, expression.left)
    first = ctx.value(expression.right if left_is_word else expression.left, view)
    other = expression.left if left_is_word else expression.right
    if first is not None and first.kind.base is Base.ENUMERATION:
        return _word_test(ctx, expression, first, other, view, left_is_word)
    if first is None and _only_a_word(ctx, other):
        return None  # of which list it is would be known by the other side
    second = ctx.value(other, view)
    if first is None or second is None:
        return None
    if second.kind.base is Base.ENUMERATION and not left_is_word:
        return _word_test(ctx, expression, second, expression.left, view, True)
    left, right = (second, first) if left_is_word else (first, second)
    pair = alike(ctx, left, right, expression.left.span, expression.right.span, expression.span)
    return None if pair is None else comparison(ctx, expression.op, *pair, expression.span)


def comparison(ctx: Context, op: str, left: Value, right: Value, span: Span) -> Value:
    """The comparison of two values of one kind; a constant one is worked out, with a warning."""
    a, b = left.constant, right.constant
    if a is None or b is None:
        return ctx.pointwise(_OPS[op], CONDITION, left, right)
    truth = {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "=": a == b, "!=": a != b}[op]
    ctx.error(
        CONSTANT_CONDITION,
        span,
        f"`{ctx.text(span)}` is always {'TRUE' if truth else 'FALSE'}",
        found=ctx.text(span),
        help="compare with something that changes from bar to bar",
    )
    return Value(CONDITION, ctx.graph.truth(truth))


def alike(
    ctx: Context, left: Value, right: Value, left_span: Span, right_span: Span, whole: Span
) -> tuple[Value, Value] | None:
    """Both values in one kind, so that they can be compared; a bare number beside a price becomes a price."""
    a, b = left.kind, right.kind
    if a.base is Base.R_MULTIPLE and b.base is Base.DISTANCE:
        made = in_distance(ctx, left, left_span)
        return None if made is None else (made, right)
    if b.base is Base.R_MULTIPLE and a.base is Base.DISTANCE:
        made = in_distance(ctx, right, right_span)
        return None if made is None else (left, made)
    if left.is_number and right.is_number:
        return left, right
    if a.base is b.base and a.base in _ORDERED:
        if a.base not in _OF_ONE or a.of == b.of:
            return left, right
        return _two_owners(ctx, left, right, whole)
    if _fits_bare(left, right):
        return left, Value(a, right.node, True)
    if _fits_bare(right, left):
        return Value(b, left.node, True), right
    return _refuse(ctx, left, right, left_span, right_span, whole)


def _fits_bare(value: Value, bare: Value) -> bool:
    if not (bare.is_number and bare.literal):
        return False
    return value.kind.base is Base.PRICE or (bare.constant == 0 and value.kind.base in _ORDERED)


def _two_owners(ctx: Context, left: Value, right: Value, span: Span) -> None:
    if left.kind.base is Base.MONEY:
        return ctx.error(
            KIND_MISMATCH,
            span,
            f"money in {left.kind.of} cannot be compared with money in {right.kind.of}",
            found=f"{left.kind.of} and {right.kind.of}",
            expected=(f"money in {left.kind.of}",),
            help=f"say the amount in {left.kind.of}" + _cents(left.kind.of, right.kind.of),
        )
    return ctx.error(
        MIXED_MARKETS,
        span,
        f"`{ctx.text(span)}` compares `{left.kind.of}` with `{right.kind.of}`",
        found=f"{spoken(left.kind)} and {spoken(right.kind)}",
        expected=("values of one market",),
        help="compare changes in percent, or a ratio: `btc.close / eth.close > 15`",
    )


def _cents(a: str, b: str) -> str:
    return " (1 USD is 100 USC)" if {a, b} == {"USD", "USC"} else ""


def _refuse(ctx: Context, left: Value, right: Value, left_span: Span, right_span: Span, whole: Span) -> None:
    bases = (left.kind.base, right.kind.base)
    expected: tuple[str, ...] = (spoken(left.kind),)
    help = f"compare {spoken(left.kind)} with {spoken(left.kind)}"
    fixes: tuple[Fix, ...] = ()
    for value, other, other_span in ((left, right, right_span), (right, left, left_span)):
        if not (other.is_number and other.literal):
            continue
        text = ctx.text(other_span)
        unit = _UNITS.get(value.kind.base)
        expected = (spoken(value.kind),)
        if unit is not None:
            fixes = (Fix(f"write `{text}{unit}`", (Edit(Span(other_span.end, other_span.end), unit),)),)
            help = f"say what `{text}` is: `{text}{unit}`"
        elif value.kind.base is Base.DISTANCE:
            help = f"say what `{text}` is: `{text} pips`, `{text} ATR`"
        elif value.kind.base is Base.DURATION:
            help = f"say what `{text}` is: `{text}m`, `{text}h`"
        elif value.kind.base is Base.MONEY:
            help = f"say what `{text}` is: `{text} {value.kind.of or 'USD'}`"
    lengths = {Base.PERCENT, Base.MONEY}
    if Base.DISTANCE in bases and not lengths.isdisjoint(bases):
        text = ctx.text(left_span if left.kind.base is Base.DISTANCE else right_span)
        units = ("20 pips", "1.5 ATR") if ctx.mode is Mode.ENTRY else ("1R", "20 pips", "1.5 ATR")
        help = f"`{text}` is measured in price: compare it with {', '.join(f'`{u}`' for u in units)}"
    elif Base.PERCENT in bases and (left.is_number or right.is_number) and not fixes:
        in_percent = right_span if right.kind.base is Base.PERCENT else left_span
        bare = ctx.text(in_percent).rstrip("% ")
        help = f"it is a plain number: write `{bare}`"
        if bare.replace(".", "").isdigit():
            fixes = (Fix(f"write `{bare}`", (Edit(in_percent, bare),)),)
    elif Base.CONDITION in bases:
        help = "a condition stands alone: write it, or NOT (it), and join with AND or OR"
    elif Base.ZONE in bases:
        help = "a price is compared with a zone by IN, or with its `.low`, `.high`, `.mid`"
    elif set(bases) == {Base.PRICE, Base.PERCENT}:
        help = "a percent of a price: `close > open + 0.2%`"
    elif set(bases) == {Base.PRICE, Base.DISTANCE}:
        help = "a distance is measured from a price: `close - open > 15 pips`"
    elif set(bases) == {Base.PRICE, Base.R_MULTIPLE}:
        help = "R is a distance: `profit > 1R`, `close > entry + 1R`"
    elif Base.CLOCK_TIME in bases:
        help = "write a time of day: `08:00`, `16:45`"
    elif set(bases) in ({Base.COUNT, Base.BARS}, {Base.NUMBER, Base.BARS}):
        in_bars = right_span if right.kind.base is Base.BARS else left_span
        bare = ctx.text(in_bars).split("bar")[0].strip()
        help = f"it is a plain count: write `{bare}`"
        if bare.isdigit():
            fixes = (Fix(f"write `{bare}`", (Edit(in_bars, bare),), safe=True),)
    elif set(bases) == {Base.DURATION, Base.BARS}:
        help = "elapsed times are clock time: say `30m` or `2h`"
    elif Base.ENUMERATION in bases:
        help = "a word is compared by = and != with a word of its list"
    elif Base.PRICE in bases and (left.is_number or right.is_number):
        help = "a computed number is never a price: compare prices with prices, or divide two prices first"
    return ctx.error(
        KIND_MISMATCH,
        whole,
        f"{spoken(left.kind)} cannot be compared with {spoken(right.kind)}",
        found=f"{spoken(left.kind)} and {spoken(right.kind)}",
        expected=expected,
        help=help,
        fixes=fixes,
    )


def _argument_as_word(ctx: Context, expression: Compare) -> bool:
    """`trend = bull`, where the word is an argument: `trend(bull)`. Says so."""
    if expression.op not in ("=", "!="):
        return False
    for side, word in ((expression.left, expression.right), (expression.right, expression.left)):
        if not isinstance(side, Name | Member) or side.call is not None or side.name in ctx.definitions:
            continue
        function = ctx.catalog.get(side.name)
        if function is None or not isinstance(word, Name) or not _only_a_word(ctx, word):
            continue
        if not any(_takes(parameter, word.name) for parameter in function.parameters):
            continue
        written = f"{'NOT ' if expression.op == '!=' else ''}{ctx.text(side.span)}({word.name})"
        ctx.error(
            KIND_MISMATCH,
            expression.span,
            f"`{word.name}` is an argument of `{side.name}`, which answers TRUE or FALSE",
            found=ctx.text(expression.span),
            expected=(written,),
            help=f"write `{written}`",
            fixes=(Fix(f"write `{written}`", (Edit(expression.span, written),)),),
        )
        return True
    return False


def _takes(parameter: Parameter, word: str) -> bool:
    kind = parameter.kind
    return kind is not None and kind.base is Base.ENUMERATION and word in ENUMERATIONS.get(kind.of, {})


def _only_a_word(ctx: Context, expression: Expression) -> bool:
    """Whether this is a name that can only be a word of a list: the other side then says of which."""
    if not isinstance(expression, Name) or expression.call is not None:
        return False
    name = expression.name
    if not any(name in words for words in ENUMERATIONS.values()):
        return False
    if name in POSITION_VALUES:
        return False
    return name not in ctx.definitions and name not in ctx.catalog and ctx.markets.get(name) is None


def _word_test(
    ctx: Context, expression: Compare, value: Value, other: Expression, view: View | None, mirrored: bool
) -> Value | None:
    """`value op other`, or `other op value` if mirrored, one of them a word of the other's list."""
    if expression.op not in ("=", "!=") and value.kind.of not in ORDERED:
        return ctx.error(
            KIND_MISMATCH,
            expression.span,
            f"words have no order: `{expression.op}` does not fit",
            found=expression.op,
            expected=("=", "!="),
            help="compare words by = and !=",
        )
    while isinstance(other, Group):
        other = other.inner
    if isinstance(other, Name) and other.call is None and other.name in ENUMERATIONS.get(value.kind.of, {}):
        right: Value | None = ctx.constant(value.kind, float(ENUMERATIONS[value.kind.of][other.name]))
    elif isinstance(other, Timeframe) or (
        isinstance(other, Name)
        and not (other.name in ctx.definitions or ctx.is_lost(other.name) or other.name in ctx.catalog)
    ):
        number = word_number(ctx, other, value.kind.of)
        right = None if number is None else ctx.constant(value.kind, number)
    else:
        right = ctx.value(other, view)
    if right is None:
        return None
    if right.kind != value.kind:
        return _refuse(ctx, value, right, expression.left.span, expression.right.span, expression.span)
    op = _MIRRORED.get(expression.op, expression.op) if mirrored else expression.op
    return ctx.pointwise(_OPS[op], CONDITION, value, right)


def same_kind(values: list[Value]) -> Kind:
    """The kind that stands for all of several alike values: the first that is not a bare number."""
    return next((v.kind for v in values if not v.is_number), values[0].kind)
