"""Wordings of other platforms, and of English, that take more than one word: `STOP LOSS`, `CLOSE ALL`, `BELOW 30`."""

from __future__ import annotations

from tradeplan.dsl.diagnostic import Edit, Fix, diagnostic_kind
from tradeplan.dsl.parse.driver import advance
from tradeplan.dsl.parse.lexer import BAD, Token, words
from tradeplan.dsl.parse.place import Place, Slip
from tradeplan.dsl.source import Span

WORDING = diagnostic_kind("wording", "A phrase of other platforms that is shorter, or another one, here.")

_NEEDLESS = {
    ("STOP", "LOSS"): "STOP",
    ("STOP", "AT"): "STOP",
    ("TARGET", "AT"): "TARGET",
    ("CLOSE", "ALL"): "CLOSE",
    ("CLOSE", "POSITION"): "CLOSE",
    ("CLOSE", "TRADE"): "CLOSE",
}
"""A keyword and a word behind it that says nothing new."""

_COMPARISONS = {"BELOW": "<", "ABOVE": ">", "UNDER": "<", "OVER": ">", "EQUALS": "="}
_FRAMES = {"D": "D1", "DAILY": "D1", "W": "W1", "WEEKLY": "W1", "HOURLY": "H1", "H": "H1"}


def habit_slip(place: Place) -> Slip | None:
    """The wording of the language for one of another platform; a guess at what is meant, so never made unasked."""
    return _needless(place) or _take_profit(place) or _comparison(place) or _frame(place)


def _needless(place: Place) -> Slip | None:
    token, previous = place.token, place.previous
    if previous is None or (previous.kind, token.text.upper()) not in _NEEDLESS:
        return None
    following = place.following
    if following is None or advance(place.states, following.kind) is None:
        return None
    return reworded(place, Span(previous.start, token.end), previous.text, (), 1)


def _take_profit(place: Place) -> Slip | None:
    """`TAKE PROFIT 4 ATR`: here TAKE closes a part, and TARGET ends the trade."""
    token, previous = place.token, place.previous
    if previous is None or previous.kind != "TAKE" or token.text.upper() != "PROFIT":
        return None
    before = place.states_before_previous
    if before is None or advance(before, "TARGET") is None or place.tokens[place.index - 1] != previous:
        return None
    target = Token("TARGET", "TARGET", previous.start, token.end)
    return reworded(place, Span(previous.start, token.end), "TARGET", (target,), 2, instead_of_previous=True)


def _comparison(place: Place) -> Slip | None:
    """`rsi(14) BELOW 30`, `rsi(14) IS BELOW 30`."""
    token, following = place.token, place.following
    first = token.text.upper() == "IS" and following is not None
    last = following if first and following is not None and following.text.upper() in _COMPARISONS else token
    sign = "=" if first and last is token else _COMPARISONS.get(last.text.upper())
    kind = "EQUAL" if sign == "=" else "CMP"
    if sign is None or token.kind == "NAME" or advance(place.states, kind) is None:
        return None
    instead = Token(kind, sign, token.start, last.end)
    return reworded(place, Span(token.start, last.end), sign, (instead,), 1 if last is token else 2)


def _frame(place: Place) -> Slip | None:
    """`D.close`."""
    token, following = place.token, place.following
    frame = _FRAMES.get(token.text) if token.kind == BAD else None
    behind_on = place.behind(1) == "ON"
    if frame is None or following is None or not (following.kind == "DOT" or behind_on):
        return None
    if advance(place.states, "TIMEFRAME") is None:
        return None
    return reworded(place, token.span, frame, (Token("TIMEFRAME", frame, token.start, token.end),), 1)


def reworded(
    place: Place,
    span: Span,
    written: str,
    tokens: tuple[Token, ...],
    consumed: int,
    instead_of_previous: bool = False,
) -> Slip:
    """A wording and the one that is written here."""
    found = " ".join(place.text[span.start : span.end].split())
    known = written in words().keywords
    return Slip(
        WORDING,
        span,
        f"`{found}` is {'just ' if known and found.startswith(written) else ''}`{written.strip()}` here",
        found=f"`{found}`",
        expected=(f"`{written.strip()}`",),
        help=f"write `{written.strip()}`",
        fixes=(Fix(f"write `{written.strip()}`", (Edit(span, written),)),),
        tokens=tokens,
        consumed=consumed,
        instead_of_previous=instead_of_previous,
    )
