"""What conditions owe each other: a function that says too little alone, two directions that exclude each other."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from tradeplan.dsl.check.context import Context, Use
from tradeplan.dsl.check.words import word_number
from tradeplan.dsl.diagnostic import Severity, diagnostic_kind
from tradeplan.dsl.nodes import And, Expression, Group, HeldFor, Let, Member, Name, Optional
from tradeplan.dsl.source import Span

MISSING_COMPANION = diagnostic_kind(
    "missing-companion", "a condition says too little without another beside it", Severity.WARNING
)
OPPOSED_DIRECTIONS = diagnostic_kind(
    "opposed-directions", "bull and bear of one kind do not hold together", Severity.WARNING
)

_BULL_AND_BEAR = "direction"


def check_company(ctx: Context, condition: Expression, *, enters: bool) -> None:
    """Warn of what the functions of a condition say about each other, those in its LETs included."""
    if not any(use.function is not None and (use.function.companions or use.function.opposed) for use in ctx.uses):
        return
    uses = [use for use in _uses(ctx, condition.span) if use.function is not None]
    if enters:
        _companions(ctx, uses)
    _opposed(ctx, condition, uses)


def _uses(ctx: Context, span: Span) -> list[Use]:
    """The names used in a part of the text, and in the LETs that it names."""
    ordered = sorted(ctx.uses, key=_start)
    found: list[Use] = []
    open_spans, seen = [span], {span}
    while open_spans:
        within = open_spans.pop()
        for use in ordered[bisect_left(ordered, within.start, key=_start) :]:
            if use.span.start >= within.end:
                break
            found.append(use)
            definition = ctx.definitions.get(use.name) if use.function is None else None
            if definition is not None and isinstance(definition.item, Let):
                value = definition.item.value.span
                if value not in seen:
                    seen.add(value)
                    open_spans.append(value)
    return found


def _start(use: Use) -> int:
    return use.span.start


def _companions(ctx: Context, uses: list[Use]) -> None:
    names = {use.name for use in uses}
    told: set[str] = set()
    for use in uses:
        if use.function is None or use.name in told:
            continue
        for companion in use.function.companions:
            if names.isdisjoint(companion.one_of):
                told.add(use.name)
                wanted = " or ".join(f"`{name}`" for name in companion.one_of)
                ctx.error(
                    MISSING_COMPANION,
                    use.span,
                    f"`{use.name}` {companion.reason}",
                    found=use.name,
                    expected=companion.one_of,
                    help=f"put a condition with {wanted} beside it",
                )


def _opposed(ctx: Context, condition: Expression, uses: list[Use]) -> None:
    by_span = {use.span: use for use in uses}
    first: dict[tuple[str, object], tuple[float, Span]] = {}
    for part in _parts(ctx, condition, set()):
        use = by_span.get(part.span)
        if use is None and isinstance(part, Member):
            use = by_span.get(part.base.span)
        if use is None or use.function is None or not use.function.opposed:
            continue
        direction = _direction(ctx, use)
        key = (use.name, use.view.lane if use.view is not None else None)
        other, where = first.setdefault(key, (direction, part.span))
        if direction != other:
            ctx.error(
                OPPOSED_DIRECTIONS,
                part.span,
                f"`{use.name}` is asked to be bull and bear at once: {use.function.opposed}",
                found=ctx.text(part.span),
                expected=(ctx.text(where),),
                help="take one of them, join them by OR, or let each be TRUE at its time by WITHIN",
                related=((where, "the other direction here"),),
            )


def _direction(ctx: Context, use: Use) -> float:
    given = use.arguments.get(_BULL_AND_BEAR)
    if given:
        return word_number(ctx, given[0], _BULL_AND_BEAR) or 0.0
    return 1.0  # every function that is opposed has bull as its default


def _parts(ctx: Context, expression: Expression, opened: set[str]) -> Iterator[Expression]:
    """What must be TRUE now, all of it: the parts of AND, inside parentheses, FOR, OPTIONAL and LETs, each LET once."""
    match expression:
        case And():
            for part in expression.parts:
                yield from _parts(ctx, part, opened)
        case Group():
            yield from _parts(ctx, expression.inner, opened)
        case Optional():
            yield from _parts(ctx, expression.operand, opened)
        case HeldFor():
            yield from _parts(ctx, expression.condition, opened)
        case Name() if expression.call is None and expression.name in ctx.definitions:
            item = ctx.definitions[expression.name].item
            if isinstance(item, Let) and expression.name not in opened:
                opened.add(expression.name)
                yield from _parts(ctx, item.value, opened)
        case _:
            yield expression
