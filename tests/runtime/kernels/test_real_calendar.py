"""The evaluator on simulated markets with real calendars: weekends, the account's lane, clocks; and a cold cache."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
from tradeplan.dsl.graph import ACCOUNT_MARKET, Graph, Lane, Node, Op
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.kernels import warm
from tradeplan.runtime.kernels.build import Column, Kernels
from tradeplan.runtime.kernels.source import joins
from tradeplan.runtime.kernels.tables import Tables
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.simulator import simulated_dataset
from tradeplan.stdlib.registry import catalog

HOUR = 3_600_000
EURO, COIN = "eurusd", "btc"


@cache
def data() -> Dataset:
    return simulated_dataset((EURO, COIN), days=12)


@cache
def kernels() -> Kernels:
    return Kernels("compiled")


def close(g: Graph, lane: Lane) -> Node:
    return g.node(Op.FIELD, (), ("close",), lane)


def test_over_a_weekend_a_bar_is_closed_not_stale_and_seen_at_the_first_step() -> None:
    source, target = Lane(EURO, "H1"), Lane(COIN, "H1")
    g = Graph()
    node = g.node(Op.JOIN, (close(g, source),), (), target)
    daily = g.node(Op.JOIN, (close(g, Lane(EURO, "D1")),), (), target)
    tables = Tables.build([node, daily], catalog())
    evaluator = Evaluator(tables, LaneData(data()), kernels())
    bars, other = data().bars(EURO, "H1"), data().bars(COIN, "H1")
    assert bars is not None
    assert other is not None
    assert evaluator.advance(int(other.close_time[-1])) == int(other.close_time[-1])
    calendar = data().calendar(EURO)
    reasons = tables.reason_offset(source, target)
    assert reasons is not None
    first, last = evaluator.window(target)
    why = evaluator.conditions[reasons + first : reasons + last]
    opened = calendar.is_open(other.close_time)
    assert 20 < int((~opened).sum()) < len(other) / 2  # there is a weekend, and it is not all
    assert set(why[~opened].tolist()) == {joins.CLOSED}
    newest = np.searchsorted(bars.close_time, other.close_time, side="right") - 1
    seen = opened & (newest >= 0)
    age = calendar.session_clock(other.close_time) - calendar.session_clock(bars.close_time[np.maximum(newest, 0)])
    fresh = seen & (age < 2 * HOUR)
    expected = np.where(fresh, bars.close[np.maximum(newest, 0)], math.nan)
    assert np.array_equal(evaluator.values_of(node), expected, equal_nan=True)
    assert fresh.sum() > 100
    known_daily = ~np.isnan(evaluator.values_of(daily))
    assert known_daily[~opened].any()  # D1 holds while the market is closed


def test_clock_columns_are_the_same_bar_by_bar() -> None:
    g = Graph()
    lanes = (Lane(EURO, "M15"), Lane(EURO, "M15", True), Lane(ACCOUNT_MARKET, "M1", True))
    nodes = [
        g.node(Op.CALENDAR, (), (what, zone, at_close), lane)
        for lane in lanes
        for what, zone, at_close in (
            ("seconds", "America/New_York", True),
            ("weekday", "broker", False),
            ("day", "broker", True),
        )
    ]
    tables, bars = Tables.build(nodes, catalog()), data().bars(EURO, "M15")
    assert bars is not None
    end = int(bars.close_time[200])
    whole, stepwise = (Evaluator(tables, LaneData(data()), kernels()) for _ in range(2))
    whole.advance(end)
    parts: dict[Node, list[float]] = {node: [] for node in nodes}
    for t in range(int(data().bars(EURO, "M1").close_time[0]), end + 1, 60_000):  # type: ignore[union-attr]
        stepwise.advance(t)
        for node in nodes:
            parts[node] += stepwise.values_of(node).tolist()
    for node in nodes:
        assert parts[node] == whole.values_of(node).tolist(), f"{node.data} on {node.lane}"
        assert len(parts[node]) > 150


def test_a_process_of_its_own_fills_an_empty_cache(tmp_path: Path) -> None:
    ema = catalog()["ema"]
    command = [sys.executable, "-m", warm.__name__, Column(ema, 1, 1).key]
    done = subprocess.run(command, env={**os.environ, "TRADEPLAN_CACHE": str(tmp_path)}, timeout=120, check=False)
    assert done.returncode == 0
    assert [f.name.split("_")[:2] for f in tmp_path.rglob("*.o")] == [["column", "ema"]]
    # what is warm is loaded without numba
    code = (
        "import sys; from tradeplan.runtime.kernels.build import *; from tradeplan.stdlib.registry import catalog; "
        "column = Column(catalog()['ema'], 1, 1); assert is_warm([], [column]); "
        "assert Kernels('compiled').columns([column])[0] > 0; assert 'numba' not in sys.modules"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "TRADEPLAN_CACHE": str(tmp_path)}, check=False
    )
    assert loaded.returncode == 0
