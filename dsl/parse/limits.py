"""Refuses texts that no person wrote: too large, too many words, nested too deep. All in one pass each."""

from __future__ import annotations

from collections.abc import Sequence

from tradeplan.dsl.diagnostic import Report, diagnostic_kind
from tradeplan.dsl.parse.lexer import Token
from tradeplan.dsl.source import Source, Span

MAX_BYTES = 256 * 1024
MAX_TOKENS = 60_000
MAX_NESTING = 32
MAX_HEIGHT = 128
"""How high the tree of one expression may grow; passes over the tree recurse, so this keeps them off Python's limit."""

FILE_TOO_LARGE = diagnostic_kind("file-too-large", "A plan file is read whole on every save, so its size is bounded.")
TOO_MANY_WORDS = diagnostic_kind("too-many-words", "The time to check a file is bounded, so its words are.")
NESTED_TOO_DEEP = diagnostic_kind("nested-too-deep", "A condition that deep cannot be read, and would exhaust a pass.")

_LONGER = frozenset({"PLUS", "MINUS", "STAR", "SLASH", "DOT", "FOR", "WITHIN", "NOT", "OPTIONAL"})
_OPENING = frozenset({"LPAR", "LSQB"})
_CLOSING = frozenset({"RPAR", "RSQB"})
_NEXT = frozenset({"COMMA", "AND", "OR"})
_STATEMENTS = frozenset({"PLAN", "GUARD", "LET", "PARAM", "COOLDOWN", "MAX", "ONCE", "EXPIRES", "WHEN"})
_PER_LEVEL = MAX_HEIGHT // MAX_NESTING


def small_enough(source: Source, report: Report) -> bool:
    """Whether the text may be looked at at all."""
    length = len(source.text)
    if length <= MAX_BYTES // 4:
        return True
    size = length if length > MAX_BYTES else len(source.text.encode("utf-8", "surrogatepass"))
    if size <= MAX_BYTES:
        return True
    report.add(
        FILE_TOO_LARGE,
        Span(0, 0),
        f"the file is larger than {MAX_BYTES // 1024} KiB",
        found=f"{size:,} bytes or more",
        expected=(f"at most {MAX_BYTES:,} bytes",),
        help="split it: a file may hold any number of plans, and a folder any number of files",
    )
    return False


def few_enough(tokens: Sequence[Token], report: Report) -> bool:
    """Whether the number of words is within bounds."""
    if len(tokens) <= MAX_TOKENS:
        return True
    report.add(
        TOO_MANY_WORDS,
        tokens[MAX_TOKENS].span,
        f"the file has more than {MAX_TOKENS:,} words",
        found=f"{len(tokens):,} words",
        expected=(f"at most {MAX_TOKENS:,} words",),
        help="split it into several files",
    )
    return False


def shallow_enough(tokens: Sequence[Token], report: Report) -> bool:
    """Whether every expression is low enough; what counts are parentheses, and operators and dots in one chain.

    The bound is computed on the words, before any tree exists: the height of a level is the length of its longest chain
    plus the height of the highest level inside it.
    """
    outside: list[tuple[int, int, int]] = []
    chain = inner = side = 0  # this chain, the highest level inside it, the highest of its neighbours in a list
    for token in tokens:
        kind = token[0]
        if kind in _LONGER:
            chain += 1
        elif kind in _OPENING:
            outside.append((chain, inner, side))
            chain = inner = side = 0
        elif kind in _CLOSING:
            if outside:
                height = max(side, chain + inner) + _PER_LEVEL
                chain, inner, side = outside.pop()
                inner = max(inner, height)
        elif kind in _NEXT:
            side = max(side, chain + inner)
            chain = inner = 0
        elif kind in _STATEMENTS:
            outside.clear()
            chain = inner = side = 0
        if len(outside) > MAX_NESTING or chain + inner > MAX_HEIGHT:
            report.add(
                NESTED_TOO_DEEP,
                token.span,
                "this expression is nested too deep or chained too long",
                found=f"`{token.text}`",
                expected=(
                    f"at most {MAX_NESTING} parentheses inside each other",
                    f"at most {MAX_HEIGHT} operators in one chain",
                ),
                help="give a part of it a name with LET",
            )
            return False
    return True
