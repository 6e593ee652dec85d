"""Finds the repair of one wrong word: what its author most likely meant, and whether that is certain."""

from __future__ import annotations

from collections.abc import Callable

from tradeplan.dsl.diagnostic import Edit, Fix, diagnostic_kind
from tradeplan.dsl.parse.driver import accepted, advance
from tradeplan.dsl.parse.expected import expected_units
from tradeplan.dsl.parse.lexer import BAD, NUMBERS, Token, words
from tradeplan.dsl.parse.place import Place, Slip
from tradeplan.dsl.parse.slips_in_brackets import MISSING_WORD, unclosed_call
from tradeplan.dsl.parse.slips_in_literals import literal_slip
from tradeplan.dsl.parse.slips_in_units import exponent_slip, unit_slip, unknown_unit_slip
from tradeplan.dsl.parse.slips_in_words import previous_word_slip, timeframe_slip, word_slip
from tradeplan.dsl.parse.slips_of_habit import habit_slip
from tradeplan.dsl.parse.slips_of_language import language_slip
from tradeplan.dsl.parse.vocabulary import SIGNS
from tradeplan.dsl.source import Span
from tradeplan.grammar.loader import END

FOREIGN_SIGN = diagnostic_kind("foreign-sign", "Operators of other languages have one spelling here.")
MISSING_UNIT = diagnostic_kind("missing-unit", "A number without its unit could mean anything.")
STRAY_SIGN = diagnostic_kind("stray-sign", "A sign stands where none belongs.")

_CERTAIN = frozenset({"THEN", "TO", "ON", "COMMA"})
_INSERTED = ("THEN", "COMMA", "TO", "ON", "TRADE", "AT", "FOR", "PER", "EQUAL", "RPAR", "RSQB", "STOP")
_SPANS = frozenset({"bar", "bars", "ms", "s", "m", "h", "d", "w"})
_MOST_RISK = 20
_PARTS = frozenset({"CLOSE", "ADD", "TAKE"})
_ACTIONS = frozenset({"SIDE", "CLOSE", "ADD", "MOVE", "CANCEL", "HALT", "FLATTEN", "ALERT"})


def slip_at(place: Place) -> Slip | None:
    """The repair of the token that cannot stand at the place, or None."""
    attempts: tuple[Callable[[Place], Slip | None], ...] = (
        _sign,
        habit_slip,
        language_slip,
        literal_slip,
        timeframe_slip,
        exponent_slip,
        unit_slip,
        word_slip,
        previous_word_slip,
        unknown_unit_slip,
        _missing_unit,
        unclosed_call,
        _missing_word,
        _stray,
    )
    for attempt in attempts:
        slip = attempt(place)
        if slip is not None:
            return slip
    return None


def _sign(place: Place) -> Slip | None:
    """`==`, `&&`, `<>` and their like."""
    token = place.token
    meant = SIGNS.get(token.text) if token.kind == BAD else None
    if meant is None:
        return None
    kind = words().keywords.get(meant) or ("EQUAL" if meant == "=" else "CMP")
    if advance(place.states, kind) is None:
        return None
    written = place.spaced(meant) if meant.isalpha() else meant
    return Slip(
        FOREIGN_SIGN,
        token.span,
        f"`{token.text}` is written `{meant}`",
        found=f"`{token.text}`",
        expected=(f"`{meant}`",),
        help=f"write `{meant}`",
        fixes=(Fix(f"write `{meant}`", (Edit(token.span, written),), safe=True),),
        tokens=(Token(kind, meant, token.start, token.end),),
    )


def _missing_unit(place: Place) -> Slip | None:
    """`RISK 0.5 STOP ...`: a number where only a quantity may stand."""
    number = place.previous
    if number is None or number.kind not in NUMBERS or advance(place.states, "UNIT") is None:
        return None
    states = advance(place.states, "UNIT")
    if states is None or advance(states, place.token.kind) is None:
        return None
    before = place.behind(2)
    units = expected_units(before)
    # `CLOSE 0.5` is a half; and nobody risks a quarter of all: a large number behind RISK is money
    part = before in _PARTS and 0 < float(number.text) <= 1
    share = f"{float(number.text) * 100:g}" if part else number.text
    percent = "`%`" in units and not (before == "RISK" and float(number.text) > _MOST_RISK)
    fixes = (Fix(f"write `{share}%`", (Edit(number.span, f"{share}%"),)),) if percent else ()
    example = "USD" if before == "RISK" and not percent else units[0].strip("`")
    joined = f"{share}{' ' * (len(example) > 1)}{example}"
    return Slip(
        MISSING_UNIT,
        number.span,
        f"`{number.text}` needs a unit here",
        found=f"`{number.text}`",
        expected=units,
        help=f"put the unit behind the number, such as `{joined}`",
        fixes=fixes,
        guessed=True,
        tokens=(Token("UNIT", "%" if fixes else units[0].strip("`"), number.end, number.end),),
        consumed=0,
    )


def _missing_word(place: Place) -> Slip | None:
    """One fixed word or sign that, put in front of the wrong token, lets it stand."""
    token, previous = place.token, place.previous
    if previous is None or token.kind == BAD:
        return None
    fitting = []
    for kind in _INSERTED:
        if not _likely(kind, place):
            continue
        states = advance(place.states, kind)
        if states is not None and advance(states, token.kind) is not None:
            fitting.append(kind)
    if len(fitting) != 1:
        return None
    kind = fitting[0]
    text = next(text for text, k in (words().keywords | words().symbols).items() if k == kind)
    glued = kind in {"COMMA", "RPAR", "RSQB"}
    at = Span(previous.end, previous.end) if glued else Span(token.start, token.start)
    written = text if glued else f"{text} "
    where = f"behind `{previous.text}`" if glued or not token.text else f"in front of `{token.text}`"
    return Slip(
        MISSING_WORD,
        previous.span if glued or not token.text else token.span,
        f"`{text}` is missing {where}",
        found=f"`{token.text}`" if token.text else "the end of the file",
        expected=(f"`{text}`",),
        help=f"write `{text}` {where}",
        fixes=(Fix(f"write `{text}` {where}", (Edit(at, written),), safe=kind in _CERTAIN),),
        tokens=(Token(kind, text, at.start, at.end),),
        consumed=0,
    )


def _likely(kind: str, place: Place) -> bool:
    """Whether leaving the word out here is a slip that people make, not just one that the grammar could mend."""
    match kind:
        case "COMMA":
            # `CLOSE WHEN ...` on a line of its own is a rule written backwards, not an action more
            backwards = place.following is not None and place.following.kind == "WHEN"
            return place.token.kind in _ACTIONS and not backwards
        case "FOR":
            unit = place.following.text if place.following is not None else ""
            return place.token.kind in NUMBERS and place.behind(1) not in NUMBERS and unit in _SPANS
        case "EQUAL":
            return place.behind(2) in {"LET", "PARAM"}
        case _:
            return True


def _stray(place: Place) -> Slip | None:
    """A sign or a doubled word without which everything fits."""
    token, following = place.token, place.following
    if following is None:
        return None
    punctuation = token.kind in {"COMMA", "RPAR", "RSQB", "DOT"} or token.text in {";", ":", "{", "}", "`", "'", "\\"}
    repeatable = token.kind in {"NAME", "INT", "NUMBER", "UNIT", "LPAR", "MINUS", "STRING", BAD}
    doubled = place.previous is not None and place.previous.text == token.text and not repeatable
    if not (punctuation or doubled):
        return None
    if token.kind in {"COMMA", "RPAR", "RSQB"} and not doubled and advance(place.states, "NAME") is not None:
        return None  # something is missing in front of it
    fits = advance(place.states, following.kind) is not None
    if not fits and not (token.text in {";", ":"} and following.kind in {BAD, "NAME"}):
        return None
    # `;` ends a line elsewhere; in the middle of one something else may have been meant
    ends = token.text == ";" and (following.kind == END or "\n" in place.text[token.end : following.start])
    certain = ends or (doubled and token.text.isalpha())
    # with a doubled word goes the blank in front of it
    edit = Edit(Span(place.taken[-1].end, token.end) if doubled else token.span, "")
    help = "statements need no sign at their end" if token.text == ";" else "take it out"
    return Slip(
        STRAY_SIGN,
        token.span,
        f"`{token.text}` stands twice" if doubled else f"`{token.text}` has nothing to do here",
        found=f"`{token.text}`",
        expected=() if doubled or not accepted(place.states) else (f"no `{token.text}`",),
        help=help,
        fixes=(Fix(f"take `{token.text}` out", (edit,), safe=certain),),
        tokens=(),
    )
