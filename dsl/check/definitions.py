"""LET and PARAM: what may be defined, that it is defined once, and that a PARAM lies in its own bounds."""

from __future__ import annotations

from tradeplan.dsl.catalog import ENUMERATIONS, UNRESERVED
from tradeplan.dsl.check.amounts import CALENDAR_SPANS
from tradeplan.dsl.check.context import Context, Definition
from tradeplan.dsl.check.literals import DURATIONS, first_moment
from tradeplan.dsl.check.value import BAR_FIELDS, POSITION_VALUES, SOURCE_NAMES, Mode
from tradeplan.dsl.diagnostic import Severity, diagnostic_kind
from tradeplan.dsl.nodes import ClockTime, Date, Expression, Item, Let, Minus, Number, Param, Quantity

DUPLICATE_NAME = diagnostic_kind("duplicate-name", "a name is defined once in a block")
RESERVED_NAME = diagnostic_kind("reserved-name", "the name already means something else in plans")
SHADOWS_FUNCTION = diagnostic_kind(
    "shadows-function", "a LET or PARAM hides the function of that name", Severity.WARNING
)
UNUSED_NAME = diagnostic_kind("unused-name", "a LET or PARAM that nothing reads", Severity.WARNING)
PARAM_BOUNDS = diagnostic_kind("param-bounds", "a PARAM lies between FROM and TO, which STEP divides")
PARAM_KINDS = diagnostic_kind("param-kinds", "the value, FROM, TO and STEP of a PARAM are of one kind and unit")

_MOMENTS = {"clock time": "15m", "date": "1d"}
_ONE_UNIT = {"pips": "pip", "points": "point", "bars": "bar", "lots": "lot"}


def collect(ctx: Context, items: tuple[Item, ...]) -> None:
    """Enter every LET and PARAM of the block, so that a use above its definition can be told from an unknown name."""
    for item in items:
        if not isinstance(item, Let | Param):
            continue
        name = item.name.text
        first = ctx.definitions.get(name)
        if first is not None:
            ctx.error(
                DUPLICATE_NAME,
                item.name.span,
                f"`{name}` is defined twice",
                found=name,
                help="rename one of them",
                related=((first.item.name.span, "first defined here"),),
            )
            continue
        what = _meaning(ctx, name)
        if what:
            ctx.error(
                RESERVED_NAME,
                item.name.span,
                f"`{name}` is {what} already",
                found=name,
                help=f"choose another name, such as `my_{name}`",
            )
            continue
        if name in ctx.catalog:
            ctx.error(
                SHADOWS_FUNCTION,
                item.name.span,
                f"`{name}` hides the function `{name}` in this block",
                found=name,
                help=f"choose another name, such as `my_{name}`",
            )
        ctx.definitions[name] = Definition(item)


def _meaning(ctx: Context, name: str) -> str:
    if name in BAR_FIELDS:
        return "a field of the bar"
    if name in POSITION_VALUES or name == "at_entry":
        return "a value of the position"
    if name in SOURCE_NAMES:
        return "a source of readings"
    if ctx.markets.get(name) is not None:
        return "a market"
    if name in CALENDAR_SPANS:
        return "a span"
    lists = (e for e, words in ENUMERATIONS.items() if name in words and e not in UNRESERVED)
    return next((f"a word of the list {e}" for e in lists), "")


def define(ctx: Context, item: Let | Param) -> None:
    """Work out a LET or PARAM; from here on it may be used."""
    definition = ctx.definitions.get(item.name.text)
    if definition is None or definition.item is not item:
        # its name was refused; the value is checked all the same
        ctx.value(item.value, ctx.home)
        return
    mode = ctx.mode
    ctx.mode = Mode.GUARD if ctx.home is None else Mode.LET
    definition.value = ctx.value(item.value, ctx.home)
    ctx.mode = mode
    definition.ready = True
    if isinstance(item, Param) and item.low is not None and item.high is not None and not _range_is_good(ctx, item):
        definition.value = None


def may_change_lookback(item: Item) -> bool:
    """Whether this is a PARAM with a range that can stand for a number of bars."""
    if not isinstance(item, Param) or item.low is None:
        return False
    unit, _ = _measured(item.value)
    return unit in ("", "bar", "duration")


def _range_is_good(ctx: Context, item: Param) -> bool:
    # INVARIANT: the grammar has FROM and TO together, and the caller looked for FROM
    assert item.low is not None
    assert item.high is not None
    unit, value = _measured(item.value)
    parts = [(item.low, "FROM"), (item.high, "TO"), *([(item.step, "STEP")] if item.step is not None else [])]
    numbers = []
    for expression, word in parts:
        if isinstance(expression, ClockTime | Date) and ctx.value(expression, ctx.home) is None:
            return False
        other, number = _measured(expression)
        if word == "STEP" and other == "duration" and unit in ("clock time", "date"):
            # a step between moments is a length of time
            other, number = unit, number / (1_000 if unit == "clock time" else 1)
            if unit == "date" and number % DURATIONS["d"]:
                return _out(ctx, expression, "STEP between dates is whole days", "write `1d`, `7d` or `1w`")
        elif word == "STEP" and other == "date":
            other = "no length"
        if other != unit:
            ctx.error(
                PARAM_KINDS,
                expression.span,
                f"{word} `{ctx.text(expression.span)}` is not in the unit of `{ctx.text(item.value.span)}`",
                found=ctx.text(expression.span),
                expected=("a duration",) if word == "STEP" and unit in _MOMENTS else (unit or "a plain number",),
                help=f"a step between moments is a duration: `STEP {_MOMENTS[unit]}`"
                if word == "STEP" and unit in _MOMENTS
                else "write the value and its bounds in one unit",
            )
            return False
        numbers.append(number)
    low, high = numbers[0], numbers[1]
    if low > high:
        return _out(
            ctx, item.low, f"FROM `{ctx.text(item.low.span)}` is above TO `{ctx.text(item.high.span)}`", "swap them"
        )
    if not low <= value <= high:
        text = f"`{item.name.text}` = `{ctx.text(item.value.span)}` lies outside its own FROM and TO"
        return _out(ctx, item.value, text, "widen the bounds or change the value")
    if item.step is not None:
        step = numbers[2]
        if step <= 0:
            return _out(ctx, item.step, "STEP must be above zero", "write a positive STEP, or leave it out")
        steps = (high - low) / step
        if abs(steps - round(steps)) > 1e-6:
            text = f"STEP `{ctx.text(item.step.span)}` does not divide the way from FROM to TO"
            return _out(ctx, item.step, text, "choose FROM, TO and STEP so that whole steps lead from one to the other")
    return True


def _out(ctx: Context, expression: Expression, message: str, help: str) -> bool:
    ctx.error(PARAM_BOUNDS, expression.span, message, found=ctx.text(expression.span), help=help)
    return False


def _measured(expression: Expression) -> tuple[str, float]:
    """The unit of a literal and its number in it; durations and dates in milliseconds, clock times in seconds."""
    if isinstance(expression, Minus):
        unit, number = _measured(expression.operand)
        return unit, -number
    if isinstance(expression, Quantity):
        if expression.unit in DURATIONS:
            return "duration", expression.value * DURATIONS[expression.unit]
        return _ONE_UNIT.get(expression.unit, expression.unit), expression.value
    if isinstance(expression, ClockTime):
        return "clock time", float(expression.seconds)
    if isinstance(expression, Date):
        return "date", first_moment(expression) or 0.0
    return ("", expression.value) if isinstance(expression, Number) else ("?", 0.0)


def warn_unused(ctx: Context) -> None:
    """Warn of every LET and PARAM that nothing reads."""
    for name, definition in ctx.definitions.items():
        if not definition.used:
            word = "LET" if isinstance(definition.item, Let) else "PARAM"
            ctx.error(
                UNUSED_NAME,
                definition.item.name.span,
                f"{word} `{name}` is never used",
                found=name,
                help="use it or remove the line",
            )
