"""Numbers out of bounds, clock times without their zero, texts without an end, units as other people write them."""

from __future__ import annotations

import re

from tradeplan.dsl.diagnostic import Edit, Fix, diagnostic_kind
from tradeplan.dsl.parse.driver import advance
from tradeplan.dsl.parse.lexer import BAD, NUMBERS, Token
from tradeplan.dsl.parse.place import Place, Slip
from tradeplan.dsl.parse.vocabulary import CURRENCY_SIGNS
from tradeplan.dsl.source import Span

NUMBER_TOO_LONG = diagnostic_kind("number-too-long", "No price or size needs more digits than the bounds allow.")
NUMBER_FORM = diagnostic_kind("number-form", "A number is digits, with a point and digits behind it if need be.")
CLOCK_TIME_FORM = diagnostic_kind("clock-time-form", "A clock time has two digits on each side of the colon.")
TEXT_TOO_LONG = diagnostic_kind("text-too-long", "A text is shown on one line, so its length is bounded.")
UNCLOSED_TEXT = diagnostic_kind("unclosed-text", "A text ends on its line with the quote it began with.")
MONEY_FORM = diagnostic_kind("money-form", "An amount of money is a number and the code of its currency.")

_SHORT_TIME = r"([0-9]):([0-9]{2})"


def literal_slip(place: Place) -> Slip | None:
    """A number or text that the lexer could not take."""
    token = place.token
    if token.kind == "DOT":
        return _bare_point(place)
    if token.kind != BAD:
        return None
    if token.text.startswith('"'):
        return _text(place)
    if token.text in CURRENCY_SIGNS:
        return _money(place)
    if token.text[0].isdigit():
        return _digits(place)
    return None


def _text(place: Place) -> Slip | None:
    if advance(place.states, "STRING") is None:
        return None
    token = place.token
    closed = len(token.text) > 1 and token.text.endswith('"')
    instead = (Token("STRING", token.text if closed else token.text.rstrip() + '"', token.start, token.end),)
    if closed:
        length = len(token.text) - 2
        message = f"the text has {length} letters"
        return Slip(
            TEXT_TOO_LONG, token.span, message, message[9:], ("at most 200 letters",), "shorten it", (), instead
        )
    end = token.start + len(token.text.rstrip())
    return Slip(
        UNCLOSED_TEXT,
        Span(token.start, end),
        "the text has no closing quote on its line",
        found=f"`{token.text.rstrip()[:40]}`",
        expected=('`"` before the end of the line',),
        help='close the text with `"`',
        fixes=(Fix('write `"` at the end of the line', (Edit(Span(end, end), '"'),)),),
        tokens=instead,
    )


def _digits(place: Place) -> Slip | None:
    token = place.token
    short = re.fullmatch(_SHORT_TIME, token.text)
    if short and advance(place.states, "TIME") is not None:
        full = f"0{token.text}"
        return Slip(
            CLOCK_TIME_FORM,
            token.span,
            f"the clock time `{token.text}` is written `{full}`",
            found=f"`{token.text}`",
            expected=(f"`{full}`",),
            help=f"write `{full}`",
            fixes=(Fix(f"write `{full}`", (Edit(token.span, full),), safe=True),),
            tokens=(Token("TIME", full, token.start, token.end),),
        )
    if ":" in token.text:
        if advance(place.states, "TIME") is None:
            return None
        if place.behind(1) in {"TARGET", "AT", "STOP"}:
            return _ratio(place)
        instead = (Token("TIME", "00:00", token.start, token.end),)
        shown = f"`{token.text[:30]}`"
        forms = ("a clock time such as `08:30` or `16:45:30`",)
        return Slip(
            CLOCK_TIME_FORM, token.span, f"{shown} is no clock time", shown, forms, "write `hh:mm`", (), instead
        )
    kind = "INT" if token.text.isdigit() else "NUMBER"
    if advance(place.states, kind) is None:
        return None
    shown = f"`{token.text[:30]}`"
    if token.text.count(".") > 1 or not token.text.isascii():
        instead = (Token(kind, "1", token.start, token.end),)
        forms = ("digits with at most one point, such as `1.1050`",)
        return Slip(NUMBER_FORM, token.span, f"{shown} is no number", shown, forms, "write it as `1.5`", (), instead)
    whole, _, decimals = token.text.partition(".")
    what = f"{len(whole)} digits before the point" if len(whole) > 7 else f"{len(decimals)} decimals"
    return Slip(
        NUMBER_TOO_LONG,
        token.span,
        f"the number {shown} is too long: it has {what}",
        found=what,
        expected=("at most 7 digits before the point", "at most 9 decimals"),
        help="round it",
        fixes=(),
        tokens=(Token(kind, token.text[:30], token.start, token.end),),
    )


def _ratio(place: Place) -> Slip:
    """`TARGET 1:2`: how far to go for what is risked."""
    token = place.token
    return Slip(
        NUMBER_FORM,
        token.span,
        f"`{token.text[:30]}` is no price and no distance",
        found=f"`{token.text[:30]}`",
        expected=("a distance such as `2R` or `3 ATR`", "a price"),
        help="R is the distance to the stop: a risk to reward of 1 to 2 is `TARGET 2R`",
        fixes=(),
        tokens=(Token("INT", "1", token.start, token.start), Token("UNIT", "R", token.start, token.end)),
    )


def _money(place: Place) -> Slip | None:
    """`$100`."""
    token, number = place.token, place.following
    if number is None or number.kind not in NUMBERS or advance(place.states, number.kind) is None:
        return None
    unit = CURRENCY_SIGNS[token.text]
    span, text = Span(token.start, number.end), f"{number.text} {unit}"
    return Slip(
        MONEY_FORM,
        span,
        f"money is written with the code of its currency: did you mean `{text}`?",
        found=f"`{place.text[span.start : span.end]}`",
        expected=(f"`{text}`",),
        help="write the amount and the currency of the account; a price is a bare number",
        fixes=(Fix(f"write `{text}`", (Edit(span, text),)),),
        tokens=(number, Token("UNIT", unit, number.end, number.end)),
        consumed=2,
        guessed=True,
    )


def _bare_point(place: Place) -> Slip | None:
    """`.5` and `5.`: a number lacks its zero."""
    token, following, previous = place.token, place.following, place.previous
    if following is not None and following.kind == "INT" and following.start == token.end:
        if advance(place.states, "NUMBER") is None:
            return None
        text, span, consumed = f"0.{following.text}", Span(token.start, following.end), 2
        edit = Edit(Span(token.start, token.start), place.spaced("0").rstrip())
        instead: tuple[Token, ...] = (Token("NUMBER", text, token.start, following.end),)
    elif previous is not None and previous.kind == "INT" and previous.end == token.start:
        text, span, consumed = previous.text, Span(previous.start, token.end), 1
        edit = Edit(token.span, "")
        instead = ()
    else:
        return None
    return Slip(
        NUMBER_FORM,
        span,
        f"a number has digits on both sides of its point: write `{text}`",
        found=f"`{place.text[span.start : span.end]}`",
        expected=(f"`{text}`",),
        help=f"write `{text}`",
        fixes=(Fix(f"write `{text}`", (edit,), safe=True),),
        tokens=instead,
        consumed=consumed,
    )
