"""Sees through what word processors and chat windows do to a text: curly quotes, long dashes, special blanks.

The text that goes on to the lexer has the same length, so every place stays true; each change is reported with its fix.
"""

from __future__ import annotations

import re
import unicodedata

from tradeplan.dsl.diagnostic import Edit, Fix, Report, diagnostic_kind
from tradeplan.dsl.source import Source, Span

TYPOGRAPHIC = diagnostic_kind(
    "typographic", "Look-alike signs that editors and chats put in are not signs of the language."
)
CONTROL_CHARACTER = diagnostic_kind(
    "control-character", "An invisible character could make a plan read differently than it runs."
)

_MOST = 100
_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02"
_SINGLES = "'\u2018\u2019\u201a"
_BLANKS = "\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_NOTHING = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_SIGNS = {"\u2212": "-", "\u2013": "-", "\u2014": "-", "\u2010": "-", "\u2011": "-", "\u00d7": "*", "\u00f7": "/"}

# patterns that only an odd text needs are compiled when one comes: `re` keeps them
_CONTROLS = f"[{_CONTROL}]+|\r(?!\n)"
_SUSPECT_ASCII = re.compile("['\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_PIECES = (
    r"(?P<comment>#[^\n]*)"
    r'|(?P<text>"[^"\n]*")'
    rf'|(?P<quoted>[{_QUOTES}][^"{_QUOTES}\n]*["{_QUOTES}]|"[^"{_QUOTES}\n]*[{_QUOTES}]'
    rf'|[{_SINGLES}][^"{_SINGLES}\n]*[{_SINGLES}])'
    rf"|(?P<control>[{_CONTROL}]+|\r(?!\n))"
    rf"|(?P<other>[^\x00-\x9f{_CONTROL}]+)"
)


def plain_text(source: Source, report: Report) -> str:
    """The text as the lexer should read it, of the same length."""
    text = source.text
    if text.isascii() and not _SUSPECT_ASCII.search(text):
        return text
    pieces: list[str] = []
    done = 0
    if text.startswith("\ufeff"):
        pieces.append(" ")
        done = 1
    already = len(report.diagnostics)
    for match in re.compile(_PIECES).finditer(text, done):
        quiet = len(report.diagnostics) - already >= _MOST
        start, end = match.span()
        piece = match[0]
        pieces.append(text[done:start])
        done = end
        match match.lastgroup:
            case "comment" | "text":
                pieces.append(_inside(piece, start, report, quiet))
            case "quoted":
                pieces.append(f'"{_inside(piece[1:-1], start + 1, report, quiet)}"')
                if not quiet:
                    _quotes(piece, start, end, report)
            case "control":
                pieces.append(" " * len(piece))
                if not quiet:
                    _control(piece, start, report)
            case _:
                pieces.append(_signs(piece, start, report, quiet))
    pieces.append(text[done:])
    return "".join(pieces)


def _inside(piece: str, start: int, report: Report, quiet: bool) -> str:
    """A comment or a quoted text may hold any letter, but nothing invisible: a blank stands in for it."""

    def blank(match: re.Match[str]) -> str:
        # the carriage return of the line end that a comment runs up to is none of its own
        if match[0] == "\r" and match.end() == len(piece):
            return "\r"
        if not quiet:
            _control(match[0], start + match.start(), report)
        return " " * len(match[0])

    return re.sub(_CONTROLS, blank, piece)


def _control(piece: str, start: int, report: Report) -> None:
    span = Span(start, start + len(piece))
    if piece == "\r":
        fix = Fix("end the line here", (Edit(span, "\n"),))
    else:
        fix = Fix("take it out", (Edit(span, " " if piece in "\x0b\x0c" else ""),), safe=True)
    names = ", ".join(dict.fromkeys(f"U+{ord(c):04X}" for c in piece[:4]))
    report.add(
        CONTROL_CHARACTER,
        span,
        f"an invisible control character ({names}) stands in the text",
        found=names,
        expected=("visible characters, blanks, tabs and line ends",),
        help="a carriage return alone ends no line: use line feeds" if piece == "\r" else "take it out",
        fixes=(fix,),
    )


def _quotes(piece: str, start: int, end: int, report: Report) -> None:
    edits = [Edit(Span(at, at + 1), '"') for at in (start, end - 1) if piece[at - start] != '"']
    report.add(
        TYPOGRAPHIC,
        Span(start, end),
        f"a text stands between straight double quotes, not {piece[0]} and {piece[-1]}",
        found=f"{piece[0]}...{piece[-1]}",
        expected=('`"`',),
        help="turn smart quotes off in the editor, or let `plan check --fix` write the right ones",
        fixes=(Fix("write straight double quotes", tuple(edits), safe=True),),
    )


def _signs(piece: str, start: int, report: Report, quiet: bool) -> str:
    """Look-alikes outside texts and comments; letters of other scripts stay and are refused as words."""
    shown: list[str] = []
    written: list[str] = []
    for c in piece:
        wide = unicodedata.normalize("NFKC", c)
        if c in _NOTHING:
            shown.append(" ")
            written.append("")
        elif c in _BLANKS:
            shown.append(" ")
            written.append(" ")
        elif c in _SIGNS or (len(wide) == 1 and wide.isascii()):
            shown.append(_SIGNS.get(c, wide))
            written.append(_SIGNS.get(c, wide))
        else:
            shown.append(c)
            written.append(c)
    replacement = "".join(written)
    if replacement != piece and not quiet:
        span = Span(start, start + len(piece))
        what = f"`{replacement}`" if replacement.strip() else "a plain blank" if replacement else "nothing"
        names = ", ".join(dict.fromkeys(unicodedata.name(c, f"U+{ord(c):04X}").lower() for c in piece[:3]))
        report.add(
            TYPOGRAPHIC,
            span,
            f"a look-alike sign ({names}) stands where {what} is meant",
            found=f"`{piece}`",
            expected=(what,),
            help="let `plan check --fix` write the plain one",
            fixes=(Fix(f"write {what}", (Edit(span, replacement),), safe=True),),
        )
    return "".join(shown)
