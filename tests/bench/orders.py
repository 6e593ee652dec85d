"""What whole backtests cost, as multiples of a hand-written loop of the same run: `python tests/bench/orders.py`.

The job: EMA 20 crosses above EMA 50 with RSI 14 below 70, a stop of 2 ATR, a target of 2R, half taken at 1R, over
370,000 M1 bars, with spread, slippage, commission, risk sizing and the lot step. Prints one plan, 100 plans with varied
parameters, and 100 plans with four management rules each; beside it the cold and warm time to make the kernels.
"""

from __future__ import annotations

import argparse
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
from tradeplan.dsl.graph import CheckedPlan, Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.stdlib.registry import catalog

MINUTE = 60_000
BARS = 370_000
MONDAY = 19_723 * 1_440 * MINUTE  # 2024-01-01

MANAGEMENT = """
WHEN best >= 1R THEN MOVE STOP TO entry
WHEN profit >= 1.5R THEN MOVE STOP TO close - 1.5 ATR
WHEN close < ema({slow}) AND profit > 0.5R THEN CLOSE 50%
WHEN held > 8h THEN CLOSE
"""


def made_rates(count: int) -> Rates:
    """A random walk over the minutes of working days."""
    times = MONDAY + np.arange(2 * count, dtype=np.int64) * MINUTE
    times = times[(times - MONDAY) % (7 * 1_440 * MINUTE) < 5 * 1_440 * MINUTE][:count]
    r = np.random.default_rng(1)
    close = np.round(1.1 + np.cumsum(r.normal(size=count)) * 4e-5, 5)
    opened = np.concatenate(([1.1], close[:-1]))
    high = np.maximum(opened, close) + np.round(r.random(count) * 6e-5, 5)
    low = np.minimum(opened, close) - np.round(r.random(count) * 6e-5, 5)
    spread = r.integers(4, 9, count).astype(np.int32)
    return Rates(times, opened, high, low, close, np.ones(count), spread, np.zeros(count))


def plan_text(i: int, fast: int, slow: int, stop: float, reward: float, rules: str) -> str:
    """One plan of the job; with a negative stop it is mirrored."""
    if stop < 0.0:
        text = plan_text(i, fast, slow, -stop, reward, rules)
        return text.replace("ABOVE", "BELOW").replace("< 70", "> 30").replace("BUY", "SELL")
    return f"""
PLAN p{i:03}
TRADE eurusd ON M1
WHEN ema({fast}) CROSSES ABOVE ema({slow}) AND rsi(14) < 70
THEN BUY RISK 200 USD STOP {stop} ATR TARGET {reward}R TAKE 50% AT 1R
{rules.format(slow=slow)}"""


def plans(count: int, rules: str = "", stop: float = 2.0) -> list[CheckedPlan]:
    """The job's plan, or so many with parameters around its own."""
    texts = [
        plan_text(
            i,
            20 + i % 10,
            50 + 5 * (i // 10),
            stop + math.copysign(0.1 * (i % 7 if count > 1 else 0), stop),
            2.0,
            rules,
        )
        for i in range(count)
    ]
    checked = check_source(Source("bench", "\n".join(texts)), catalog(), load_facts(), Graph())
    assert checked.ok, [d.message for d in checked.diagnostics]
    return list(checked.plans)


@numba.njit(error_model="numpy")
def hand_loop(o: Any, h: Any, l: Any, c: Any, spread: Any, costs: Any, out: Any) -> int:  # noqa: E741  # the usual names
    """The job written by hand for one plan: seeds, indicators, costs, sizing, partial and bookkeeping in one pass."""
    contract, step, commission, slip, tick, risk = costs[0], costs[1], costs[2], costs[3], costs[4], costs[5]
    balance = 0.0
    fast, slow, up, down, atr = 0.0, 0.0, 0.0, 0.0, 0.0
    is_open, pending, taken = False, False, False
    stop, target, take, entry, lots, money, r, was_below, k = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, False, 0
    for i in range(c.size):
        if pending:
            pending = False
            entry = o[i] + spread[i] + slip
            stop = np.floor((entry - 2.0 * atr) / tick + 0.5) * tick
            r = entry - stop
            target = np.floor((entry + 2.0 * r) / tick + 0.5) * tick
            take = np.floor((entry + r) / tick + 0.5) * tick
            is_open, taken = True, False
            money = -np.floor(commission * lots * 100.0 + 0.5) / 100.0
            balance += money
        if is_open:
            x = 0.0
            if l[i] <= stop:
                x = min(o[i], stop) - slip
            else:
                if not taken and h[i] >= take:
                    taken = True
                    part = np.ceil(lots * 0.5 / step - 1e-9) * step
                    if part < lots:
                        g = np.floor((max(o[i], take) - entry) * part * contract * 100.0 + 0.5) / 100.0
                        g -= np.floor(commission * part * 100.0 + 0.5) / 100.0
                        balance += g
                        money += g
                        lots -= part
                if h[i] >= target:
                    x = max(o[i], target)
            if x != 0.0:
                g = np.floor((x - entry) * lots * contract * 100.0 + 0.5) / 100.0
                g -= np.floor(commission * lots * 100.0 + 0.5) / 100.0
                balance += g
                out[k, 0], out[k, 1], out[k, 2], out[k, 3] = i, entry, x, money + g
                k += 1
                is_open = False
        p = c[i]
        if i < 20:
            fast += p / 20.0
        else:
            fast += 2.0 / 21.0 * (p - fast)
        if i < 50:
            slow += p / 50.0
        else:
            slow += 2.0 / 51.0 * (p - slow)
        if i > 0:
            d, before = p - c[i - 1], c[i - 1]
            gain, loss = max(d, 0.0), max(-d, 0.0)
            span = max(h[i], before) - min(l[i], before)
            if i <= 14:
                up, down, atr = up + gain / 14.0, down + loss / 14.0, atr + span / 14.0
            else:
                up, down, atr = up + (gain - up) / 14.0, down + (loss - down) / 14.0, atr + (span - atr) / 14.0
        above = fast > slow
        if not is_open and i >= 50 and above and was_below and 100.0 * up / (up + down) < 70.0:
            distance = 2.0 * atr + slip
            lots = np.floor(risk / ((distance * contract + 2.0 * commission) * step) + 1e-9) * step
            pending = lots >= step
        was_below = i >= 49 and not above
    return k


def medians(run: Callable[[], Any], hand: Callable[[], Any], times: int) -> tuple[float, float]:
    """Seconds of a run and of the hand loop, in turn so that both meet the same machine; first runs do not count."""
    seen: tuple[list[float], list[float]] = ([], [])
    for round_ in range(times + 1):
        for of, what in ((seen[0], run), *((seen[1], hand),) * 5):
            start = time.perf_counter()
            what()
            if round_:
                of.append(time.perf_counter() - start)
    return statistics.median(seen[0]), statistics.median(seen[1])


def job(dataset: Dataset, chosen: Sequence[CheckedPlan], kernels: Kernels) -> Callable[[], BacktestResult]:
    """A whole backtest: tables, columns and orders; figures are worked out when they are asked for."""

    def run() -> BacktestResult:
        account = AccountConfig(balance=100_000_000.0, leverage=10_000.0)
        return BacktestResult(run_backtest(chosen, (), dataset, catalog(), account, kernels=kernels))

    return run


def cold_and_warm() -> tuple[float, float]:
    """Seconds to compile the order kernels, and to load them from the cache; each in a process of its own."""
    code = (
        "import sys, time\n"
        "from tradeplan.runtime.engine.order_loop import ENTRIES\n"
        "from tradeplan.runtime.kernels.build import Kernels\n"
        "start = time.perf_counter()\n"
        "kernels = Kernels('compiled', cache_root=sys.argv[1])\n"
        "for entry in ENTRIES:\n"
        "    kernels.entry(entry)\n"
        "print(time.perf_counter() - start)\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        cold, warm = (
            float(
                subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True).stdout
            )
            for _ in range(2)
        )
    return cold, warm


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bars", type=int, default=BARS)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--cold", action="store_true", help="also compile from an empty cache")
    given = parser.parse_args()
    rates = made_rates(given.bars)
    profiles = load_profiles()
    dataset = Dataset.from_rates({("eurusd", "M1"): rates}, profiles)
    profile = profiles["eurusd"]
    kernels = Kernels()
    costs = np.array(
        (
            profile.contract_size,
            profile.lot_step,
            profile.costs.commission,
            profile.slippage,
            profile.tick_size,
            200.0,
        )
    )
    spread, out = rates.spread * profile.point, np.zeros((given.bars, 4))

    def by_hand() -> int:
        return int(hand_loop(rates.open, rates.high, rates.low, rates.close, spread, costs, out))

    print(f"hand loop, {given.bars:,} bars: {by_hand():,} trades")
    for name, count, rules, stop in (
        ("1 plan", 1, "", 2.0),
        ("100 plans", 100, "", 2.0),
        ("100 plans that sell", 100, "", -2.0),
        ("100 plans, 4 rules", 100, MANAGEMENT, 4.0),
    ):
        run = job(dataset, plans(count, rules, stop), kernels)
        spent, hand = medians(run, by_hand, given.times)
        result = run()
        start = time.perf_counter()
        assert result.performance.trades > 0
        figures = time.perf_counter() - start
        share = spent / (hand * count)
        trades, exposure = result.performance.trades, result.performance.exposure
        print(
            f"{name}: {spent * 1e3:.1f} ms, {share:.2f} x {count} hand loops of {hand * 1e3:.2f} ms;"
            f" {trades:,} trades, {exposure:.0%} in market, figures {figures * 1e3:.0f} ms more"
        )
    if given.cold:
        cold, warm = cold_and_warm()
        print(f"order kernels: cold {cold:.1f} s, from the cache {warm * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
