"""Pieces of plan text that functions bring along: defaults of parameters, and expressions that they stand for."""

from __future__ import annotations

import re
from functools import cache

from tradeplan.dsl.diagnostic import Report
from tradeplan.dsl.nodes import Expression, Name, Number, Quantity
from tradeplan.dsl.parse import parse_expression
from tradeplan.dsl.source import Source, Span

_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z%]+)?")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@cache
def fragment(text: str) -> Expression:
    """The tree of an expression of the catalog; raises ValueError if it is none, which its author must repair."""
    span = Span(0, len(text))
    if _NAME.fullmatch(text):
        return Name(span, text)
    literal = _QUANTITY.fullmatch(text)
    if literal is not None:
        number, unit = literal.groups()
        return Quantity(span, number, unit) if unit else Number(span, number)
    report = Report(Source("<catalog>", text))
    expression = parse_expression(report.source, report)
    if expression is None or not report.ok:
        raise ValueError(f"`{text}` is no expression of the plan language")
    return expression
