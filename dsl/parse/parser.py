"""From text to the syntax tree."""

from __future__ import annotations

from tradeplan.dsl.diagnostic import Report, diagnostic_kind
from tradeplan.dsl.nodes import Expression, File
from tradeplan.dsl.parse.driver import run
from tradeplan.dsl.parse.lexer import tokenize
from tradeplan.dsl.source import Source

UNEXPECTED = diagnostic_kind("unexpected", "A word stands where the grammar has no place for it.")


def parse(source: Source, report: Report) -> File:
    """The blocks of a file; every syntax error goes to the report, and what is whole stays in the file."""
    tokens, comments = tokenize(source.text)
    blocks = run(tokens, "start")
    if blocks is None:
        report.add(UNEXPECTED, tokens[-1].span, "syntax error")
        blocks = ()
    return File(source, blocks, comments)


def parse_expression(source: Source, report: Report) -> Expression | None:
    """A single expression, such as the default of a parameter; None if it is none."""
    tokens, _ = tokenize(source.text)
    value: Expression | None = run(tokens, "expr")
    if value is None:
        report.add(UNEXPECTED, tokens[-1].span, "syntax error")
    return value
