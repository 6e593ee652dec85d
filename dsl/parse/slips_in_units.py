"""Units as other people and platforms write them."""

from __future__ import annotations

import re
from decimal import Decimal

from tradeplan.dsl.diagnostic import Edit, Fix, diagnostic_kind
from tradeplan.dsl.parse.driver import advance
from tradeplan.dsl.parse.expected import expected_units
from tradeplan.dsl.parse.lexer import BAD, NUMBERS, Token, words
from tradeplan.dsl.parse.place import Place, Slip
from tradeplan.dsl.parse.slips_in_literals import NUMBER_FORM
from tradeplan.dsl.parse.vocabulary import CURRENCY_SIGNS, UNITS, UNSURE_UNITS
from tradeplan.dsl.source import Span
from tradeplan.dsl.suggest import nearest

UNKNOWN_UNIT = diagnostic_kind("unknown-unit", "A unit has one spelling.")

_WIDEST_GAP = 2
_DIGITS = 9
_PLAIN = r"[0-9]{1,7}(?:\.[0-9]{1,9})?"
_OTHER_NUMBER = r"[0-9]{1,7}(?:_[0-9]{1,7}){1,3}(?:\.[0-9]{1,9})?|[0-9]{1,7}(?:\.[0-9]{1,9})?[eE][+-]?[0-9]{1,3}\b"


def unit_slip(place: Place) -> Slip | None:
    """A unit in other words or letters: `2 hrs`, `0.5 percent`, `1.5atr`; or one that fell apart: `15 pip s`."""
    token, previous, following = place.token, place.previous, place.following
    if token.kind not in {BAD, "NAME"} or previous is None:
        return None
    if previous.kind == "UNIT" and place.states_before_previous is not None:
        joined = _joined(previous, token)
        if joined and place.tokens[place.index - 1] == previous:
            return _unit(place, Span(previous.start, token.end), joined, True, 2, instead_of_previous=True)
        return None
    if not _behind_number(place):
        return None
    joined = _joined(token, following) if following is not None else ""
    if joined and following is not None:
        return _unit(place, Span(token.start, following.end), joined, True, 2)
    # `M` is no minute, it could be a million: only whole words are certain in any case
    lower = token.text.lower()
    sign = CURRENCY_SIGNS.get(token.text)
    unit = sign or (UNITS.get(lower) if token.text != "M" else None)
    return _unit(place, token.span, unit, lower not in UNSURE_UNITS and not sign, 1) if unit else None


def exponent_slip(place: Place) -> Slip | None:
    """`1e5` and `1_000`: numbers of other languages."""
    token, number = place.token, place.previous
    if number is None or number.kind not in NUMBERS or token.start != number.end:
        return None
    found = re.compile(_OTHER_NUMBER).match(place.text, number.start)
    if found is None or found.end() <= number.end:
        return None
    value = Decimal(found[0].replace("_", ""))
    plain = f"{value:f}" if abs(value.adjusted()) < _DIGITS else ""
    if not re.fullmatch(_PLAIN, plain):
        plain = ""
    consumed = 1
    while place.index + consumed < len(place.tokens) and place.tokens[place.index + consumed].start < found.end():
        consumed += 1
    unit: tuple[Token, ...] = ()
    behind = place.tokens[place.index + consumed] if place.index + consumed < len(place.tokens) else None
    if behind is not None and behind.text in words().units:
        # the lexer takes a word for a unit only behind a number
        unit = (Token("UNIT", behind.text, behind.start, behind.end),)
        consumed += 1
    span = Span(number.start, found.end())
    read = plain or number.text
    instead = Token("INT" if read.isdigit() else "NUMBER", read, span.start, span.end)
    replaced = place.states_before_previous is not None
    return Slip(
        NUMBER_FORM,
        span,
        f"`{found[0][:30]}` is a number of other languages" + (f": here it is `{plain}`" if plain else ""),
        found=f"`{found[0][:30]}`",
        expected=(f"`{plain}`",) if plain else ("digits with at most one point",),
        help=f"write `{plain}`" if plain else "write it out in digits: at most 7 before the point and 9 behind it",
        fixes=(Fix(f"write `{plain}`", (Edit(span, plain),), safe="_" in found[0]),) if plain else (),
        tokens=(instead, *unit) if replaced else unit,
        consumed=consumed + replaced,
        instead_of_previous=replaced,
    )


def unknown_unit_slip(place: Place) -> Slip | None:
    """A word behind a number that is no unit and no keyword either."""
    token = place.token
    if (
        token.kind not in {BAD, "NAME"}
        or not _behind_number(place)
        or not (token.text[0].isalpha() or token.text[0] == "_")
    ):
        return None
    near = nearest(token.text, words().units | UNITS.keys(), 1) if len(token.text) > 2 else ()
    if near:
        return _unit(place, token.span, UNITS.get(near[0], near[0]), False, 1)
    shown = token.text[:30]
    return Slip(
        UNKNOWN_UNIT,
        token.span,
        f"`{shown}` is no unit",
        found=f"`{shown}`",
        expected=expected_units(place.behind(2)),
        help=_clock_time(place) or "units are % R pips points ATR bars lots ms s m h d w and currencies such as USD",
        fixes=(),
        tokens=(Token("UNIT", "%", token.start, token.end),),
        guessed=True,
    )


def _clock_time(place: Place) -> str:
    """`8am`, `4 pm`."""
    number, half = place.previous, place.token.text.lower()
    if number is None or number.kind != "INT" or half not in {"am", "pm"} or not 0 < int(number.text) < 13:
        return ""
    return f"write the time of day on 24 hours: `{int(number.text) % 12 + 12 * (half == 'pm'):02}:00`"


def _behind_number(place: Place) -> bool:
    previous = place.previous
    return previous is not None and previous.kind in NUMBERS and advance(place.states, "UNIT") is not None


def _joined(first: Token, second: Token) -> str:
    """The unit that two neighbouring words make together, if they do."""
    gap = second.start - first.end
    joined = first.text + second.text
    return joined if 0 < gap <= _WIDEST_GAP and joined in words().units else ""


def _unit(place: Place, span: Span, unit: str, certain: bool, consumed: int, instead_of_previous: bool = False) -> Slip:
    found = place.text[span.start : span.end]
    glued = place.text[span.start - 1 : span.start].isdigit()
    written = f" {unit}" if glued and len(unit) > 2 else unit
    if found == unit:
        message, certain = f"the unit `{unit}` stands apart from its number", False
    elif certain:
        message = f"the unit `{found}` is written `{unit}`"
    else:
        message = f"`{found}` is no unit: did you mean `{unit}`?"
    return Slip(
        UNKNOWN_UNIT,
        span,
        message,
        found=f"`{found}`",
        expected=(f"`{unit}`",),
        help=f"write `{unit}`",
        fixes=(Fix(f"write `{unit}`", (Edit(span, written),), safe=certain),),
        tokens=(Token("UNIT", unit, span.start, span.end),),
        consumed=consumed,
        instead_of_previous=instead_of_previous,
    )
