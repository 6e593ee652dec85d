"""Keywords in the wrong case or misspelt, names in capitals, timeframes in small letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from tradeplan.dsl.diagnostic import DiagnosticKind, Edit, Fix, diagnostic_kind
from tradeplan.dsl.foreign import foreign_name
from tradeplan.dsl.parse.driver import advance
from tradeplan.dsl.parse.lexer import BAD, Token, words
from tradeplan.dsl.parse.place import Place, Slip
from tradeplan.dsl.parse.vocabulary import SYNONYMS
from tradeplan.dsl.source import Span
from tradeplan.dsl.suggest import distance, nearest
from tradeplan.dsl.timeframe import TIMEFRAMES
from tradeplan.grammar.loader import load_tables

KEYWORD_CASE = diagnostic_kind("keyword-case", "Keywords are UPPERCASE, so that they are never mistaken for names.")
KEYWORD_SPELLING = diagnostic_kind("keyword-spelling", "The word is no keyword but close to one.")
NAME_CASE = diagnostic_kind("name-case", "Names are lowercase, so that they are never mistaken for keywords.")
NAME_TOO_LONG = diagnostic_kind("name-too-long", "A name is shown in tables and messages, so its length is bounded.")
NAME_LETTERS = diagnostic_kind("name-letters", "A name is made of the letters a-z, digits and `_`.")
TIMEFRAME_CASE = diagnostic_kind("timeframe-case", "A timeframe is written as on the platform: `M5`, `H1`.")

_WORD = r"[^\W\d]\w*"
_GLUED = r"([A-Za-z]+)([0-9]+(?:\.[0-9]+)?)"


@cache
def _pattern(terminal: str) -> re.Pattern[str]:
    return re.compile(load_tables().patterns[terminal])


def word_slip(place: Place) -> Slip | None:
    """A repair of a wrong word at its own place."""
    token = place.token
    if not re.fullmatch(_WORD, token.text) or token.kind == "TIMEFRAME":
        return None
    glued = _glued(place)
    if glued is not None:
        return glued
    meant = _meant_keyword(token, place.states, place.following)
    if meant is not None:
        return keyword_slip(token, *meant)
    upper = token.text.upper().removeprefix("PERIOD_")  # as MetaTrader has them
    if _pattern("TIMEFRAME").fullmatch(upper) and advance(place.states, "TIMEFRAME") is not None:
        message = f"the timeframe `{token.text}` is written `{upper}`"
        return _respelled(TIMEFRAME_CASE, token, "TIMEFRAME", upper, message, True)
    return _name(place)


def _glued(place: Place) -> Slip | None:
    """`STOP2 ATR`: a keyword that its number sticks to. The number is kept, whatever else may be wrong with it."""
    parts = re.compile(_GLUED).match(place.text, place.token.start)
    if parts is None or parts.end() < place.token.end or parts[1] not in words().keywords:
        return None
    kind, number = words().keywords[parts[1]], "NUMBER" if "." in parts[2] else "INT"
    states = advance(place.states, kind)
    if states is None or advance(states, number) is None:
        return None
    consumed = 1
    while place.index + consumed < len(place.tokens) and place.tokens[place.index + consumed].start < parts.end():
        consumed += 1
    unit: tuple[Token, ...] = ()
    behind = place.tokens[place.index + consumed] if place.index + consumed < len(place.tokens) else None
    if behind is not None and behind.text in words().units:
        # the lexer takes a word for a unit only behind a number
        unit = (Token("UNIT", behind.text, behind.start, behind.end),)
        consumed += 1
    between = Span(parts.end(1), parts.end(1))
    written = f"{parts[1]} {parts[2]}"
    return Slip(
        KEYWORD_SPELLING,
        Span(parts.start(), parts.end()),
        f"`{parts[0]}` is written `{written}`",
        found=f"`{parts[0]}`",
        expected=(f"`{written}`",),
        help=f"put a blank behind `{parts[1]}`",
        fixes=(Fix(f"write `{written}`", (Edit(between, " "),), safe=True),),
        tokens=(
            Token(kind, parts[1], parts.start(), parts.end(1)),
            Token(number, parts[2], parts.start(2), parts.end()),
            *unit,
        ),
        consumed=consumed,
    )


def timeframe_slip(place: Place) -> Slip | None:
    """`ON 15m` and `ON 1h`, as charts elsewhere call them."""
    token, following = place.token, place.following
    if token.kind != "INT" or following is None or advance(place.states, "TIMEFRAME") is None:
        return None
    code = f"{following.text.upper()}{token.text}"
    if code not in TIMEFRAMES or following.end - token.end > 2:
        return None
    whole = Token(BAD, place.text[token.start : following.end], token.start, following.end)
    message = f"the timeframe `{whole.text}` is written `{code}`"
    return _respelled(TIMEFRAME_CASE, whole, "TIMEFRAME", code, message, True)._replace(consumed=2)


def previous_word_slip(place: Place) -> Slip | None:
    """A wrong word that could stand, as `let` behind CLOSE can, so that only the next one is found wrong."""
    previous = place.previous
    if previous is None or previous.kind != "NAME" or place.states_before_previous is None:
        return None
    if place.index == 0 or place.tokens[place.index - 1] != previous:
        return None
    meant = _meant_keyword(previous, place.states_before_previous, place.token)
    if meant is None:
        return None
    return keyword_slip(previous, *meant)._replace(instead_of_previous=True)


def _meant_keyword(token: Token, states: Sequence[int], following: Token | None) -> tuple[str, bool] | None:
    """The keyword that fits here and that the word is close to, and whether that is certain."""
    if token.kind not in {BAD, "NAME"}:
        return None
    keywords = words().keywords
    upper = token.text.upper()
    fitting = {text: kind for text, kind in keywords.items() if advance(states, kind) is not None}
    if upper in fitting:
        return (upper, True) if token.text != upper else None
    synonym = SYNONYMS.get(upper)
    if synonym in fitting:
        return synonym, False
    near = nearest(upper, fitting)
    if not near:
        return None
    # a word in small letters is more likely a name than a misspelt keyword: what follows has to fit the keyword
    kind = keywords[near[0]]
    after = advance(states, kind)
    fits_on = following is None or following.kind == BAD or (after is not None and advance(after, following.kind))
    if not token.text.isupper() and not fits_on:
        return None
    away = distance(upper, near[0])
    if len(near) > 1 and distance(upper, near[1]) == away:
        better = [n for n in near if _leads_on(states, keywords[n], following)]
        if len(better) != 1:
            return None
        near = (better[0],)
        away = distance(upper, near[0])
    if away > 2:
        return None
    return near[0], away == 1 or (away == 2 and len(near[0]) >= 6)


def _leads_on(states: Sequence[int], kind: str, following: Token | None) -> bool:
    after = advance(states, kind)
    return after is not None and following is not None and advance(after, following.kind) is not None


def keyword_slip(token: Token, keyword: str, certain: bool) -> Slip:
    """The word read as the keyword."""
    kind = words().keywords[keyword]
    if token.text.upper() == keyword:
        message = f"the keyword `{token.text}` is written `{keyword}`"
        return _respelled(KEYWORD_CASE, token, kind, keyword, message, True)
    # INVARIANT: a repair that is made unasked loses no digit: what is left of `AND5 1` would be another number
    certain = certain and not any(c.isdigit() for c in token.text)
    message = f"`{token.text}` is no word of the language: did you mean `{keyword}`?"
    return _respelled(KEYWORD_SPELLING, token, kind, keyword, message, certain)


def _name(place: Place) -> Slip | None:
    """A word that would be a name if it were written like one."""
    token = place.token
    if advance(place.states, "NAME") is None:
        return None
    lower = token.text.lower()
    if _pattern("NAME").fullmatch(lower):
        if token.kind != BAD and not _leads_on(place.states, "NAME", place.following):
            return None
        message = f"names are lowercase: `{token.text}` is written `{lower}`"
        slip = _respelled(NAME_CASE, token, "NAME", lower, message, True)
        ours, advice = foreign_name(lower, ())
        if not ours or (place.following is not None and place.following.text == "("):
            return slip
        # the checker would next say that there is no such name: both are said at once, here
        fix = Fix(f"write `{ours}`", (Edit(token.span, ours),))
        fixes = (fix,) if ours.isidentifier() else ()
        return slip._replace(
            message=f"`{token.text}` is no name here", expected=(f"`{ours}`",), help=advice, fixes=fixes
        )
    if token.kind != BAD:
        return None
    if len(token.text) > 64 and _pattern("NAME").match(lower):
        shown = f"{token.text[:20]}..."
        kind, message = NAME_TOO_LONG, f"the name `{shown}` has {len(token.text)} letters"
        expected, help = "a name of at most 64 letters", "shorten it"
    else:
        kind, message = NAME_LETTERS, f"`{token.text[:64]}` is no name"
        expected, help = "a name that begins with a-z and goes on with a-z, 0-9 and `_`", "rename it"
    instead = Token("NAME", lower, token.start, token.end)
    return Slip(kind, token.span, message, f"`{token.text[:64]}`", (expected,), help, (), (instead,))


def _respelled(kind: DiagnosticKind, token: Token, terminal: str, text: str, message: str, certain: bool) -> Slip:
    return Slip(
        kind,
        token.span,
        message,
        found=f"`{token.text}`",
        expected=(f"`{text}`",),
        help=f"write `{text}`",
        fixes=(Fix(f"write `{text}`", (Edit(token.span, text),), safe=certain),),
        tokens=(Token(terminal, text, token.start, token.end),),
    )
