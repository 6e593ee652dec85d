"""The comparisons inside a condition with their figures: value, threshold, and how far one is from the other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import Lane, Node, Op
from tradeplan.dsl.kinds import Base, Kind
from tradeplan.runtime.watch.reading import COMPARISONS, Reading

_SIGNS = {Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">=", Op.EQ: "=", Op.NE: "!="}
_JOINED = {Op.ADD: "+", Op.SUB: "-", Op.MUL: "*", Op.DIV: "/", Op.AND: "AND", Op.OR: "OR", **_SIGNS}
_TRUTHS = {0: "FALSE", 1: "UNKNOWN", 2: "TRUE", None: "open"}

CLOCK = "s of day"
NO_CROSSING = "on the bar before it was not FALSE, so nothing crosses"


@dataclass(frozen=True, slots=True)
class Figure:
    """A comparison: `value sign threshold`; `distance` is how far the value is from the threshold, NaN if unknown.

    `unit`: `` (a plain number), `ms` (a span) or `s of day` (a time of day). `note`: why a comparison that holds makes
    no crossing, else empty.
    """

    text: str
    truth: str
    value: float
    sign: str
    threshold: float
    distance: float
    unit: str = ""
    note: str = ""


def truth_text(truth: int | None) -> str:
    """FALSE, UNKNOWN or TRUE; `open` where it depends on steps that are not kept."""
    return _TRUTHS[truth]


def figures(reading: Reading, node: Node, catalog: Catalog, home: Lane, place: int | None = None) -> Iterator[Figure]:
    """Every comparison that a condition is made of, each on the bar that the step saw of its lane."""
    if node.op in COMPARISONS:
        a, b = (reading.value(x, place) for x in node.inputs)
        unit = _unit(node.inputs[0], catalog) or _unit(node.inputs[1], catalog)
        truth = 1 if math.isnan(a) or math.isnan(b) else 2 if COMPARISONS[node.op](a, b) else 0
        sides = (
            number_text(v, unit) if x.op is Op.CONST else node_text(x, catalog, home)
            for x, v in zip(node.inputs, (a, b), strict=True)
        )
        text = f" {_SIGNS[node.op]} ".join(sides)
        yield Figure(text, truth_text(truth), a, _SIGNS[node.op], b, abs(a - b), unit)
    elif node.op is Op.JOIN:
        shown = reading.source(node, place)
        if shown is not None:
            yield from figures(reading, node.inputs[0], catalog, home, shown)
    elif node.op is Op.AGO and place is not None:
        yield from figures(reading, node.inputs[0], catalog, home, place - int(str(node.data[0])))
    elif node.op is Op.BECAME:
        crossed = reading.truth(node, place) == 2
        for figure in figures(reading, node.inputs[0], catalog, home, place):
            yield figure if crossed or figure.truth != "TRUE" else replace(figure, note=NO_CROSSING)
    elif node.op in (Op.AND, Op.OR, Op.NOT, Op.FOR, Op.WITHIN, Op.KNOWN):
        for x in node.inputs:
            if x.condition:
                yield from figures(reading, x, catalog, home, place)


def node_text(node: Node, catalog: Catalog, home: Lane) -> str:
    """A node as a plan would write it, near enough to be found there."""

    def of(x: Node) -> str:
        return node_text(x, catalog, home)

    match node.op:
        case Op.CONST:
            return f"{float(str(node.data[0])):.8g}"
        case Op.JOIN:
            return of(node.inputs[0])
        case Op.FIELD | Op.FEATURE:
            return _view(node, home) + str(node.data[0])
        case Op.POSITION | Op.CALENDAR:
            return str(node.data[0])
        case Op.AT_ENTRY:
            return f"at_entry({of(node.inputs[0])})"
        case Op.OUTPUT:
            call = node.inputs[0]
            name, outputs = str(call.data[0]), catalog[str(call.data[0])].outputs
            if _unit(node, catalog) == CLOCK:
                return _view(node, home) + name  # its zone is a number here, which nobody would know again
            given = ", ".join(f"{v:.8g}" for v in call.data[1:-1] if isinstance(v, float))
            index = int(str(node.data[0]))
            which = f".{outputs[index].name}" if index else ""
            return f"{_view(node, home)}{name}{f'({given})' if given else ''}{which}"
        case Op.AGO:
            return f"{of(node.inputs[0])}[{node.data[0]}]"
        case Op.NOT | Op.NEG | Op.ABS | Op.KNOWN | Op.BECAME:
            word = {Op.NOT: "NOT ", Op.NEG: "-", Op.BECAME: ""}.get(node.op, f"{node.op} ")
            return word + of(node.inputs[0])
        case Op.FOR | Op.WITHIN:
            return f"{of(node.inputs[0])} {node.op.upper()} {node.data[0]} bars"
        case op if op in _JOINED:
            return f" {_JOINED[op]} ".join(of(x) for x in node.inputs)
        case op:
            return f"{op}({', '.join(of(x) for x in node.inputs)})"


def _view(node: Node, home: Lane) -> str:
    lane = node.lane
    if lane is None or lane.steps or (lane.market, lane.timeframe) == (home.market, home.timeframe):
        return ""
    return f"{lane.timeframe}." if lane.market == home.market else f"{lane.market}.{lane.timeframe}."


def _unit(node: Node, catalog: Catalog) -> str:
    if node.op is Op.POSITION and node.data[0] == "held":
        return "ms"
    if node.op is Op.JOIN or node.op is Op.AGO:
        return _unit(node.inputs[0], catalog)
    if node.op is Op.OUTPUT:
        call = node.inputs[0]
        kind = catalog[str(call.data[0])].outputs[int(str(node.data[0]))].kind
        if isinstance(kind, Kind):
            return {Base.CLOCK_TIME: CLOCK, Base.DURATION: "ms"}.get(kind.base, "")
    return ""


def number_text(value: float, unit: str = "", distance: bool = False) -> str:
    """A number as a person reads it: eight digits; spans and times of day in their own form."""
    if math.isnan(value):
        return "UNKNOWN"
    if unit == CLOCK and not distance:
        seconds = int(value)
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}" + (f":{seconds % 60:02d}" if seconds % 60 else "")
    if unit:
        seconds_long = value if unit == CLOCK else value / 1000
        return f"{seconds_long / 60:.8g}m" if seconds_long >= 60 or seconds_long == 0 else f"{seconds_long:.8g}s"
    return f"{value:.8g}"
