"""The evaluator against the definition: any graph, any chunks, compiled and interpreted, and when adopted."""

from __future__ import annotations

import math
import random
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tradeplan.dsl.graph import Graph, Lane, Node, Op
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.source import joins
from tradeplan.runtime.kernels.tables import Tables

from tests.runtime.kernels.functions import CATALOG
from tests.runtime.kernels.graphs import LANES, Growing
from tests.runtime.kernels.reference import Reference, Value
from tests.runtime.kernels.world import DAY, HOUR, MINUTE, START, World, bars

Columns = dict[Node, list[float]]


@cache
def kernels(mode: str) -> Kernels:
    return Kernels("compiled" if mode == "compiled" else "interpreted")


def collected(evaluator: Evaluator, nodes: list[Node], instants: list[int]) -> Columns:
    """Every node on every tick, advancing to each instant in turn."""
    columns: Columns = {node: [] for node in nodes}
    for instant in instants:
        for _ in evaluator.run(instant):
            for node in nodes:
                part = evaluator.conditions_of(node) if node.condition else evaluator.values_of(node)
                columns[node] += part.tolist()
    return columns


def encoded(node: Node, value: Value) -> float:
    if node.condition:
        return 1 if value is None else 2 if value else 0
    return math.nan if value is None else float(value)


def same(a: list[float], b: list[float]) -> bool:
    return len(a) == len(b) and np.array_equal(np.array(a), np.array(b), equal_nan=True)


def every_tick(world: World) -> list[int]:
    return sorted({t for lane in LANES for t in world.times(lane)} | {world.end()})


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.integers(0, 10**6))
def test_any_graph_in_any_chunks_equals_the_definition(seed: int) -> None:
    world = World(seed)
    nodes = Growing(random.Random(seed)).grow(60)
    reference = Reference(world)
    expected = {n: [encoded(n, v) for v in reference.column(n)] for n in nodes}
    whole, odd = (
        [world.end()],
        sorted({START + random.Random(seed).randrange(4 * DAY) for _ in range(9)} | {world.end()}),
    )
    ways = [
        ("compiled", 4096, whole),
        ("compiled", 64, odd),
        ("compiled", 7, whole),
        ("compiled", 1, whole),
        ("compiled", 4096, every_tick(world)),
        ("interpreted", 4096, whole),
        ("interpreted", 64, odd),
    ]
    for mode, capacity, instants in ways:
        tables = Tables.build(nodes, CATALOG, capacity)
        found = collected(Evaluator(tables, LaneData(world), kernels(mode)), nodes, instants)
        for n in nodes:
            assert same(found[n], expected[n]), f"{mode} chunks of {capacity}: {n.op} {n.data} on {n.lane}"


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.integers(0, 10**6))
def test_later_bars_change_nothing_earlier(seed: int) -> None:
    world, short = World(seed), World(seed)
    cut = START + 2 * DAY + 5 * HOUR + 20 * MINUTE
    short.series = {
        key: type(b)(
            b.market, b.timeframe, *(getattr(b, f)[b.close_time <= cut] for f in list(b.__dataclass_fields__)[2:])
        )
        for key, b in world.series.items()
    }
    nodes = Growing(random.Random(seed)).grow(50)
    tables = Tables.build(nodes, CATALOG)
    long_run = collected(Evaluator(tables, LaneData(world), kernels("compiled")), nodes, [cut])
    short_run = collected(Evaluator(tables, LaneData(short), kernels("compiled")), nodes, [cut])
    for n in nodes:
        assert same(long_run[n], short_run[n]), f"{n.op} on {n.lane}"


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.integers(0, 10**6), st.sampled_from(["compiled", "interpreted"]), st.sampled_from([40, 4096]))
def test_an_adopted_evaluator_goes_on_like_one_that_was_there_from_the_start(
    seed: int, mode: str, capacity: int
) -> None:
    world = World(seed)
    growing = Growing(random.Random(seed))
    old_nodes, new_nodes = growing.grow(40), growing.grow(15)
    nodes = old_nodes[::2] + new_nodes
    swap, data = START + 2 * DAY + 2 * HOUR + 5 * MINUTE, LaneData(world)
    old = Evaluator(Tables.build(old_nodes, CATALOG, capacity), data, kernels(mode))
    collected(old, old_nodes, [swap - HOUR, swap])
    adopted = Evaluator(Tables.build(nodes, CATALOG, capacity), data, kernels(mode))
    adopted.adopt(old, CATALOG)
    fresh = Evaluator(Tables.build(nodes, CATALOG, capacity), LaneData(world), kernels(mode))
    collected(fresh, nodes, [swap])
    after = [t for t in every_tick(world) if t > swap]
    a, b = collected(adopted, nodes, after), collected(fresh, nodes, after)
    for n in nodes:
        assert same(a[n], b[n]), f"{n.op} {n.data} on {n.lane}"
    assert all(adopted.bars_done(lane) == fresh.bars_done(lane) for lane in adopted.tables.lanes)


def join_world(closes: dict[tuple[str, str], list[int]]) -> World:
    """A world with just these bars; the close price is the number of the bar, from 1."""
    world = World(0)
    world.series = {}
    for (market, timeframe), times in closes.items():
        made = bars(market, timeframe, times, random.Random(0))
        made.close[:] = np.arange(1, len(times) + 1)
        world.series[market, timeframe] = made
    return world


def seen_at(world: World, source: Lane, target: Lane, mode: str) -> tuple[dict[int, float], dict[int, int]]:
    g = Graph()
    node = g.node(Op.JOIN, (g.node(Op.FIELD, (), ("close",), source),), (), target)
    anchor = g.node(Op.CALENDAR, (), ("seconds", "UTC", True), target)
    tables = Tables.build([node, anchor], CATALOG)
    evaluator = Evaluator(tables, LaneData(world), kernels(mode))
    evaluator.advance(world.end())
    first, last = evaluator.window(target)
    times = evaluator.ticks[tables.time_offset(target) + first : tables.time_offset(target) + last].tolist()
    reasons = tables.reason_offset(source, target)
    assert reasons is not None
    return (
        dict(zip(times, evaluator.values_of(node).tolist(), strict=True)),
        dict(zip(times, evaluator.conditions[reasons + first : reasons + last].tolist(), strict=True)),
    )


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
def test_the_newest_bar_is_seen_from_its_close_until_it_is_two_cadences_old(mode: str) -> None:
    # market b never closes; H1 bars close at 1h, 2h, 5h: 3h and 4h are missing
    source, target = Lane("b", "H1"), Lane("b", "M15")
    world = join_world(
        {
            ("b", "H1"): [START + h * HOUR for h in (1, 2, 5)],
            ("b", "M15"): [START + q * 15 * MINUTE for q in range(1, 25) if q != 8],
        }
    )
    value, reason = seen_at(world, source, target, mode)

    def at(minutes: int) -> tuple[float, int]:
        return value[START + minutes * MINUTE], reason[START + minutes * MINUTE]

    assert math.isnan(at(45)[0])
    assert at(45)[1] == joins.NO_BAR
    assert at(60) == (1.0, joins.SEEN)  # equal closes are visible
    assert at(75) == (1.0, joins.SEEN)
    assert at(135) == (2.0, joins.SEEN)  # the M15 bar at 2h itself is missing
    assert at(225) == (2.0, joins.SEEN)  # 1h45 old
    assert math.isnan(at(240)[0])
    assert at(240)[1] == joins.STALE  # exactly two hours old
    assert at(300) == (3.0, joins.SEEN)


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
def test_a_closed_market_shows_nothing_and_opens_with_its_last_value(mode: str) -> None:
    # market a trades 01:00-03:00 and 04:00-07:00; its last M15 bar before the break closes at 03:00
    source, target = Lane("a", "M15"), Lane("b", "M15")
    world = join_world(
        {
            ("a", "M15"): [START + m * MINUTE for m in (165, 180)],
            ("b", "M15"): [START + q * 15 * MINUTE for q in range(1, 25)],
        }
    )
    value, reason = seen_at(world, source, target, mode)
    assert value[START + 180 * MINUTE] == 2.0  # the close at the session's end still counts as open
    assert reason[START + 195 * MINUTE] == joins.CLOSED
    assert reason[START + 240 * MINUTE] == joins.CLOSED  # the session's start itself: nothing has traded yet
    assert value[START + 255 * MINUTE] == 2.0  # 15 minutes of session old, 75 by the clock
    assert reason[START + 270 * MINUTE] == joins.STALE  # 30 minutes of session: two cadences


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
def test_daily_values_hold_while_closed_and_may_miss_two_closes(mode: str) -> None:
    source, target = Lane("a", "D1"), Lane("b", "M15")
    world = join_world(
        {
            ("a", "D1"): [START + DAY],
            ("b", "M15"): [START + q * 15 * MINUTE for q in range(1, 96 * 4)],
        }
    )
    value, reason = seen_at(world, source, target, mode)
    assert reason[START + 23 * HOUR] == joins.NO_BAR
    assert value[START + DAY] == 1.0
    assert value[START + DAY + 10 * HOUR] == 1.0  # a is closed at 10:00
    assert value[START + 3 * DAY] == 1.0  # the closes of days 2 and 3 were missed
    assert reason[START + 3 * DAY + 15 * MINUTE] == joins.SEEN  # the third is due at the end of day 4


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
def test_a_view_without_data_says_so(mode: str) -> None:
    source, target = Lane("b", "H1"), Lane("b", "M15")
    world = join_world({("b", "M15"): [START + 15 * MINUTE, START + 30 * MINUTE]})
    value, reason = seen_at(world, source, target, mode)
    assert all(math.isnan(v) for v in value.values())
    assert set(reason.values()) == {joins.NO_DATA}


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
def test_for_counts_bars_of_its_own_clock(mode: str) -> None:
    # M15 closes 15, 30, 45, 60, 75 min: 0 1 1 0 1, so FOR 2 bars is TRUE on the third only; of the 13 M5 bars from
    # 15 to 75 min those at 45, 50 and 55 see it. FOR after the join would be TRUE on 6.
    m15, m5 = Lane("b", "M15"), Lane("b", "M5")
    world = join_world(
        {
            ("b", "M15"): [START + 15 * k * MINUTE for k in range(1, 6)],
            ("b", "M5"): [START + 5 * k * MINUTE for k in range(3, 16)],
        }
    )
    world.series["b", "M15"].close[:] = [0.0, 1.0, 1.0, 0.0, 1.0]
    g = Graph()
    true = g.node(Op.GT, (g.node(Op.FIELD, (), ("close",), m15), g.constant(0.5)))
    node = g.node(Op.JOIN, (g.node(Op.FOR, (true,), (2,)),), (), m5)
    evaluator = Evaluator(Tables.build([node], CATALOG), LaneData(world), kernels(mode))
    evaluator.advance(world.end())
    assert evaluator.conditions_of(node).tolist() == [0] * 6 + [2] * 3 + [0] * 4


def test_a_positional_node_is_refused() -> None:
    g = Graph()
    held = g.node(Op.POSITION, (), ("held",), Lane("a", "M5", True))
    with pytest.raises(ValueError, match="depends on the position"):
        Tables.build([held], CATALOG)


def test_a_live_bar_is_seen_at_the_instant_it_closes() -> None:
    world = join_world({("b", "M15"): [START + 15 * MINUTE]})
    data, lane = LaneData(world), Lane("b", "M15")
    g = Graph()
    node = g.node(Op.AGO, (g.node(Op.FIELD, (), ("close",), lane),), (1,))
    evaluator = Evaluator(Tables.build([node], CATALOG, 16), data, kernels("compiled"))
    evaluator.advance(START + 15 * MINUTE)
    feed = data.lane(lane)
    assert feed is not None
    for k in range(2, 60):  # more than the rows hold, so that they are moved down
        close = START + 15 * k * MINUTE
        feed.append(close - 15 * MINUTE, close, dict.fromkeys(feed.columns, float(k)))
        assert evaluator.advance(close) == close
        assert evaluator.values_of(node).tolist() == [k - 1.0]
    with pytest.raises(ValueError, match="not later than the newest"):
        feed.append(START, START + 15 * MINUTE, dict.fromkeys(feed.columns, 0.0))
