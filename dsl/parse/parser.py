"""From text to the syntax tree."""

from __future__ import annotations

from tradeplan.dsl.diagnostic import Report
from tradeplan.dsl.nodes import Expression, File, Identifier
from tradeplan.dsl.parse.driver import run
from tradeplan.dsl.parse.lexer import tokenize
from tradeplan.dsl.parse.limits import few_enough, shallow_enough, small_enough
from tradeplan.dsl.parse.mend import UNEXPECTED, Mender
from tradeplan.dsl.parse.plain import plain_text
from tradeplan.dsl.source import Source


def parse(source: Source, report: Report) -> File:
    """The blocks of a file; every syntax error goes to the report, and what is whole stays in the file.

    A text beyond the bounds of `limits` gives one error and a file without blocks.
    """
    if not small_enough(source, report):
        return File(source, ())
    text = plain_text(source, report)
    tokens, comments = tokenize(text)
    if not (few_enough(tokens, report) and shallow_enough(tokens, report)):
        return File(source, (), comments)
    blocks = run(tokens, "start")
    if blocks is not None:
        return File(source, blocks, comments)
    mender = Mender(text, tokens, report)
    # INVARIANT: what the mender returns is of the language; an empty name marks a block whose head could not be read
    blocks = run(mender.mend(), "start")
    whole = tuple(block for block in blocks if block.name.text)
    lost = tuple(Identifier(token.span, token.text) for token in mender.lost)
    return File(source, whole, comments, lost, tuple(token.span for token in mender.holes))


def parse_expression(source: Source, report: Report) -> Expression | None:
    """A single expression, such as the default of a parameter; None, and an error, if the text is none."""
    if not small_enough(source, report):
        return None
    tokens, _ = tokenize(plain_text(source, report))
    if not (few_enough(tokens, report) and shallow_enough(tokens, report)):
        return None
    value: Expression | None = run(tokens, "expr")
    if value is None:
        place = tokens[0].span.to(tokens[-1].span)
        report.add(UNEXPECTED, place, "this is no expression of the plan language", help="write a value or a condition")
    return value
