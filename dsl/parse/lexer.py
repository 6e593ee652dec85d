"""Cuts a plan text into tokens and comments; what is no word of the language becomes a `BAD` token for the mender.

The terminals come from the grammar. Unlike a contextual lexer this one does not ask the parser what may follow: a unit
stands only behind a number, a date only behind EXPIRES and in a PARAM, and a word ends where its letters end (so
`closeAND` is one wrong word, not two right ones). That keeps the tokens of a broken text the words that its author
sees.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from tradeplan.dsl.nodes import Text
from tradeplan.dsl.source import Span
from tradeplan.grammar.loader import END, load_tables

BAD = "BAD"
"""The kind of a token that no rule of the grammar takes."""

NUMBERS = frozenset({"INT", "NUMBER"})


class Token(NamedTuple):
    """A word of the text: its terminal, its spelling, its place."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        """The place of the token."""
        return Span(self.start, self.end)


class Words(NamedTuple):
    """The closed vocabularies of the grammar."""

    keywords: dict[str, str]  # spelling -> terminal
    symbols: dict[str, str]  # spelling -> terminal
    units: frozenset[str]


@cache
def words() -> Words:
    """Keywords, symbols and units as the grammar declares them."""
    tables = load_tables()
    keywords = {text: name for name, text in tables.texts.items() if text.isalpha()}
    keywords.update(dict.fromkeys(("BUY", "SELL"), "SIDE"))
    symbols = {text: name for name, text in tables.texts.items() if not text.isalpha()}
    return Words(keywords, symbols, frozenset(tables.patterns["UNIT"].split("|")))


@cache
def _scanner() -> re.Pattern[str]:
    """One pattern for everything; blanks before a token belong to its match, so that each match is one token."""
    patterns = load_tables().patterns
    groups = (
        ("NAME", patterns["NAME"] + r"(?!\w)"),
        ("TIMEFRAME", patterns["TIMEFRAME"] + r"(?!\w)"),
        ("WORD", r"[^\W\d]\w*"),
        ("TIME", patterns["TIME"] + r"(?![\d:])"),
        ("DATE", patterns["DATE"] + r"(?!\d)"),
        ("NUMBER", patterns["NUMBER"] + r"(?!\d|\.\d)"),
        ("INT", patterns["INT"] + r"(?!\d|[.:]\d)"),
        ("DIGITS", r"\d+(?:[.:]\d+)*"),
        ("FOREIGN", r"==|<>|&&|\|\||=>|=<|:="),
        ("CMP", patterns["CMP"]),
        ("SYMBOL", r"[-+*/=.,()\[\]%]"),
        ("COMMENT", r"#[^\n]*"),
        ("STRING", patterns["STRING"]),
        ("QUOTED", r'"[^"\n]*"?'),
        ("OTHER", r"[^ \t\r\n]"),
        # the end is matched too: else a long run of blanks at the end would be searched again from each of them
        ("END", r"\Z"),
    )
    return re.compile(r"[ \t\r\n]*(?:" + "|".join(f"(?P<{name}>{pattern})" for name, pattern in groups) + ")")


def tokenize(text: str) -> tuple[list[Token], tuple[Text, ...]]:
    """All tokens, an `$END` token at the end of the last one, and the comments with their `#`."""
    keywords, symbols, units = words()
    tokens: list[Token] = []
    comments: list[Text] = []
    previous = ""
    for match in _scanner().finditer(text):
        kind = match.lastgroup or BAD
        start, end = match.span(kind)
        word = match[kind]
        if kind == "NAME":
            if previous in NUMBERS and word in units:
                kind = "UNIT"
        elif kind == "SYMBOL":
            kind = symbols.get(word, BAD)
            if word == "%" and previous in NUMBERS:
                kind = "UNIT"
        elif kind == "WORD":
            kind = "UNIT" if previous in NUMBERS and word in units else keywords.get(word, BAD)
        elif kind == "COMMENT":
            comment = word.rstrip()
            comments.append(Text(Span(start, start + len(comment)), comment))
            continue
        elif kind == "DATE":
            if not _date_fits(tokens):
                tokens.extend(_difference(word, start))
                previous = "INT"
                continue
        elif kind == "END":
            break
        elif kind == "DIGITS":
            # too long or malformed, but a number: what stands behind it may be its unit
            tokens.append(Token(BAD, word, start, end))
            previous = "NUMBER"
            continue
        elif kind in {"FOREIGN", "QUOTED", "OTHER"}:
            kind = BAD
        tokens.append(Token(kind, word, start, end))
        previous = kind
    last = tokens[-1].end if tokens else 0
    tokens.append(Token(END, "", last, last))
    return tokens, tuple(comments)


def _date_fits(tokens: list[Token]) -> bool:
    """Whether a date may stand behind these: elsewhere digits and minus signs are a difference."""
    before = [t.kind for t in tokens[-3:]]
    if before[-1:] == ["TO"]:
        return before[-2:-1] != ["STOP"]
    return before[-1:] in (["EXPIRES"], ["FROM"], ["STEP"]) or (before[-1:] == ["EQUAL"] and before[0] == "PARAM")


def _difference(word: str, start: int) -> list[Token]:
    """Digits and minus signs that look like a date where no date may stand."""
    parts = re.finditer(r"\d+|-", word)
    return [
        Token("MINUS" if part[0] == "-" else "INT", part[0], start + part.start(), start + part.end()) for part in parts
    ]
