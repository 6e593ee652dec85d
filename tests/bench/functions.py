"""What the functions of the library cost: `python -m tests.bench.functions [--only NAMES] [--bars 370000]`.

Prints the ns that one update of each function takes (its compiled step alone, over all bars of a walk, the best of
three); the time of one run of the evaluator over every function once, warm; and the bytes of streaming state of every
function on 16 markets and 8 timeframes. Ends with 1 if one of the three is over its limit.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numba
import numpy as np
from tradeplan.dsl.catalog import Function
from tradeplan.dsl.graph import Graph, Lane
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.tables import Tables
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.stdlib.registry import catalog

from tests.stdlib.driver import State, constants_of
from tests.stdlib.expressions import Column, call_text, columns_of
from tests.stdlib.laws.compiled import COLUMN, compile_step
from tests.stdlib.markets import constants, make_case

NANOSECONDS = 1_000.0  # an update, on average
SECONDS = 2.0  # a lane with every function once
MEGABYTES = 100.0  # all state
MARKETS = ("eurusd", "gbpusd", "usdjpy", "usdchf", "audusd", "usdcad", "nzdusd", "eurjpy", "gbpjpy", "eurgbp")
MARKETS += ("btc", "eth", "ltc", "xrp", "gold", "us500")
TIMEFRAMES = ("M1", "M5", "M15", "M30", "H1", "H4", "H12", "D1")
MINUTE = 60
FACTS = load_facts()
SAMPLE = 3_000


def nanoseconds(function: Function, bars: int) -> float:
    """The best of three runs of the compiled step over so many rows, a sample of real-looking ones repeated."""
    case = make_case(function, catalog(), np.random.default_rng(3), parameters=constants(function), length=SAMPLE)
    p = constants_of(function, case.parameters, case.series)
    rows = np.array([case.series[key] for key in case.series]).T.copy()
    rows = np.tile(rows, (bars // len(rows) + 1, 1))[:bars].copy()
    reach: dict[str, Any] = {"math": math, "step": compile_step(function)}
    exec(COLUMN, reach)
    column = numba.njit(error_model="numpy")(reach["column"])
    results = np.full((len(rows), len(function.outputs)), np.nan)
    best = math.inf
    for _ in range(4):  # the first one compiles
        state = State.fresh(function, p)
        f, k, ring = np.array(state.floats), np.array(state.integers, dtype=np.int64), np.array(state.ring)
        start = time.perf_counter()
        column(f, k, ring, np.array(p, dtype=float), rows, results, True)
        best = min(best, time.perf_counter() - start)
    return best / bars * 1e9


def walk(bars: int) -> Dataset:
    """Two markets on M1, a year of minutes without weekends, with volumes and a spread."""
    made: dict[tuple[str, str], Rates] = {}
    minutes = np.arange(bars * 2, dtype=np.int64)
    week = minutes[(minutes // 1_440 + 3) % 7 < 5][:bars]  # from a Thursday
    for seed, market in enumerate(("eurusd", "gbpusd")):
        rng = np.random.default_rng(seed)
        close = 1.1 * np.exp(np.cumsum(rng.normal(0.0, 1e-4, bars)))
        opened = np.concatenate(([1.1], close[:-1]))
        up, down = np.abs(rng.normal(0.0, 5e-5, (2, bars)))
        times = (16_436 * 1_440 + week) * MINUTE * 1_000
        volume = rng.integers(1, 500, bars).astype(float)
        spread = np.full(bars, 1e-5)
        high, low = np.maximum(opened, close) + up, np.minimum(opened, close) - down
        made[(market, "M1")] = Rates(times, opened, high, low, close, volume, spread, volume)
    return Dataset.from_rates(made, load_profiles())


def calls(lane: Lane, other: str, graph: Graph, only: Sequence[str]) -> list[Column]:
    """Every function of bars once on a lane."""
    found: list[Column] = []
    for function in catalog():
        call = call_text(function, other)
        if call is not None and (not only or function.name in only):
            with suppress(ValueError):  # some have no meaning on days: a session, a window of hours
                found += columns_of(function, lane, catalog(), FACTS, graph, call)
    return [column for column in found if not column.beyond_bars]


def seconds(dataset: Dataset, only: Sequence[str]) -> tuple[float, int]:
    """The best of three runs of the evaluator over all functions at once, and how many outputs they have."""
    columns = calls(Lane("eurusd", "M1"), "gbpusd.M1", Graph(), only)
    tables = Tables.build([column.node for column in columns], catalog())
    lanes, kernels, best = LaneData(dataset, ["eurusd"]), Kernels("compiled"), math.inf
    span = dataset.span("eurusd")
    assert span is not None
    for _ in range(4):  # the first one compiles
        start = time.perf_counter()
        for _reached in Evaluator(tables, lanes, kernels).run(span[1]):
            pass
        best = min(best, time.perf_counter() - start)
    return best, len(columns)


def state_bytes(capacity: int) -> tuple[int, int, int]:
    """State of steps, and the arenas of values, of every function on every market and timeframe; and the lanes."""
    graph, columns = Graph(), list[Column]()
    for market in MARKETS:
        for timeframe in TIMEFRAMES:
            other = "usdjpy" if market == "gbpusd" else "gbpusd"
            columns += calls(Lane(market, timeframe), f"{other}.{timeframe}", graph, ())
    tables = Tables.build([column.node for column in columns], catalog(), capacity)
    state = 8 * (tables.floats + tables.ring + len(tables.first_integers))
    sizes = list(tables.layout.sizes)
    return state, sum(size * width for size, width in zip(sizes, (8, 1, 8), strict=True)), len(tables.lanes)


def main() -> int:
    """Print the figures; 1 if a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--bars", type=int, default=370_000)
    given = parser.parse_args()
    steps = [f for f in catalog() if f.step is not None and (not given.only or f.name in given.only)]
    costs = {function.name: nanoseconds(function, given.bars) for function in steps}
    for name, cost in sorted(costs.items(), key=lambda item: -item[1]):
        print(f"{name:24} {cost:7.1f} ns")
    whole, outputs = seconds(walk(given.bars), given.only)
    print(f"every function once, {outputs} outputs, {given.bars:,} bars: {whole:.2f} s")
    state, arenas, lanes = state_bytes(1)
    print(f"state of {lanes} lanes: {state / 1e6:.1f} MB, and {arenas / 1e6:.1f} MB of values one bar at a time")
    passed = max(costs.values()) < NANOSECONDS and whole < SECONDS and (state + arenas) / 1e6 < MEGABYTES
    print("within the limits" if passed else "OVER A LIMIT")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
