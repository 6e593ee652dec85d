"""Diagnostics as GitHub workflow commands: they appear beside the line in a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from tradeplan.dsl.diagnostic import Diagnostic


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def render_github(diagnostics: Sequence[Diagnostic]) -> str:
    """One `::error` or `::warning` command a line."""
    lines = []
    for d in diagnostics:
        line, column = d.source.position(d.span.start)
        end_line, end_column = d.source.position(d.span.end)
        place = f"file={_property(d.source.name)},line={line},endLine={end_line},col={column}"
        if end_line == line:
            place += f",endColumn={end_column}"
        text = d.message + (f"; {d.help}" if d.help else "")
        lines.append(f"::{d.severity} {place},title={_property(d.code)}::{_data(text)}")
    return "\n".join(lines)
