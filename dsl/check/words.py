"""Words of closed lists: `bull`, `high`, `london`; and the nearest spelling of anything misspelt."""

from __future__ import annotations

from collections.abc import Iterable

from tradeplan.dsl.catalog import ENUMERATIONS, SIDE_WORDS
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.diagnostic import Edit, Fix, diagnostic_kind
from tradeplan.dsl.nodes import Expression, Group, Name, Timeframe
from tradeplan.dsl.source import Span
from tradeplan.dsl.suggest import distance, nearest

UNKNOWN_WORD = diagnostic_kind("unknown-word", "an argument or a comparison expects a word of a closed list")
NO_SIDE = diagnostic_kind("no-side", "the value depends on whether the plan buys or sells")

_MOST_HINTS = 200


def hint(
    ctx: Context, name: str, candidates: Iterable[str], span: Span
) -> tuple[tuple[str, ...], str, tuple[Fix, ...]]:
    """Nearest names, the sentence that offers them, and the edit that is safe when only one is near."""
    # a text with hundreds of mistakes is not repaired name by name, and comparing all names would take seconds
    near = nearest(name, candidates) if len(ctx.report.diagnostics) < _MOST_HINTS else ()
    if not near:
        return (), "", ()
    away = [distance(name, n, 3) for n in near]
    if len(near) == 1 or away[0] < away[1]:
        # a prefix, a short word and two slips are guesses; one slip in a longer word towards a single name is not
        # INVARIANT: nor is one that loses a digit: `ema4` is no slip of `ema`, its period is meant
        # INVARIANT: nor is one to a short word: a `slow` that nobody defined is no slip of `low`
        safe = away[0] == 1 and len(near[0]) > 3 and _digits(name) == _digits(near[0])
        fix = Fix(f"write `{near[0]}`", (Edit(span, near[0]),), safe=safe)
        return near[:1], f"did you mean `{near[0]}`?", (fix,)
    offered = ", ".join(f"`{n}`" for n in near)
    fixes = tuple(Fix(f"write `{n}`", (Edit(span, n),)) for n in near)
    return near, f"did you mean one of {offered}?", fixes


def _digits(word: str) -> str:
    return "".join(c for c in word if c.isdigit())


def side_number(ctx: Context, word: str, span: Span) -> float | None:
    """The direction of `with` or `against` in this plan."""
    if ctx.side:
        return float(ctx.side * SIDE_WORDS[word])
    if ctx.lost is not None:
        return 1.0  # the rule that says on which side may be the one that could not be read
    return ctx.error(
        NO_SIDE,
        span,
        f"`{word}` follows the side of the plan, and nothing here buys or sells",
        found=word,
        expected=tuple(ENUMERATIONS["direction"]),
        help="write `bull` or `bear`, or use it in a plan with BUY or SELL",
    )


def word_number(ctx: Context, expression: Expression, enumeration: str) -> float | None:
    """The number that stands for a word of a list."""
    words = ENUMERATIONS.get(enumeration, {})
    while isinstance(expression, Group):
        expression = expression.inner
    if isinstance(expression, Timeframe) and expression.code in words:
        return float(words[expression.code])
    if isinstance(expression, Name) and expression.call is None:
        local = ctx.locals.get(expression.name) if ctx.locals is not None else None
        if local is not None and local.kind.of == enumeration:
            return local.constant
        if enumeration == "direction" and expression.name in SIDE_WORDS:
            return side_number(ctx, expression.name, expression.span)
        number = words.get(expression.name)
        if number is not None:
            return float(number)
        _, help, fixes = hint(ctx, expression.name, words, expression.span)
    else:
        help, fixes = "", ()
    return ctx.error(
        UNKNOWN_WORD,
        expression.span,
        f"`{ctx.text(expression.span)}` is no {enumeration}",
        found=ctx.text(expression.span),
        expected=(*words, *(SIDE_WORDS if enumeration == "direction" and ctx.side else ())),
        help=help or f"write one of {', '.join(words)}",
        fixes=fixes,
    )
