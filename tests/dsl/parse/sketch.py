"""A tree as one line of text, for expected values that are written by hand."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from tradeplan.dsl.diagnostic import Report
from tradeplan.dsl.nodes import (
    Call,
    ClockTime,
    Date,
    Identifier,
    MaxPer,
    Member,
    Name,
    Number,
    Quantity,
    Text,
    Timeframe,
)
from tradeplan.dsl.parse import parse
from tradeplan.dsl.source import Source, Span

HEAD = "PLAN p TRADE btc ON M5\n"


def sketch(node: Any) -> str:
    """`(Kind part part ...)`; leaves as written, without blanks; places left out."""
    match node:
        case None:
            return "-"
        case tuple() if not hasattr(node, "_fields"):
            return "[" + " ".join(sketch(n) for n in node) + "]"
        case Number(text=text) | ClockTime(text=text) | Date(text=text) | Identifier(text=text):
            return text
        case Text(text=text):
            return f'"{text}"'
        case Quantity(text=text, unit=unit):
            return text + unit
        case Timeframe(code=code):
            return code
        case Name(name=name, call=call):
            return name if call is None else f"{name}{sketch(call)}"
        case Member(base=base, name=name, call=call):
            return f"{sketch(base)}.{name}{'' if call is None else sketch(call)}"
        case Call(arguments=arguments):
            return "<" + " ".join(sketch(a.value) for a in arguments) + ">"
        case tuple() | MaxPer():
            values = [getattr(node, f.name) for f in fields(node)] if is_dataclass(node) else node
            return " ".join([f"({type(node).__name__}", *(sketch(v) for v in values if not isinstance(v, Span))]) + ")"
        case _:
            return str(node)


def read(text: str) -> tuple[Any, Report]:
    """The file and the report of a text."""
    report = Report(Source("t.plan", text))
    return parse(report.source, report), report


def items(body: str) -> list[str]:
    """The sketches of the statements of a plan that must be right."""
    file, report = read(HEAD + body)
    assert report.diagnostics == []
    return [sketch(item) for item in file.blocks[0].items]
