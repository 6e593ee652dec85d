"""Calls whose parenthesis was never closed: `rsi(14 > 30 AND ... THEN`."""

from __future__ import annotations

from collections.abc import Sequence

from tradeplan.dsl.diagnostic import Edit, Fix, diagnostic_kind
from tradeplan.dsl.parse.driver import advance
from tradeplan.dsl.parse.lexer import NUMBERS, Token
from tradeplan.dsl.parse.place import Place, Slip
from tradeplan.dsl.source import Span

MISSING_WORD = diagnostic_kind("missing-word", "A fixed word of the language was left out.")

_LITERAL = frozenset({*NUMBERS, "UNIT", "COMMA"})
_COMPARING = frozenset({"CMP", "CROSSES", "BETWEEN", "IN", "AND", "OR"})


def unclosed_call(place: Place) -> Slip | None:
    """The parenthesis that belongs behind the literals of a call, where they would be compared with something."""
    taken = place.taken
    opened = _innermost_open(taken)
    if opened <= place.statement or taken[opened - 1].kind != "NAME":
        return None
    end = opened + 1
    while end < len(taken) and taken[end].kind in _LITERAL:
        end += 1
    if end in {opened + 1, len(taken)} or taken[end].kind not in _COMPARING:
        return None
    states: list[int] | None = list(place.states_before_statement)
    closed = (*taken[place.statement : end], Token("RPAR", ")", 0, 0), *taken[end:], place.token)
    for token in closed:
        states = None if states is None else advance(states, token.kind)
    if states is None:
        return None
    last = taken[end - 1]
    return Slip(
        MISSING_WORD,
        last.span,
        f"`)` is missing behind `{last.text}`",
        found=f"`{taken[end].text}`",
        expected=("`)`",),
        help=f"write `)` behind `{last.text}`",
        fixes=(Fix(f"write `)` behind `{last.text}`", (Edit(Span(last.end, last.end), ")"),)),),
        tokens=(Token("RPAR", ")", last.end, last.end),),
        consumed=0,
        in_front_of=len(taken) - end,
    )


def _innermost_open(taken: Sequence[Token]) -> int:
    """Where the innermost parenthesis that is still open stands, -1 if none is."""
    depth = 0
    for i in range(len(taken) - 1, -1, -1):
        kind = taken[i].kind
        if kind == "RPAR":
            depth += 1
        elif kind == "LPAR":
            if not depth:
                return i
            depth -= 1
        elif kind in {"WHEN", "LET", "THEN"}:
            break
    return -1
