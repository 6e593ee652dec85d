"""What programs and other platforms write: `sma 20`, `0,5%`, `btc:H1`, `WHEN c:`, `= "bull"`, `CLOSE AND ALERT`."""

from __future__ import annotations

import re
from collections.abc import Callable

from tradeplan.dsl.diagnostic import Edit, Fix
from tradeplan.dsl.parse.driver import advance
from tradeplan.dsl.parse.lexer import BAD, NUMBERS, Token, words
from tradeplan.dsl.parse.place import Place, Slip
from tradeplan.dsl.parse.slips_in_literals import NUMBER_FORM
from tradeplan.dsl.parse.slips_of_habit import reworded
from tradeplan.dsl.source import Span

_ACTIONS = frozenset({"SIDE", "CLOSE", "ADD", "MOVE", "CANCEL", "HALT", "FLATTEN", "ALERT"})
_OPENERS = frozenset({"ENTER", "OPEN", "GO"})
_SIDES = {"LONG": "BUY", "SHORT": "SELL", "BUY": "BUY", "SELL": "SELL"}
_VALUES = frozenset({"open", "high", "low", "close", "spread", "entry", "stop", "size", "profit", "best", "held"})
"""Names that never take an argument."""
_WORD = r'"([a-z][a-z0-9_]{0,63})"'


def language_slip(place: Place) -> Slip | None:
    """The wording of this language for one of another; a guess, so never made unasked."""
    attempts: tuple[Callable[[Place], Slip | None], ...] = (
        _decimal_comma,
        _argument,
        _view_sign,
        _view_in_brackets,
        _colon,
        _between_actions,
        _comma_in_order,
        _market_order,
        _opening,
        _counted,
        _quoted_word,
    )
    for attempt in attempts:
        slip = attempt(place)
        if slip is not None:
            return slip
    return None


def _decimal_comma(place: Place) -> Slip | None:
    """`0,5%`: of three digits behind the comma nobody knows what they are."""
    token, number, following = place.token, place.previous, place.following
    if token.kind != "COMMA" or number is None or following is None or place.states_before_previous is None:
        return None
    if not {number.kind, following.kind} <= NUMBERS or (number.end, token.end) != (token.start, following.start):
        return None
    sure = number.kind == following.kind == "INT" and len(following.text) != 3
    read = f"{number.text}.{following.text}" if sure else number.text
    unit = place.tokens[place.index + 2] if place.index + 2 < len(place.tokens) else None
    behind: tuple[Token, ...] = ()
    if unit is not None and unit.text in words().units:
        behind = (Token("UNIT", unit.text, unit.start, unit.end),)
    span = Span(number.start, following.end)
    return Slip(
        NUMBER_FORM,
        span,
        f"`{place.text[span.start : span.end]}` is no number here",
        found=f"`{place.text[span.start : span.end]}`",
        expected=(f"`{read}`",) if sure else ("digits with at most one point",),
        help="a number has a decimal point, and nothing between its thousands: `0.5`, `1000`",
        fixes=(Fix(f"write `{read}`", (Edit(span, read),)),) if sure else (),
        tokens=(Token("NUMBER", read, span.start, span.end), *behind),
        consumed=3 + len(behind),
        instead_of_previous=True,
        guessed=not sure,
    )


def _argument(place: Place) -> Slip | None:
    """`sma 20`, `trail 2 ATR`: the arguments of a function stand in parentheses."""
    token, name, following = place.token, place.previous, place.following
    if token.kind not in NUMBERS or name is None or name.kind != "NAME" or following is None:
        return None
    if place.behind(2) in {"LET", "PARAM", "MAX", "PER"} or name.text in _VALUES:
        return None
    last = following if following.kind == "UNIT" else token
    opened = advance(place.states, "LPAR")
    for kind in (token.kind, *(("UNIT",) if last is following else ()), "RPAR"):
        opened = None if opened is None else advance(opened, kind)
    if opened is None:
        return None
    written = f"{name.text}({place.text[token.start : last.end]})"
    inside = (token, following) if last is following else (token,)
    tokens = (Token("LPAR", "(", token.start, token.start), *inside, Token("RPAR", ")", last.end, last.end))
    return reworded(place, Span(name.start, last.end), written, tokens, len(inside))


def _view_sign(place: Place) -> Slip | None:
    """`btc:H1.close`."""
    token, following = place.token, place.following
    if (
        token.text != ":"
        or following is None
        or following.kind not in {"NAME", "TIMEFRAME"}
        or place.behind(1) != "NAME"
    ):
        return None
    states = advance(place.states, "DOT")
    if states is None or advance(states, following.kind) is None or token.end != following.start:
        return None
    return reworded(place, token.span, ".", (Token("DOT", ".", token.start, token.end),), 1)


def _view_in_brackets(place: Place) -> Slip | None:
    """`btc[H1].close`."""
    token, bracket, following = place.token, place.previous, place.following
    before = place.states_before_previous
    if token.kind != "TIMEFRAME" or bracket is None or bracket.kind != "LSQB" or before is None:
        return None
    if following is None or following.kind != "RSQB" or advance(before, "DOT") is None:
        return None
    tokens = (Token("DOT", ".", bracket.start, bracket.end), token)
    return reworded(place, Span(bracket.start, following.end), f".{token.text}", tokens, 3, instead_of_previous=True)


def _colon(place: Place) -> Slip | None:
    """`WHEN c:` and an action, as in Python."""
    token, following = place.token, place.following
    if token.text not in {":", "{"} or following is None or following.kind not in _ACTIONS:
        return None
    if advance(place.states, "THEN") is None:
        return None
    then = Token("THEN", "THEN", token.start, token.end)
    glued = place.text[token.start - 1 : token.start].strip()
    return reworded(place, token.span, f"{' ' if glued else ''}THEN", (then,), 1)


def _between_actions(place: Place) -> Slip | None:
    """`CLOSE AND ALERT "x"`, `CLOSE; ALERT "x"`."""
    token, following = place.token, place.following
    if token.kind != "AND" and token.text not in {";", "&", "+"}:
        return None
    states = advance(place.states, "COMMA")
    if following is None or following.kind not in _ACTIONS or states is None or advance(states, following.kind) is None:
        return None
    start = place.taken[-1].end
    return reworded(place, Span(start, token.end), ",", (Token("COMMA", ",", start, token.end),), 1)


def _comma_in_order(place: Place) -> Slip | None:
    """`STOP 2 ATR, TARGET 3R`: the parts of an order stand behind one another."""
    token, comma, before = place.token, place.previous, place.states_before_previous
    if token.kind not in {"AT", "STOP", "TARGET", "TAKE"} or comma is None or comma.kind != "COMMA" or before is None:
        return None
    if advance(before, token.kind) is None:
        return None
    span = Span(comma.start, token.end)
    return reworded(place, span, f" {token.text}", (token,), 2, instead_of_previous=True)


def _market_order(place: Place) -> Slip | None:
    """`BUY MARKET RISK 1%`, `BUY AT market RISK 1%`: without AT an entry is a market order."""
    token, following = place.token, place.following
    if place.behind(1) != "SIDE":
        return None
    count = 1 if token.text.upper() == "MARKET" else 0
    if token.kind == "AT" and following is not None and following.text.upper() == "MARKET":
        count = 2
    if not count or place.previous is None or place.index + count >= len(place.tokens):
        return None
    last = place.tokens[place.index + count - 1]
    return reworded(place, Span(place.previous.start, last.end), place.previous.text, (), count)


def _opening(place: Place) -> Slip | None:
    """`ENTER LONG`, `OPEN SHORT`."""
    token, following = place.token, place.following
    if token.text.upper() not in _OPENERS or following is None or advance(place.states, "SIDE") is None:
        return None
    side = _SIDES.get(following.text.upper())
    if side is None:
        return None
    span = Span(token.start, following.end)
    return reworded(place, span, side, (Token("SIDE", side, span.start, span.end),), 2)


def _counted(place: Place) -> Slip | None:
    """`MAX 3 trades PER day`."""
    token, number, following = place.token, place.previous, place.following
    if token.kind not in {"NAME", BAD} or number is None or number.kind != "INT" or place.behind(2) != "MAX":
        return None
    if following is None or following.text.upper() != "PER":
        return None
    said = reworded(place, Span(number.start, token.end), number.text, (), 1)
    return said._replace(help=f"write the number alone: `MAX {number.text} PER day`")


def _quoted_word(place: Place) -> Slip | None:
    """`trend = "bull"`: words stand without quotes."""
    token = place.token
    found = re.fullmatch(_WORD, token.text)
    if found is None or token.kind != "STRING" or advance(place.states, "NAME") is None:
        return None
    return reworded(place, token.span, found[1], (Token("NAME", found[1], token.start, token.end),), 1)
