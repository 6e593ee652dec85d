"""What managed exits, stops and size cost beside a plain plan: `python -m tests.bench.management`.

Prints, for plans that enter alike: a year of M1 bars by 1, 10 and 50 plans on M5 with three plain rules, with eight
managed ones that look at M5 and slower, and with the same that look at M1; and a live step of 100 plans on M1. Times
are those of the processor, so that other work on the machine counts little.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.stdlib.registry import catalog

from tests.runtime.live.world import ACCOUNT, MINUTE, START, checked, dataset_of, walk

PLAIN = """PLAN p{i}
TRADE btc ON {timeframe}
WHEN close CROSSES ABOVE sma({n}) THEN BUY RISK 0.1% STOP 2 ATR TARGET 3R
WHEN best >= 1R THEN MOVE STOP TO entry
WHEN profit > 2R THEN CLOSE 50%
WHEN held > 8h THEN CLOSE
"""
MANAGED = """PLAN p{i}
TRADE btc ON {timeframe}
LET leave = exit_signal(finest={finest})
WHEN close CROSSES ABOVE sma({n}) THEN BUY RISK 0.1% STOP tighter(atr_stop(2.0), structure_stop) TARGET 3R
WHEN leave >= critical AND profit < 0 pips THEN CLOSE
WHEN leave = medium AND profit > 1R THEN CLOSE 25%
WHEN best >= 1R THEN MOVE STOP TO tighter(breakeven_stop, trail(2 ATR, step=0.1R), volatility_stop(3))
WHEN scale_in.ready THEN ADD 25%
WHEN scale_out > 3 THEN CLOSE 25%
WHEN scale_profit >= 4 THEN CLOSE 25%
WHEN profit > 2R THEN CLOSE 50%
WHEN held > 8h THEN CLOSE
"""
KINDS = (("plain", PLAIN, "M5"), ("managed, M5 and slower", MANAGED, "M5"), ("managed, M1 and slower", MANAGED, "M1"))
YEAR = 365 * 1_440


def plans(text: str, count: int, timeframe: str, finest: str) -> list[CheckedPlan]:
    """So many plans that differ in their average."""
    return checked(*(text.format(i=i, n=20 + i, timeframe=timeframe, finest=finest) for i in range(count)))[0]


def backtest(data: Dataset, made: list[CheckedPlan], kernels: Kernels) -> float:
    """The best of six runs, in seconds, after one that warms up."""
    times = []
    for _ in range(7):
        begin = time.thread_time()
        run_backtest(made, (), data, catalog(), ACCOUNT, kernels=kernels)
        times.append(time.thread_time() - begin)
    return min(times[1:])


def live_step(data: Dataset, made: list[CheckedPlan], kernels: Kernels, bars: int) -> float:
    """The median time of an instant, in seconds."""
    engine = Engine(data, ACCOUNT, catalog(), START, START + bars * MINUTE, kernels)
    engine.activate(made, [])
    engine.advance(START + bars // 2 * MINUTE)
    times = []
    while (instant := engine.next_instant()) is not None:
        begin = time.thread_time()
        engine.advance(instant)
        times.append(time.thread_time() - begin)
    return statistics.median(times)


def main() -> None:
    """Print the figures."""
    kernels = Kernels("compiled")
    year = dataset_of(10_000.0 + np.cumsum(np.random.default_rng(3).normal(0.0, 1.0, YEAR)))
    for count in (1, 10, 50):
        spent = {name: backtest(year, plans(text, count, "M5", finest), kernels) for name, text, finest in KINDS}
        told = ", ".join(f"{name} {s * 1000:.0f} ms ({s / spent['plain']:.1f}x)" for name, s in spent.items())
        print(f"{count} plans, a year of M1: {told}")
    short = dataset_of(walk(3_000))
    steps = {name: live_step(short, plans(text, 100, "M1", finest), kernels, 3_000) for name, text, finest in KINDS}
    told = ", ".join(f"{name} {s * 1e6:.0f} us ({s / steps['plain']:.1f}x)" for name, s in steps.items())
    print(f"100 plans on M1, a live step: {told}")


if __name__ == "__main__":
    main()
