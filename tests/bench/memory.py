"""Peak memory of a backtest over a year of M1 with fifty indicators, above what imports and the data itself take.

python tests/bench/memory.py --data FOLDER_OF_BARS   (POSIX: reads the peak from the operating system)
"""

from __future__ import annotations

import argparse
import resource
import sys
from pathlib import Path

from tradeplan.runtime import backtest
from tradeplan.runtime.engine.kernel_choice import choose_kernels  # noqa: F401  (imported before the first reading)
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import load_profiles

INDICATORS = [
    *(f"close > ema({n})" for n in range(5, 55, 3)),
    *(f"close > sma({n})" for n in range(6, 56, 3)),
    *(f"rsi({n}) < 70" for n in range(7, 40, 2)),
]


def peak_megabytes() -> float:
    """The process's peak resident memory so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)


def main() -> None:
    """Run once and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    conditions = " AND ".join(INDICATORS[:50])
    plan = f"PLAN fifty TRADE usdjpy ON M1 WHEN {conditions} THEN BUY RISK 0.5% STOP 2 ATR TARGET 2R"
    dataset = Dataset.open(data, load_profiles())
    small = "PLAN one TRADE usdjpy ON M1 WHEN close > ema(5) THEN BUY RISK 0.5% STOP 2 ATR TARGET 2R"
    backtest(small, dataset, start="2013-01-03", end="2013-01-04")
    before = peak_megabytes()
    result = backtest(plan, dataset)
    after = peak_megabytes()
    bars = dataset.bars("usdjpy", "M1")
    assert bars is not None
    size = sum(
        getattr(bars, name).nbytes for name in ("open_time", "close_time", "open", "high", "low", "close", "spread")
    )
    print(f"{len(bars)} bars of M1, {len(INDICATORS[:50])} indicators, {len(result.trades)} trades")
    print(f"peak {after:.0f} MB, before the run {before:.0f} MB, bars {size / 1e6:.0f} MB mapped")
    print(f"the run's own share: {after - before:.0f} MB (bars read from the map included)")


if __name__ == "__main__":
    main()
