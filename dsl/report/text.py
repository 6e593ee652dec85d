"""Diagnostics for a person at a terminal: the line, a mark under the place, and what to do."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from tradeplan.dsl.diagnostic import Diagnostic, Severity
from tradeplan.dsl.source import Source, Span

_RED, _YELLOW, _BLUE, _BOLD, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[1m", "\x1b[0m"
_LONGEST_LINE = 160


def _printable(text: str) -> str:
    """Plan text is untrusted: a control character must not drive the terminal."""
    return "".join(
        " " if c == "\t" else "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c)[0] == "C" else c for c in text
    )


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _excerpt(source: Source, span: Span, paint: str, plain: str) -> list[str]:
    line_number, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    line = _printable(source.line(line_number))
    last = end_column - 1 if end_line == line_number else len(line)
    start = max(0, column - 1 - _LONGEST_LINE // 2) if len(line) > _LONGEST_LINE else 0
    shown = line[start : start + _LONGEST_LINE]
    marked = line[column - 1 : max(last, column)]
    gutter = f"{line_number:>5} | "
    padding = " " * (len(gutter) - 2) + "| " + " " * _width(line[start : column - 1])
    marks = "^" * max(1, min(_width(marked), _LONGEST_LINE))
    return [f"{gutter}{shown}", f"{padding}{paint}{marks}{plain}"]


def render_one(diagnostic: Diagnostic, color: bool = False) -> str:
    """One diagnostic as a few lines."""
    red = diagnostic.severity is Severity.ERROR
    paint, bold, blue, plain = (_RED if red else _YELLOW, _BOLD, _BLUE, _PLAIN) if color else ("", "", "", "")
    source = diagnostic.source
    line, column = source.position(diagnostic.span.start)
    name = _printable(source.name)
    head = f"{name}:{line}:{column}: {paint}{diagnostic.severity}[{diagnostic.code}]{plain}"
    lines = [f"{head}: {bold}{_printable(diagnostic.message)}{plain}"]
    lines += _excerpt(source, diagnostic.span, paint, plain)
    if diagnostic.expected:
        words = ", ".join(_printable(e) for e in diagnostic.expected[:12])
        more = len(diagnostic.expected) - 12
        lines.append(f"      {blue}expected{plain}: {words}" + (f", and {more} more" if more > 0 else ""))
    if diagnostic.help:
        lines.append(f"      {blue}help{plain}: {_printable(diagnostic.help)}")
    for fix in diagnostic.fixes:
        how = "`plan check --fix` does it" if fix.safe else "by hand"
        lines.append(f"      {blue}fix{plain}: {_printable(fix.title)} ({how})")
    for span, message in diagnostic.related:
        at_line, at_column = source.position(span.start)
        lines.append(f"      {blue}see{plain} {name}:{at_line}:{at_column}: {_printable(message)}")
    return "\n".join(lines)


def render_text(diagnostics: Sequence[Diagnostic], color: bool = False) -> str:
    """All diagnostics in the order of their places, a blank line between two."""
    return "\n\n".join(render_one(d, color) for d in diagnostics)
