"""Says what could stand at a place in the words of a trader, not of the grammar."""

from __future__ import annotations

from collections.abc import Set

from tradeplan.dsl.parse.lexer import words
from tradeplan.grammar.loader import END

STATEMENTS = ("WHEN", "LET", "PARAM", "COOLDOWN", "MAX", "ONCE", "EXPIRES", "PLAN", "GUARD")
"""The keywords that a statement begins with; none of them stands anywhere else."""

ACTIONS = ("BUY", "SELL", "CLOSE", "ADD", "MOVE STOP", "CANCEL", "ALERT", "HALT", "FLATTEN")
GUARD_ACTIONS = ("HALT", "FLATTEN", "ALERT")

_AMOUNTS = {
    "RISK": ("a part of the equity such as `0.5%`", "an amount of money such as `100 USD`"),
    "ADD": ("a percentage such as `25%`",),
    "CLOSE": ("a percentage such as `50%`",),
    "TAKE": ("a percentage such as `50%`",),
    "FOR": ("a span such as `3 bars` or `2h`",),
    "WITHIN": ("a span such as `12 bars` or `1h`",),
    "PER": ("`day`", "`week`", "a span such as `12h`"),
    "COOLDOWN": ("a span such as `2h` or `5 bars`",),
    "MAX": ("a whole number such as `3`",),
    "PROBE": ("a percentage such as `25%`",),
    "EXPIRES": ("a date such as `2026-12-31`",),
}
_UNITS = {
    "RISK": ("`%`", "a currency such as `USD`"),
    "ADD": ("`%`",),
    "CLOSE": ("`%`",),
    "TAKE": ("`%`",),
    "PROBE": ("`%`",),
    "FOR": ("`bars`", "`m`", "`h`", "`d`"),
    "WITHIN": ("`bars`", "`m`", "`h`", "`d`"),
    "PER": ("`h`", "`d`", "`w`"),
    "COOLDOWN": ("`m`", "`h`", "`d`", "`bars`"),
    "SIDE": ("`lots`",),
}
_SINGLE = {
    "NAME": "a name in lowercase",
    "STRING": 'a text such as `"what happened"`',
    "TIMEFRAME": "a timeframe such as `M5`",
    "DATE": "a date such as `2026-12-31`",
    "INT": "a whole number",
    "EQUAL": "`=`",
}
# what could also follow nearly anywhere and so would hide what is missing
_QUIET = frozenset(
    {"PLUS", "MINUS", "STAR", "SLASH", "DOT", "LPAR", "LSQB", "UNIT", "NUMBER", "TIME", "SIDE", END, *STATEMENTS}
)


def expected_words(kinds: Set[str], before: str) -> tuple[str, ...]:
    """What the author could write, the likeliest first; `before` is the kind of the word in front of the place."""
    found: list[str] = []
    covered: set[str] = set()
    if "UNIT" in kinds and before in {"INT", "NUMBER"}:
        found.append("a unit such as `%`, `pips`, `h` or `bars`")
    if {"NAME", "LPAR", "INT"} <= kinds:
        found.append("a condition such as `close > open`" if "NOT" in kinds else "a value such as `close` or `2 pips`")
        covered |= {"NAME", "INT", "TIMEFRAME", "NOT", "OPTIONAL"}
    elif "RISK" in kinds:
        found += ["a size such as `RISK 0.5%`", "`0.10 lots`"]
        covered |= {"NAME", "INT", "RISK"}
    elif before in _AMOUNTS and "NAME" in kinds and not kinds.isdisjoint({"INT", "DATE"}):
        found += _AMOUNTS[before]
        covered |= {"NAME", "INT", "DATE"}
    elif {"INT", "TIME"} <= kinds:
        found.append("a literal such as `14`, `0.2%` or `2h`")
        covered |= {"INT", "DATE"}
    if {"HALT", "FLATTEN"} <= kinds:
        actions = ACTIONS if "SIDE" in kinds else GUARD_ACTIONS
        found += [f"`{action}`" for action in actions]
        covered |= {"CLOSE", "ADD", "MOVE", "CANCEL", "ALERT", "HALT", "FLATTEN"}
    if "CMP" in kinds:
        found.append("a comparison such as `>`")
        covered |= {"CMP", "EQUAL", "IN", "BETWEEN", "CROSSES"}
    spellings = {kind: text for text, kind in (words().keywords | words().symbols).items()}
    order = [*words().keywords.values(), *words().symbols.values(), *_SINGLE]
    rest = sorted(kinds - covered - _QUIET, key=lambda k: (k != "THEN", order.index(k) if k in order else 0, k))
    found += [_SINGLE.get(kind) or f"`{spellings[kind]}`" for kind in rest if kind in _SINGLE or kind in spellings]
    if "WHEN" in kinds:
        found.append("the next statement")
    elif "PLAN" in kinds:
        found += ["`PLAN`", "`GUARD`"]
    return tuple(found)


def expected_units(before: str) -> tuple[str, ...]:
    """The units that fit behind a number, by the keyword in front of the number."""
    return _UNITS.get(before, ("`%`", "`R`", "`pips`", "`ATR`", "`bars`", "`h`"))
