"""What to do about a word that does not fit, for the mistakes that people really make."""

from __future__ import annotations

from collections.abc import Sequence, Set

from tradeplan.dsl.parse.lexer import NUMBERS, Token
from tradeplan.dsl.timeframe import TIMEFRAMES
from tradeplan.grammar.loader import END


def advice(token: Token, kinds: Set[str], statement: Sequence[Token], following: Token | None = None) -> str:
    """The advice for a token that cannot stand behind the words of its statement, or nothing."""
    before = [t.kind for t in statement]
    last = before[-1] if before else ""
    if "TRADE" not in before and (not before or before[0] == "PLAN"):
        return _about_head(token, last, statement, following)
    if last == "BETWEEN" or ("BETWEEN" in before and token.kind == "COMMA"):
        return "write `x BETWEEN low AND high`"
    if token.text == "," and last in NUMBERS and following is not None and following.kind in NUMBERS:
        return "a number has a decimal point, and nothing between its thousands: `0.5`, `1000`"
    if not _is_whole(before) and (token.kind == END or "WHEN" in kinds or token.kind in _HEADS):
        return "a rule is `WHEN condition THEN action`: the condition comes first"
    if token.text.upper() in _SAYINGS:
        return _SAYINGS[token.text.upper()]
    if last == "CROSSES":
        return "say which way: `a CROSSES ABOVE b`, `a CROSSES BELOW b`, or both joined by OR"
    if last == "INT" and before[-2:-1] == ["LSQB"]:
        return "`[n]` counts bars of the value's own timeframe: for another one write `H1.close[1]`"
    if token.text == "." and before[-2:] == ["INT", "UNIT"] and _frame(statement) in TIMEFRAMES:
        return f"a view begins with its timeframe: write `{_frame(statement)}.`"
    if last == "HALT" and token.kind in NUMBERS:
        return "a pause has its span behind FOR: `HALT FOR 1d`"
    if last == "SIDE" and token.kind == "LIMIT":
        return "the size comes first: `BUY RISK 0.5% AT LIMIT price FOR 3 bars STOP 2 ATR`"
    if "AT" in before and "FOR" in kinds and "SIDE" in before and token.kind == "STOP":
        return "an order that waits says how long: `AT LIMIT price FOR 3 bars`"
    if last == "MOVE" and token.kind == "TARGET":
        return "a target is set with its entry; what moves is the stop, and a rule may CLOSE at a price"
    if last == "ONCE" and token.text.upper() == "PER":
        return "write `MAX 1 PER day`; ONCE alone is one position in the life of the plan"
    if token.kind == "RISK" and "SIDE" in before:
        return "the size comes first: `BUY RISK 0.5% STOP 2 ATR`"
    if token.kind == "TARGET" and "TAKE" in before:
        return "the order is: size, AT, STOP, TARGET, TAKE"
    if "WHEN" in kinds and following is not None and following.kind == "EQUAL":
        return f"a name is given by LET: `LET {token.text.lower()} = ...`"
    if "WHEN" in kinds and token.kind in _BACKWARDS:
        return f"an action stands behind its condition: `WHEN ... THEN {token.text}`"
    if "WHEN" in kinds and following is not None and following.text in {":", "."}:
        return "a plan has no labels and no numbers of lines: begin with `WHEN`"
    if "IN" in before and token.kind == "COMMA":
        return "IN asks for a zone; words are compared one by one: `weekday = monday OR weekday = friday`"
    if token.kind == "SLASH" and following is not None and following.kind in {"SLASH", "STAR"}:
        return "a comment begins with `#` and ends with its line"
    if token.kind in {"CMP", "EQUAL"} and last not in {"CMP", "EQUAL"} and any(k in {"CMP", "EQUAL"} for k in before):
        return "a comparison has two sides: write `low < x AND x < high`, or `x BETWEEN low AND high`"
    if token.kind in {"FOR", "WITHIN"} and "NOT" in before:
        return f"parentheses say what is negated: `NOT (c {token.text} span)` or `(NOT c) {token.text} span`"
    if token.kind == "NOT" and last in {"CMP", "EQUAL", "NOT"}:
        return "NOT stands before a condition, once; put `NOT (...)` around it"
    if token.kind == "OPTIONAL":
        return "OPTIONAL stands first in a part of AND: `AND OPTIONAL NOT x`"
    if last == "SIDE" and token.kind in {"STOP", "AT", "TARGET"}:
        return "the size comes first: `BUY RISK 0.5% STOP 2 ATR`"
    if "STOP" in kinds and "SIDE" in before and token.kind in {"TARGET", "TAKE", "COMMA", END}:
        return "no entry without a stop: write `STOP close - 2 ATR` before TARGET and TAKE"
    if token.kind == "STOP" and "SIDE" in before and "TARGET" in before:
        return "the order is: size, AT, STOP, TARGET, TAKE"
    if token.kind in {"SIDE", "CLOSE", "ADD", "MOVE", "CANCEL"} and "HALT" in kinds and "SIDE" not in kinds:
        return "a GUARD knows HALT, FLATTEN and ALERT; entries and exits belong into a PLAN"
    if last == "LSQB" and token.kind == "MINUS":
        return "bars are counted backwards: `close[1]` is one bar ago; nothing can name a bar to come"
    if before[:1] == ["PLAN"] and "ON" not in before and token.kind in {"SLASH", "DOT", "MINUS"}:
        return "a market is one word in small letters: `xauusd`, or a name of its symbol profile such as `gold`"
    if before[:1] == ["MAX"] and last == "INT":
        return "write the number alone: `MAX 3 PER day`"
    if following is not None and following.kind == "WHEN" and token.kind in _BACKWARDS:
        return f"the condition comes first: `WHEN ... THEN {token.text}`"
    if token.text.upper() in {"TRAIL", "TRAILING"}:
        return "a trailing stop is moved by a rule: `WHEN profit >= 1R THEN MOVE STOP TO trail(2 ATR)`"
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


_HEADS = frozenset({"WHEN", "LET", "PARAM", "COOLDOWN", "MAX", "ONCE", "EXPIRES", "PLAN", "GUARD"})
_SAYINGS = {
    "ELSE": "a rule has no ELSE: write a second rule with NOT before the condition",
    "ELIF": "a rule has no ELSE: write a second rule",
    "END": "nothing ends a rule: the next one begins with WHEN",
    "?": "there is no `c ? a : b`: write two rules, or a LET for each",
    "IS": "compare with `>`, `<` or `=`",
    "BREAKS": "write `a CROSSES ABOVE b` or `a CROSSES BELOW b`",
    "TOUCHES": "write `low <= level AND high >= level`",
    "AFTER": "time is a condition: `WHEN held > 4h THEN CLOSE`",
    "UNTIL": "say how long: `HALT FOR 1d`, `HALT FOR day`",
    "BY": "say the price: `MOVE STOP TO stop + 10 pips`",
    "REVERSE": "a plan has one side: close here, and let a plan of its own enter the other way",
    "PYRAMID": "write `ADD 25%`",
    "PRINT": 'write `ALERT "text"`',
    "FLAT": "write `CLOSE`, or `FLATTEN`, which also cancels",
    "ORDER": "write `CANCEL` alone",
    "TRADING": "write `HALT` alone, or `HALT FOR 2h`",
}
"""Words of other languages and the way that leads there here."""


def _frame(statement: Sequence[Token]) -> str:
    """`1h` as a timeframe is called."""
    return f"{statement[-1].text.upper()}{statement[-2].text}"


def _is_whole(before: Sequence[str]) -> bool:
    """Whether a statement is no rule, or a rule that has its THEN."""
    return before[:1] != ["WHEN"] or "THEN" in before


_BACKWARDS = frozenset({"SIDE", "CLOSE", "ADD", "MOVE", "CANCEL", "ALERT", "HALT", "FLATTEN"})


def _about_head(token: Token, last: str, statement: Sequence[Token], following: Token | None) -> str:
    """What a word in front of a PLAN, or between its name and TRADE, should have been."""
    if last == "PLAN" and token.kind == "STRING":
        return f"a name comes first, a title behind it: `PLAN my_plan {token.text[:40]}`"
    if last == "NAME" and (token.kind in {"MINUS", "DOT", "NAME"} or token.text[:1].isalpha()):
        joined = "_".join(t.text.lower() for t in (statement[-1], following if token.kind == "MINUS" else token) if t)
        return f"a name is one word of a-z, 0-9 and `_`, such as `{joined[:64]}`; a title stands behind it in quotes"
    if last:
        return ""
    if token.kind == "TRADE":
        return "begin with the plan's name: `PLAN my_plan TRADE btc ON M5`"
    if token.kind == "SLASH":
        return "a comment begins with `#` and ends with its line"
    return (
        "a plan begins with `PLAN my_plan TRADE btc ON M5`; remarks stand behind `#`, and `plan check -` reads a chat "
        "answer whose plans stand between fences"
    )
