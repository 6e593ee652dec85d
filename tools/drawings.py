"""Draws the bars of `drawings.toml` as SVG: pictures for the pages of functions, tied to them by name."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tradeplan.stdlib.registry import catalog

FILE = Path(__file__).resolve().parent / "drawings.toml"
QUIET = 40
"""So many bars come before the drawn ones and are not drawn: an average true range has to be known."""

STEP, LEFT, RIGHT, TOP, HEIGHT, LOWER = 30, 16, 16, 26, 190, 70
INK, ZONE, LINE, TRUE = "#24292f", "#3b82f6", "#b45309", "#15803d"

Bar = tuple[float, float, float, float]


@dataclass(frozen=True)
class Drawing:
    """A picture of a function: its bars (open, high, low, close) from 1 on, what is marked, what it claims.

    `says`: conditions of the language with the drawn bars on which they are TRUE; on all other drawn bars they are
    not. A test holds the picture to it.
    """

    name: str
    caption: str
    bars: tuple[Bar, ...]
    says: Mapping[str, list[int]]
    parts: Mapping[str, Any]

    @property
    def file(self) -> str:
        """The name of the SVG."""
        return f"{self.name.replace('.', '_')}.svg"

    @property
    def history(self) -> list[Bar]:
        """The bars with the quiet ones ahead of them."""
        base = self.bars[0][0]
        # closes up and down in turn on a slow rise: no bar lies inside the one before, and none is a swing
        floors = [base - 0.01 * (QUIET - i) for i in range(QUIET)]
        quiet = [(at, at + 0.3, at - 0.3, at + (0.1 if i % 2 else -0.1)) for i, at in enumerate(floors)]
        return [*quiet, *self.bars]


@cache
def drawings() -> dict[str, Drawing]:
    """All drawings by the name of their function; raises ValueError where a row is no bar."""
    with FILE.open("rb") as file:
        tables = tomllib.load(file)
    found = {}
    for name, table in tables.items():
        bars = tuple(_bar(name, line) for line in table["bars"].strip().splitlines())
        says = table.get("says", {})
        parts = {key: table[key] for key in table.keys() - {"bars", "says", "caption"}}
        found[name] = Drawing(name, table["caption"], bars, says, parts)
    return found


def _bar(name: str, line: str) -> Bar:
    opened, high, low, close = (float(word) for word in line.split())
    if not low <= min(opened, close) <= max(opened, close) <= high:
        raise ValueError(f"drawing `{name}`: `{line.strip()}` is no bar of open, high, low and close")
    return opened, high, low, close


def svg(drawing: Drawing) -> str:
    """The picture: bars, and what is marked in them."""
    return _Canvas(drawing).text()


class _Canvas:
    """Places bars and prices on a picture."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        prices = [p for bar in drawing.bars for p in bar[1:3]]
        for part in ("zones", "lines", "paths"):
            for item in drawing.parts.get(part, ()):
                prices += [item[k] for k in ("low", "high", "price") if k in item]
                prices += [p for _, p in item.get("points", ())]
        self.low, self.high = min(prices), max(prices)
        self.panel = LOWER + 14 if "panel" in drawing.parts else 0
        self.width = LEFT + STEP * len(drawing.bars) + RIGHT + int(drawing.parts.get("room", 0))
        self.height = TOP + HEIGHT + TOP + self.panel

    def x(self, bar: float) -> float:
        """The middle of a bar."""
        return LEFT + STEP * (bar - 0.5)

    def y(self, price: float) -> float:
        """The height of a price."""
        return round(TOP + HEIGHT * (self.high - price) / (self.high - self.low), 1)

    def text(self) -> str:
        """The whole file."""
        parts = self.drawing.parts
        body = [
            *self._spans(parts.get("spans", ())),
            *self._zones(parts.get("zones", ())),
            *self._lines(parts.get("lines", ())),
            *(self._candle(i, bar) for i, bar in enumerate(self.drawing.bars, start=1)),
            *self._paths(parts.get("paths", ())),
            *self._marks(parts.get("marks", ())),
            *(self._panel(parts["panel"]) if "panel" in parts else ()),
        ]
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" font-family="sans-serif" font-size="12" role="img">'
        )
        title = f"<title>{escape(self.drawing.name)}: {escape(self.drawing.caption)}</title>"
        paper = f'<rect width="{self.width}" height="{self.height}" fill="#ffffff"/>'
        return "\n".join([head, title, paper, *body, "</svg>"]) + "\n"

    def _candle(self, number: int, bar: Bar) -> str:
        opened, high, low, close = bar
        x, top, bottom = self.x(number), self.y(max(opened, close)), self.y(min(opened, close))
        fill = "#ffffff" if close >= opened else INK
        return (
            f'<path d="M{x} {self.y(high)}V{self.y(low)}" stroke="{INK}"/>'
            f'<rect x="{x - 7}" y="{top}" width="14" height="{max(bottom - top, 1.5):.1f}" fill="{fill}" '
            f'stroke="{INK}"/>'
        )

    def _zones(self, zones: Iterable[Mapping[str, Any]]) -> Iterable[str]:
        for zone in zones:
            left, right = self.x(zone["from"]) - STEP / 2, self.x(zone["to"]) + STEP / 2
            top, bottom = self.y(zone["high"]), self.y(zone["low"])
            yield (
                f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top:.1f}" fill="{ZONE}" '
                f'fill-opacity="0.18" stroke="{ZONE}" stroke-opacity="0.5"/>'
            )
            yield self._label(right + 3, (top + bottom) / 2 + 4, zone.get("label", ""), ZONE)

    def _spans(self, spans: Iterable[Mapping[str, Any]]) -> Iterable[str]:
        for span in spans:
            left, right = self.x(span["from"]) - STEP / 2, self.x(span["to"]) + STEP / 2
            yield (
                f'<rect x="{left}" y="{TOP}" width="{right - left}" height="{HEIGHT}" fill="{LINE}" '
                'fill-opacity="0.10"/>'
            )
            yield self._label((left + right) / 2, TOP - 8, span["label"], LINE, "middle")

    def _lines(self, lines: Iterable[Mapping[str, Any]]) -> Iterable[str]:
        for line in lines:
            y, right = self.y(line["price"]), self.x(line["to"]) + STEP / 2
            yield f'<path d="M{self.x(line["from"])} {y}H{right}" stroke="{LINE}" stroke-dasharray="5 3"/>'
            yield self._label(right + 3, y + 4, line.get("label", ""), LINE)

    def _paths(self, paths: Iterable[Mapping[str, Any]]) -> Iterable[str]:
        for path in paths:
            points = " ".join(f"{self.x(bar)},{self.y(price)}" for bar, price in path["points"])
            yield f'<polyline points="{points}" fill="none" stroke="{LINE}" stroke-width="2"/>'
            bar, price = path["points"][-1]
            yield self._label(self.x(bar) + 10, self.y(price) + 4, path.get("label", ""), LINE)

    def _marks(self, marks: Iterable[Mapping[str, Any]]) -> Iterable[str]:
        for mark in marks:
            x = self.x(mark["bar"])
            bar = self.drawing.bars[mark["bar"] - 1]
            y = self.y(bar[2]) + 16 if mark.get("below") else self.y(bar[1]) - 7
            yield self._label(x, y, mark["text"], TRUE if mark["text"] == "TRUE" else INK, "middle")

    def _panel(self, panel: Mapping[str, Any]) -> Iterable[str]:
        """A function of the closes below the bars, computed by its own step."""
        values = _computed(panel["function"], panel["arguments"], [bar[3] for bar in self.drawing.history])[QUIET:]
        low, high, top = min(values), max(values), TOP + HEIGHT + 26
        heights = [round(top + LOWER * (high - v) / (high - low), 1) for v in values]
        points = " ".join(f"{self.x(i)},{y}" for i, y in enumerate(heights, start=1))
        yield f'<polyline points="{points}" fill="none" stroke="{ZONE}" stroke-width="2"/>'
        yield self._label(LEFT, top - 6, panel["label"], ZONE)
        for first, second in panel.get("join", ()):
            yield (
                f'<path d="M{self.x(first)} {heights[first - 1]}L{self.x(second)} {heights[second - 1]}" '
                f'stroke="{LINE}" stroke-dasharray="5 3"/>'
            )

    def _label(self, x: float, y: float, text: str, colour: str, anchor: str = "start") -> str:
        return f'<text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}">{escape(text)}</text>' if text else ""


def _computed(name: str, arguments: list[float], closes: list[float]) -> list[float]:
    """The first output of a function of closes, bar by bar."""
    function = catalog()[name]
    assert function.step is not None, "only functions with a step have a panel"
    f, k, ring = [0.0] * function.floats, [0] * function.integers, [0.0] * function.ring(arguments)
    values = []
    for close in closes:
        out = [float("nan")] * len(function.outputs)
        function.step(f, k, ring, [float(a) for a in arguments], [close], out)
        values.append(out[0])
    return values
