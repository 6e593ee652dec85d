"""Each name that a plan uses, with what it expands to."""

from __future__ import annotations

from collections.abc import Mapping

from tradeplan.dsl.catalog import Calendar, Field, Function, Named
from tradeplan.dsl.check.context import Use
from tradeplan.dsl.explain.certificate import bar_lanes
from tradeplan.dsl.format import expression_text
from tradeplan.dsl.source import Source


def _call(use: Use, function: Function) -> str:
    parts = []
    for parameter in function.parameters:
        given = use.arguments.get(parameter.name)
        text = ", ".join(expression_text(e) for e in given) if given else (parameter.default or "")
        parts.append(f"{parameter.name}={text}")
    return f"{function.name}({', '.join(parts)})"


def _reads(function: Function) -> str:
    words = []
    for read in function.reads:
        match read:
            case Field():
                words.append(read.name)
            case Calendar():
                words.append(f"{read.what} of {read.zone}")
            case Named():
                arguments = ", ".join(str(a) for a in read.arguments)
                words.append(f"{read.name}({arguments})")
    return f"reads {', '.join(words)}" if words else ""


def name_rows(uses: list[Use], source: Source, definitions: Mapping[str, str]) -> list[list[str]]:
    """Rows of: as written, expansion, where it is read, kind; each name once."""
    rows: list[list[str]] = []
    seen: set[tuple[str, str]] = set()
    for use in uses:
        written = " ".join(source.slice(use.span).split())
        function = use.function
        if function is None:
            expansion = definitions.get(use.name, "")
            lanes = sorted(bar_lanes(use.value.node))
            where = ", ".join(f"{lane.market} {lane.timeframe}" for lane in lanes) or "the position"
            where = "a constant" if expansion and not lanes else where
        else:
            expansion = f"{_call(use, function)}: {function.summary}"
            details = (function.expands and f"is `{function.expands}`") or _reads(function)
            expansion += f" ({details})" if details else ""
            where = f"{use.view.facts.name} {use.view.timeframe}" if use.view is not None else "any clock"
        key = (written, where)
        if key in seen:
            continue
        seen.add(key)
        rows.append([written, where, str(use.value.kind), expansion])
    return rows
