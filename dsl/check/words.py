"""Words of closed lists: `bull`, `high`, `london`; and the nearest spelling of anything misspelt."""

from __future__ import annotations

from collections.abc import Iterable

from tradeplan.dsl.catalog import ENUMERATIONS
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.diagnostic import Edit, Fix, diagnostic_kind
from tradeplan.dsl.nodes import Expression, Group, Name
from tradeplan.dsl.source import Span
from tradeplan.dsl.suggest import distance, nearest

UNKNOWN_WORD = diagnostic_kind("unknown-word", "an argument or a comparison expects a word of a closed list")

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
        fix = Fix(
            f"write `{near[0]}`", (Edit(span, near[0]),), safe=away[0] == 1 and (len(name) > 3 or len(near[0]) > 3)
        )
        return near[:1], f"did you mean `{near[0]}`?", (fix,)
    offered = ", ".join(f"`{n}`" for n in near)
    fixes = tuple(Fix(f"write `{n}`", (Edit(span, n),)) for n in near)
    return near, f"did you mean one of {offered}?", fixes


def word_number(ctx: Context, expression: Expression, enumeration: str) -> float | None:
    """The number that stands for a word of a list."""
    words = ENUMERATIONS.get(enumeration, {})
    while isinstance(expression, Group):
        expression = expression.inner
    if isinstance(expression, Name) and expression.call is None:
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
        expected=tuple(words),
        help=help or f"write one of {', '.join(words)}",
        fixes=fixes,
    )
