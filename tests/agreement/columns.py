"""Compares the project's evaluator with the interpreter, node by node and tick by tick."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from tradeplan.dsl.graph import Lane, Node, Op
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.tables import Tables
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.stdlib.registry import catalog

from tests.oracle.adapt import bar_lanes, oracle_market, rule_nodes, step_times
from tests.oracle.cases import Case
from tests.oracle.values import Value, Values


def column_nodes(case: Case) -> list[Node]:
    """All nodes of a case that are columns, inputs before the nodes that read them."""
    waiting = [n for block in (*case.plans, *case.guards) for rule in block.rules for n in rule_nodes(rule)]
    seen: set[Node] = set()
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += node.inputs
    return sorted((n for n in seen if not n.positional and n.lane is not None), key=lambda n: n.identity)


def step_lanes(nodes: Iterable[Node]) -> set[Lane]:
    """The step lanes among the lanes of nodes."""
    return {n.lane for n in nodes if n.lane is not None and n.lane.steps}


def interpreted_columns(case: Case, nodes: Sequence[Node]) -> dict[Node, list[Value]]:
    """Every node at every tick of its lane, by definition."""
    dataset, end = case.world.dataset, case.world.span[1]
    traded = sorted({p.market for p in case.plans})
    bars = bar_lanes(nodes)
    markets = {
        m: oracle_market(dataset, m, {lane.timeframe for lane in bars if lane.market == m}, None)
        for m in {lane.market for lane in bars} | set(traded)
    }
    steps = {lane: step_times(dataset, lane, traded, end) for lane in step_lanes(nodes)}
    values = Values(markets, catalog(), steps)
    found = {}
    for node in nodes:
        assert node.lane is not None
        ticks = sum(1 for t in values.times(node.lane) if t <= end)
        found[node] = [values.value(node, i) for i in range(ticks)]
    return found


def evaluated_columns(
    case: Case,
    nodes: Sequence[Node],
    kernels: Kernels,
    capacity: int,
    live: bool = False,
    dataset: Dataset | None = None,
    end: int | None = None,
) -> dict[Node, list[Value]]:
    """The same from the evaluator, in chunks of a capacity, or one instant at a time; perhaps over other data."""
    end = case.world.span[1] if end is None else end
    traded = sorted({p.market for p in case.plans})
    data = LaneData(dataset or case.world.dataset, traded)
    evaluator = Evaluator(Tables.build(nodes, catalog(), capacity), data, kernels)
    found: dict[Node, list[Value]] = {node: [] for node in nodes}
    for until in instants(data, evaluator, end) if live else [end]:
        for _ in evaluator.run(until):
            for node in nodes:
                found[node] += read(evaluator, node)
    return found


def instants(data: LaneData, evaluator: Evaluator, end: int) -> list[int]:
    """Every time at which any lane ticks."""
    times = set()
    for lane in evaluator.tables.lanes:
        feed = data.lane(lane)
        if feed is not None:
            feed.extend(end)
            times |= {int(t) for t in feed.close_times[: feed.count] if t <= end}
    return sorted(times)


def read(evaluator: Evaluator, node: Node) -> list[Value]:
    """The new values of a node in the interpreter's words."""
    if node.condition:
        return [(False, None, True)[c] for c in evaluator.conditions_of(node).tolist()]
    return [None if math.isnan(v) else v for v in evaluator.values_of(node).tolist()]


def differences(case: Case, kernels: Kernels, capacity: int, live: bool = False) -> list[str]:
    """What differs, the first node in the order of evaluation first."""
    if not case.plans:
        return []  # every plan was refused: nothing is traded, so the account has no minutes
    nodes = [n for n in column_nodes(case) if n.op is not Op.CALL]
    slow = interpreted_columns(case, nodes)
    fast = evaluated_columns(case, nodes, kernels, capacity, live)
    found = []
    for node in nodes:
        a, b = slow[node], fast[node]
        if a == b:
            continue
        at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        inputs = ", ".join(f"{i.op} {i.data} on {i.lane}" for i in node.inputs)
        found.append(
            f"{node.op} {node.data} on {node.lane} of ({inputs}): {len(a)} and {len(b)} ticks, at {at} the interpreter "
            f"has {a[at : at + 3]}, the evaluator {b[at : at + 3]}"
        )
    return found
