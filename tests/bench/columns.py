"""What the evaluator costs, as ratios to hand-written loops of the same run: `python tests/bench/columns.py`.

Prints: the columns of the EMA-cross job over 370,000 bars against one numba loop; 1,000 plans over 300 predicates, in
history as bytes and as bit masks, and one live step; the reload of one plan among 20 over a year of M1.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from tradeplan.dsl.graph import Graph, Lane, Node, Op
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.tables import Tables
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.open_hours import OpenHours, open_hours
from tradeplan.stdlib.registry import catalog

MINUTE = 60_000
BARS = 370_000
WEEK = tuple((day * 1_440, day * 1_440 + 1_439) for day in range(5))
STEPS, M1 = Lane("eurusd", "M1", True), Lane("eurusd", "M1")


class Calendar:
    """Five sessions a week."""

    stale_cadences = 2

    def __init__(self) -> None:
        self.hours: OpenHours = open_hours("UTC", WEEK)

    def scheduled_closes(self, timeframe: str, start: int, end: int) -> Any:
        """Every minute of a session."""
        grid = np.arange((start // MINUTE + 1) * MINUTE, end + 1, MINUTE, dtype=np.int64)
        return grid[self.hours.is_open(grid)]


class Data:
    """A random walk over a year of minutes."""

    def __init__(self) -> None:
        self._calendar = Calendar()
        start = 19_723 * 1_440 * MINUTE
        times = self._calendar.scheduled_closes("M1", start, start + 600_000 * MINUTE)[:BARS]
        r = np.random.default_rng(1)
        close = 1.1 + np.cumsum(r.normal(size=BARS)) * 1e-5
        high, low = close + r.random(BARS) * 1e-4, close - r.random(BARS) * 1e-4
        zero, ones = np.zeros(BARS), np.ones(BARS, dtype=np.bool_)
        self.m1 = Bars("eurusd", "M1", times - MINUTE, times, close, high, low, close, zero, zero, zero + 1e-5, ones)

    def markets(self) -> tuple[str, ...]:
        """One."""
        return ("eurusd",)

    def bars(self, market: str, timeframe: str) -> Bars | None:
        """M1 only."""
        return self.m1 if timeframe == "M1" else None

    def calendar(self, market: str) -> Any:
        """The one calendar."""
        return self._calendar


def median(run: Callable[[], Any], times: int = 7) -> float:
    """Seconds, the first run left out."""
    run()
    seen = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seen.append(time.perf_counter() - start)
    return statistics.median(seen)


@numba.njit(error_model="numpy")
def hand_loop(high: Any, low: Any, close: Any, signal: Any, atr_out: Any) -> int:
    """EMA 20 and 50, RSI 14, ATR 14 with their seeds, cross above and RSI below 70, in one pass."""
    fast, slow, up, down, atr = 0.0, 0.0, 0.0, 0.0, 0.0
    was_below, fired = False, 0
    for i in range(close.size):
        c = close[i]
        if i < 20:
            fast += c / 20.0
        else:
            fast += 2.0 / 21.0 * (c - fast)
        if i < 50:
            slow += c / 50.0
        else:
            slow += 2.0 / 51.0 * (c - slow)
        if i > 0:
            d, before = c - close[i - 1], close[i - 1]
            gain, loss = max(d, 0.0), max(-d, 0.0)
            span = max(high[i], before) - min(low[i], before)
            if i <= 14:
                up, down, atr = up + gain / 14.0, down + loss / 14.0, atr + span / 14.0
            else:
                up, down, atr = up + (gain - up) / 14.0, down + (loss - down) / 14.0, atr + (span - atr) / 14.0
        atr_out[i] = atr
        above = fast > slow
        hit = i >= 50 and above and was_below and 100.0 * up / (up + down) < 70.0
        was_below = i >= 49 and not above
        signal[i] = 2 if hit else 0
        fired += hit
    return fired


def call(g: Graph, name: str, *p: float, reads: tuple[Node, ...]) -> Node:
    """A call of a function of the standard library on M1."""
    return g.node(Op.CALL, reads, (name, *p, len(catalog()[name].outputs)), M1)


def field(g: Graph, name: str) -> Node:
    """A bar field of M1."""
    return g.node(Op.FIELD, (), (name,), M1)


def ema_cross(data: Data, kernels: Kernels) -> None:
    """The columns of PEERS' job against the loop above."""
    g = Graph()
    close = (field(g, "close"),)
    above = g.node(Op.GT, (call(g, "ema", 20.0, reads=close), call(g, "ema", 50.0, reads=close)))
    calm = g.node(Op.LT, (call(g, "rsi", 14.0, reads=close), g.constant(70.0)))
    entry = g.node(Op.JOIN, (g.node(Op.AND, (g.node(Op.BECAME, (above,)), calm)),), (), STEPS)
    atr = call(g, "atr", 14.0, reads=(field(g, "high"), field(g, "low"), *close))
    tables = Tables.build([entry, g.node(Op.JOIN, (atr,), (), STEPS)], catalog())
    lanes, end, fired = LaneData(data), int(data.m1.close_time[-1]), []

    def run() -> None:
        evaluator = Evaluator(tables, lanes, kernels)
        fired.append(sum(int((evaluator.conditions_of(entry) == 2).sum()) for _ in evaluator.run(end)))

    signal, out = np.zeros(BARS, dtype=np.int8), np.zeros(BARS)
    count = hand_loop(data.m1.high, data.m1.low, data.m1.close, signal, out)
    hand = median(lambda: hand_loop(data.m1.high, data.m1.low, data.m1.close, signal, out))
    ours = median(run)
    print(f"EMA cross, {BARS} bars: {ours * 1e3:.1f} ms, hand loop {hand * 1e3:.1f} ms: {ours / hand:.2f} x")
    print(f"  entries {fired[-1]} and {count}")


def thousand_plans(g: Graph, r: random.Random) -> list[Node]:
    """1,000 plans of six of 300 predicates over 60 indicators, joined to the step lane."""
    close = (field(g, "close"),)
    averages = [call(g, "ema", float(n), reads=close) for n in range(5, 35)]
    strengths = [call(g, "rsi", float(n), reads=close) for n in range(5, 35)]
    predicates = [g.node(Op.LT, (r.choice(strengths), g.constant(float(k % 97)))) for k in range(150)]
    while len(set(predicates)) < 300:
        predicates.append(g.node(Op.BECAME, (g.node(Op.GT, tuple(r.sample(averages, 2))),)))
    distinct = list(dict.fromkeys(predicates))
    return [g.node(Op.JOIN, (g.node(Op.AND, tuple(r.sample(distinct, 6))),), (), STEPS) for _ in range(1_000)]


def live_step(data: Data, kernels: Kernels) -> None:
    """One more bar under 1,000 plans, and what of it is the kernel."""
    g = Graph()
    plans = thousand_plans(g, random.Random(3))
    lanes = LaneData(data)
    evaluator = Evaluator(Tables.build(plans, catalog()), lanes, kernels)
    times = data.m1.close_time.tolist()
    evaluator.advance(times[999])
    evaluator.advance(times[1_999])
    seen = []
    for t in times[2_000:12_000]:
        start = time.perf_counter()
        evaluator.advance(t)
        seen.append(time.perf_counter() - start)
    seen.sort()
    print(f"live step, 1,000 plans: median {seen[5_000] * 1e6:.1f} µs, p99 {seen[9_900] * 1e6:.1f} µs")
    for capacity in (512, 1_024, 4_096):
        tables = Tables.build(plans, catalog(), capacity)
        whole = median(lambda t=tables: [None for _ in Evaluator(t, lanes, kernels).run(times[40_000])], 3)
        print(f"history, 1,000 plans, chunks of {capacity}: {whole / 40e6 * 1e9:.2f} ns per plan and bar")


@numba.njit(error_model="numpy")
def bytes_and(inputs: Any, which: Any, out: Any) -> None:
    """1,000 ANDs of six conditions, a byte a bar."""
    for p in range(which.shape[0]):
        o, x, y = out[p], inputs[which[p, 0]], inputs[which[p, 1]]
        for i in range(o.size):
            o[i] = min(x[i], y[i])
        for j in range(2, 6):
            z = inputs[which[p, j]]
            for i in range(o.size):
                o[i] = min(o[i], z[i])


@numba.njit(error_model="numpy")
def masks_and(true: Any, false: Any, which: Any, out_true: Any, out_false: Any) -> None:
    """The same as TRUE and FALSE bits, 64 bars a word."""
    for p in range(which.shape[0]):
        for i in range(out_true.shape[1]):
            t, f = true[which[p, 0], i], false[which[p, 0], i]
            for j in range(1, 6):
                t &= true[which[p, j], i]
                f |= false[which[p, j], i]
            out_true[p, i] = t
            out_false[p, i] = f


@numba.njit(error_model="numpy")
def bytes_less(x: Any, y: Any, out: Any) -> None:
    """300 comparisons into bytes."""
    for p in range(out.shape[0]):
        a, b, o = x[p % x.shape[0]], y[p % y.shape[0]], out[p]
        for i in range(o.size):
            o[i] = 1 + (a[i] < b[i]) - (a[i] >= b[i])


@numba.njit(error_model="numpy")
def masks_less(x: Any, y: Any, true: Any, false: Any) -> None:
    """300 comparisons into bits, word by word, as plain numba can write it."""
    for p in range(true.shape[0]):
        a, b = x[p % x.shape[0]], y[p % y.shape[0]]
        for w in range(true.shape[1]):
            t, f = np.uint64(0), np.uint64(0)
            for k in range(64):
                i = 64 * w + k
                t |= np.uint64(a[i] < b[i]) << np.uint64(k)
                f |= np.uint64(a[i] >= b[i]) << np.uint64(k)
            true[p, w] = t
            false[p, w] = f


def bytes_or_masks() -> None:
    """What the record of decisions about conditions rests on: blocks of 4,096 bars."""
    r, block = np.random.default_rng(2), 4_096
    which = r.integers(0, 300, (1_000, 6))
    inputs, out = r.integers(0, 3, (300, block)).astype(np.int8), np.zeros((1_000, block), dtype=np.int8)
    true = r.integers(0, 2**62, (300, block // 64)).astype(np.uint64)
    false, out_true = ~true, np.zeros((1_000, block // 64), dtype=np.uint64)
    out_false = out_true.copy()
    x, y = r.random((60, block)), r.random((60, block))
    logic = [
        median(lambda: bytes_and(inputs, which, out)),
        median(lambda: masks_and(true, false, which, out_true, out_false)),
    ]
    compare = [median(lambda: bytes_less(x, y, inputs)), median(lambda: masks_less(x, y, true, false))]
    for name, seconds, number in (("AND of 6", logic, 1_000), ("comparison", compare, 300)):
        each = [s / number / block * 1e9 for s in seconds]
        print(f"{name}, ns a bar: bytes {each[0]:.3f}, masks {each[1]:.3f}")


def reload(data: Data, kernels: Kernels) -> None:
    """One plan of 20 is edited after a year of M1: two new nodes, or a new indicator as well."""
    g, r = Graph(), random.Random(5)
    close = (field(g, "close"),)
    averages = [call(g, "ema", float(n), reads=close) for n in range(10, 40)]

    def plan() -> Node:
        above = g.node(Op.GT, tuple(r.sample(averages, 2)))
        return g.node(
            Op.JOIN, (g.node(Op.AND, (above, g.node(Op.LT, (r.choice(averages), g.constant(1.1))))),), (), STEPS
        )

    plans = [plan() for _ in range(20)]
    lanes, end = LaneData(data), int(data.m1.close_time[-1])
    old = Evaluator(Tables.build(plans, catalog()), lanes, kernels)
    for _ in old.run(end):
        pass
    for name, new in (("few new nodes", plan()), ("a new indicator", call(g, "ema", 77.0, reads=close))):

        def run(new: Node = new) -> None:
            fresh = Evaluator(Tables.build([*plans[1:], new], catalog()), lanes, kernels)
            fresh.adopt(old, catalog())

        print(f"reload, {name}: {median(run, 5) * 1e3:.1f} ms")


def main() -> None:
    """Everything, in about half a minute."""
    data, kernels = Data(), Kernels("compiled")
    ema_cross(data, kernels)
    bytes_or_masks()
    live_step(data, kernels)
    reload(data, kernels)


if __name__ == "__main__":
    main()
