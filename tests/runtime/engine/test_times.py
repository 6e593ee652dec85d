"""Times put together, and which form of the kernels a job gets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tradeplan.dsl.graph import Graph, Lane, Op
from tradeplan.runtime.engine.kernel_choice import choose_kernels, work
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.engine.times import rising_union
from tradeplan.runtime.kernels import cache
from tradeplan.runtime.kernels.tables import Tables
from tradeplan.runtime.market.simulator import DEFAULT_END, simulated_dataset
from tradeplan.stdlib.registry import catalog

MINUTE = 60_000


@given(st.lists(st.sets(st.integers(0, 50)), max_size=4))
@settings(deadline=None)
def test_union_has_every_time_once(columns: list[set[int]]) -> None:
    arrays = [np.array(sorted(c), dtype=np.int64) * MINUTE for c in columns]
    assert rising_union(arrays).tolist() == [t * MINUTE for t in sorted(set().union(*columns))]


def _tables() -> tuple[Tables, LaneData]:
    graph, lane = Graph(), Lane("btc", "M5")
    close = graph.node(Op.FIELD, data=("close",), lane=lane)
    call = graph.node(Op.CALL, (close,), ("ema", 20.0, 1), lane)
    average = graph.node(Op.OUTPUT, (call,), (0,), lane)
    dataset = simulated_dataset(["btc"], days=2)
    return Tables.build([graph.node(Op.GT, (close, average))], catalog()), LaneData(dataset, ["btc"])


def test_a_small_job_with_a_cold_cache_runs_as_plain_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEPLAN_CACHE", str(tmp_path))
    monkeypatch.setenv("TRADEPLAN_WARM", "0")
    cache.folder.cache_clear()
    try:
        tables, data = _tables()
        day = 86_400_000
        # two days of M5 are 576 steps; each of the nodes that compute costs about a microsecond
        assert 576e-6 * 0.9 <= work(tables, data, DEFAULT_END - 2 * day, DEFAULT_END) <= 4 * 576e-6
        assert choose_kernels(tables, data, DEFAULT_END - 2 * day, DEFAULT_END).mode == "interpreted"
    finally:
        cache.folder.cache_clear()
