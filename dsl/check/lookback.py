"""How many bars of each view must be stored before every value of a plan can be known."""

from __future__ import annotations

import math
from collections.abc import Iterable
from operator import attrgetter

from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import Lane, Node, Op
from tradeplan.dsl.timeframe import milliseconds

_IDENTITY = attrgetter("identity")


def reachable(roots: Iterable[Node]) -> list[Node]:
    """All nodes behind these, those that read before those that are read."""
    seen: set[Node] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(node.inputs)
    # INVARIANT: a node's inputs were made before it, so falling identity visits every reader first
    return sorted(seen, key=_IDENTITY, reverse=True)


def depth(nodes: list[Node]) -> int:
    """The longest chain among nodes in the order of `reachable`."""
    depths: dict[Node, int] = {}
    for node in reversed(nodes):
        highest = 0
        for i in node.inputs:
            if depths[i] > highest:
                highest = depths[i]
        depths[node] = highest + 1
    return max(depths.values(), default=0)


def lookback(roots: Iterable[Node], catalog: Catalog) -> dict[Lane, int]:
    """Bars per bar lane up to the first instant at which all of these nodes can be known.

    What waits for a day or session to begin is given the bars of the longest wait. Events of the market, such as a
    swing or a cross, may take any number of bars; what they wait for is not counted.

    Works from the results down: a node asked for `d` consecutive known values asks its inputs for as many as it needs;
    a join asks the other lane for the bars that span the same time.
    """
    order = reachable(roots)
    wanted: dict[Node, int] = {}
    bars: dict[Lane, int] = {}
    for node in order:
        d = wanted.get(node, 1)
        lane = node.lane
        if lane is not None and not lane.steps and bars.get(lane, 0) < d:
            bars[lane] = d
        if not node.inputs:
            continue
        need = d
        if node.op is Op.CALL:
            name, p = str(node.data[0]), [v for v in node.data[1:-1] if isinstance(v, float)]
            function = catalog[name]
            need = d + max(1, function.lookback(p)) - 1
            if function.waits and lane is not None:
                need += math.ceil(function.waits / milliseconds(lane.timeframe)) - 1
        elif node.op is Op.AGO:
            need = d + _bars(node)
        elif node.op is Op.FOR or node.op is Op.WITHIN:
            need = d + _bars(node) - 1
        elif node.op is Op.BECAME:
            need = d + 1
        for source in node.inputs:
            asked = need
            if node.op is Op.JOIN and lane is not None and source.lane is not None:
                asked = 1 if d == 1 else math.ceil((d - 1) * _ratio(lane, source.lane)) + 1
            if wanted.get(source, 1) < asked:
                wanted[source] = asked
    return bars


def _bars(node: Node) -> int:
    bars = node.data[0]
    return bars if isinstance(bars, int) else 0


def _ratio(reader: Lane, read: Lane) -> float:
    return milliseconds(reader.timeframe) / milliseconds(read.timeframe)


def merged(parts: Iterable[dict[Lane, int]]) -> dict[Lane, int]:
    """The largest need of each lane."""
    together: dict[Lane, int] = {}
    for part in parts:
        for lane, bars in part.items():
            together[lane] = max(together.get(lane, 0), bars)
    return together
