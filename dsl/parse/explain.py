"""What to do about a word that does not fit, for the mistakes that people really make."""

from __future__ import annotations

from collections.abc import Sequence, Set

from tradeplan.dsl.parse.lexer import Token
from tradeplan.grammar.loader import END


def advice(token: Token, kinds: Set[str], statement: Sequence[Token]) -> str:
    """The advice for a token that cannot stand behind the words of its statement, or nothing."""
    before = [t.kind for t in statement]
    last = before[-1] if before else ""
    if token.kind in {"CMP", "EQUAL"} and last not in {"CMP", "EQUAL"} and any(k in {"CMP", "EQUAL"} for k in before):
        return "a comparison has two sides: write `low < x AND x < high`, or `x BETWEEN low AND high`"
    if token.kind in {"FOR", "WITHIN"} and "NOT" in before:
        return f"parentheses say what is negated: `NOT (c {token.text} span)` or `(NOT c) {token.text} span`"
    if token.kind == "NOT" and last in {"CMP", "EQUAL", "NOT"}:
        return "NOT stands before a condition, once; put `NOT (...)` around it"
    if token.kind == "OPTIONAL":
        return "OPTIONAL stands first in a part of AND: `AND OPTIONAL NOT x`"
    if "STOP" in kinds and "SIDE" in before and token.kind in {"TARGET", "TAKE", "COMMA", END}:
        return "no entry without a stop: write `STOP close - 2 ATR` before TARGET and TAKE"
    if token.kind == "STOP" and "SIDE" in before and "TARGET" in before:
        return "the order is: size, AT, STOP, TARGET, TAKE"
    if token.kind in {"SIDE", "CLOSE", "ADD", "MOVE", "CANCEL"} and "HALT" in kinds and "SIDE" not in kinds:
        return "a GUARD knows HALT, FLATTEN and ALERT; entries and exits belong into a PLAN"
    if token.kind == "INT" and last == "MINUS":
        return "a minus sign stands once before a number"
    if token.kind == "MINUS" and last == "MINUS":
        return "write one minus sign, or put parentheses around the second: `-(-x)`"
    if token.text in {"{", "}"}:
        return "conditions are grouped with ( and )"
    if token.kind == "NAME" and token.text.startswith("cross"):
        return "write `a CROSSES ABOVE b` or `a CROSSES BELOW b`"
    if token.kind == "NAME" and last == "NAME":
        return "two names need an operator between them"
    if token.kind == "EXPIRES" or last == "EXPIRES":
        return "write the date as year-month-day: `EXPIRES 2026-12-31`"
    return ""
