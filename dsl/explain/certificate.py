"""The causality certificate: for every value, the newest bar that it may use at a step."""

from __future__ import annotations

from tradeplan.dsl.check.context import Use
from tradeplan.dsl.graph import Lane, Node
from tradeplan.dsl.source import Source


def bar_lanes(node: Node) -> set[Lane]:
    """The bar lanes that a node reads, directly or not."""
    seen: set[int] = set()
    lanes: set[Lane] = set()
    stack = [node]
    while stack:
        current = stack.pop()
        if current.identity in seen:
            continue
        seen.add(current.identity)
        if current.lane is not None and not current.lane.steps:
            lanes.add(current.lane)
        stack.extend(current.inputs)
    return lanes


def certificate_rows(uses: list[Use], source: Source) -> list[list[str]]:
    """Rows of: value, the newest bar it may use at a step at time t."""
    rows: list[list[str]] = []
    seen: set[str] = set()
    for use in uses:
        written = " ".join(source.slice(use.span).split())
        if written in seen:
            continue
        seen.add(written)
        lanes = sorted(bar_lanes(use.value.node))
        if not lanes and use.view is not None and use.function is not None:
            rows.append([written, "the clock alone: the time of the step"])
        elif not lanes:
            rows.append([written, "the position as it was left by bars that closed at or before t"])
        else:
            bars = ", ".join(f"{lane.market} {lane.timeframe} with close <= t" for lane in lanes)
            rows.append([written, bars])
    return rows
