"""Timing functions: the same run to the bit, every function of the plans named, calls counted, one in so many taken."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.timing import ARITHMETIC, CONDITIONS, JOINS, ORDERS, SAMPLED, FunctionTimer
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.stdlib.registry import catalog

from tests.runtime.live.world import ACCOUNT, MINUTE, START, checked, dataset_of, walk

BARS = 970
A = """
PLAN a
TRADE btc ON M1
WHEN ema(5) CROSSES ABOVE ema(20) AND rsi(14) < 70 AND close > M5.ema(9) THEN BUY 0.1 lots STOP 2 ATR TARGET 2R
WHEN rsi(14) > 70 THEN CLOSE
"""
B = """
PLAN b
TRADE btc ON M5
WHEN close - open > 0.1 * (high - low) AND close > sma(10) THEN SELL 0.1 lots STOP 1%
WHEN held > 30m THEN CLOSE
"""
TEXTS = (A, B)


def run(timer: FunctionTimer | None, capacity: int | None = None) -> tuple[np.ndarray, float]:
    plans, guards, _ = checked(*TEXTS)
    end = START + BARS * MINUTE
    kernels = Kernels("interpreted")
    dataset = dataset_of(walk(BARS))
    found = run_backtest(
        plans, guards, dataset, catalog(), ACCOUNT, START, end, kernels=kernels, capacity=capacity, timer=timer
    )
    return np.concatenate(found.rows), found.equity


@pytest.mark.parametrize("capacity", [None, 16, 1])
def test_a_timed_run_is_the_same_to_the_bit(capacity: int | None) -> None:
    rows, equity = run(None, capacity)
    timed, same = run(FunctionTimer(), capacity)
    assert len(rows) > 20
    assert timed.tobytes() == rows.tobytes()
    assert same == equity


def test_every_function_is_named_with_its_updates() -> None:
    timer = FunctionTimer()
    run(timer)
    bars = {t.name: t.bars for t in timer.times()}
    assert {"ema", "rsi", "sma", "atr", JOINS, ARITHMETIC, CONDITIONS, ORDERS} <= bars.keys()
    # ema(5) and ema(20) on M1, ema(9) on M5, over every bar of the run; rsi(14) once, though it is read twice
    assert bars["ema"] == 2 * BARS + BARS // 5
    assert bars["rsi"] == BARS
    assert bars["sma"] == BARS // 5


def test_times_are_those_of_the_clock_less_an_empty_call() -> None:
    """A clock that goes on by 100 at each look: every call takes 100, as an empty one does, so nothing is left."""
    now = [0]

    def clock() -> int:
        now[0] += 100
        return now[0]

    timer = FunctionTimer(clock=clock)
    run(timer)
    times = {t.name: t for t in timer.times()}
    assert all(t.seconds == 0.0 for name, t in times.items() if name != ORDERS)
    assert times[ORDERS].seconds == pytest.approx(times[ORDERS].bars * 100e-9)
    assert times[ORDERS].nanoseconds == pytest.approx(100.0)


def test_one_call_in_so_many_is_timed() -> None:
    plans, guards, _ = checked(*TEXTS)
    engine = Engine(dataset_of(walk(BARS)), ACCOUNT, catalog(), START, START + BARS * MINUTE, Kernels("interpreted"))
    engine.timer = timer = FunctionTimer(every=SAMPLED)
    engine.activate(plans, guards)
    while (instant := engine.next_instant()) is not None:
        engine.advance(instant)
    bars = {t.name: t.bars for t in timer.times()}
    assert bars["rsi"] == bars[ORDERS] == timer.samples == BARS // SAMPLED
    # M5 closes with every fifth minute: of the samples so many, as the number has no common part with a timeframe
    assert abs(bars["sma"] - BARS // SAMPLED / 5) <= 1
    assert all(math.gcd(SAMPLED, minutes) == 1 for minutes in (5, 15, 30, 60, 240, 1_440))
