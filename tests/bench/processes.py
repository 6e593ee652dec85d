"""Whole processes: how long a person or a CI job waits. Prints medians; run it on a quiet machine.

python tests/bench/processes.py [--data FOLDER_OF_BARS]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLANS = ROOT / "plans"
PLAN = [sys.executable, "-c", "from tradeplan.runtime.cli import main; main()"]


def seconds(arguments: list[str], runs: int, **environment: str) -> float:
    """The median of some runs, in seconds."""
    found = []
    for _ in range(runs):
        began = time.perf_counter()
        done = subprocess.run(
            [*PLAN, *arguments], capture_output=True, check=False, env={**os.environ, **environment}, cwd=ROOT
        )
        found.append(time.perf_counter() - began)
        if done.returncode:
            sys.exit(f"{arguments}: {done.stderr.decode()}")
    return statistics.median(found)


def first_result(runs: int) -> float:
    """Seconds until `plan demo` shows figures, with an empty kernel cache."""
    found = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as cache:
            began = time.perf_counter()
            with subprocess.Popen(
                [*PLAN, "demo"],
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                env={**os.environ, "TRADEPLAN_CACHE": cache, "PYTHONUNBUFFERED": "1"},
            ) as process:
                assert process.stdout is not None
                for line in process.stdout:
                    if "expectancy" in line:
                        found.append(time.perf_counter() - began)
                        break
                process.stdout.read()
            time.sleep(1.0)
            subprocess.run(["pkill", "-f", "tradeplan.runtime.kernels.warm"], check=False)
    return statistics.median(found)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--runs", type=int, default=11)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as bytecode:
        # as an installation has it, whatever the environment says about writing it
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = bytecode
        _measure(options.data, options.runs)


def _measure(data: Path | None, runs: int) -> None:
    one = str(PLANS / "btc_on_weak_dollar.plan")
    seconds(["check", one], 1)
    rows = [
        ("python -c pass", statistics.median(_bare() for _ in range(runs))),
        ("plan check, one file", seconds(["check", one], runs)),
    ]
    seconds(["backtest", one], 1)  # fills the cache
    rows.append(("plan backtest, 90 simulated days of M1, warm cache", seconds(["backtest", one], runs)))
    if data is not None:
        arguments = ["backtest", one, "--data", str(data), "--from", "2018-01-01", "--to", "2018-12-31"]
        seconds(arguments, 1)
        rows.append(("plan backtest, a year of BTCUSD M1, warm cache", seconds(arguments, runs)))
    rows.append(("plan demo, empty cache, first figures", first_result(3)))
    for name, value in rows:
        print(f"{name:<55} {value * 1000:8.0f} ms")


def _bare() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
