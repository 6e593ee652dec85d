"""Patterns that come to be seen while a run steps: told for people, and read by nothing that decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import Lane, Node, Op
from tradeplan.runtime.engine.evaluator import Evaluator

CATEGORIES = frozenset({"institutional", "order_flow"})
"""Categories of functions whose conditions are patterns."""
_TRUE = 2


@dataclass(frozen=True, slots=True)
class Detection:
    """A pattern became TRUE on a bar that closed at `time` (UTC ms); `pattern` is the function with its constants."""

    time: int
    market: str
    timeframe: str
    pattern: str


class Detections:
    """Looks at the pattern conditions of an evaluator after each of its calls.

    What is TRUE when it is looked at for the first time is not new: only FALSE or UNKNOWN before, and TRUE now, is.
    """

    def __init__(self, evaluator: Evaluator, catalog: Catalog) -> None:
        self.evaluator = evaluator
        by_lane: dict[Lane, list[Node]] = {}
        for node in evaluator.tables.of(Op.OUTPUT):
            call = node.inputs[0]
            if node.condition and node.lane is not None and catalog[str(call.data[0])].category in CATEGORIES:
                by_lane.setdefault(node.lane, []).append(node)
        self._lanes = list(by_lane)
        self._names = [[_name(node, catalog) for node in nodes] for nodes in by_lane.values()]
        self._offsets: list[NDArray[np.int64]] = [
            np.array([evaluator.tables.offset(node) for node in nodes], dtype=np.int64) for nodes in by_lane.values()
        ]
        self._last: list[NDArray[np.int8]] = [np.full(len(o), _TRUE, dtype=np.int8) for o in self._offsets]

    def new(self) -> list[Detection]:
        """Those of the evaluator's newest call."""
        found: list[Detection] = []
        conditions = self.evaluator.conditions
        for i, lane in enumerate(self._lanes):
            first, end = self.evaluator.window(lane)
            for position in range(first, end):
                now = conditions[self._offsets[i] + position]
                for j in np.flatnonzero((now == _TRUE) & (self._last[i] != _TRUE)).tolist():
                    at = int(self.evaluator.ticks[self.evaluator.tables.time_offset(lane) + position])
                    found.append(Detection(at, lane.market, lane.timeframe, self._names[i][j]))
                self._last[i] = now
        return found


def _name(node: Node, catalog: Catalog) -> str:
    name, *constants = node.inputs[0].data
    function = catalog[str(name)]
    given = [
        f"{p.name} {value:g}"
        for p, value in zip(function.constants, constants, strict=False)
        if isinstance(value, int | float)
    ]
    output = function.outputs[int(str(node.data[0]))].name
    of = f".{output}" if len(function.outputs) > 1 else ""
    return f"{name}{of}({', '.join(given)})"
