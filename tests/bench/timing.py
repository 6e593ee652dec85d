"""What timing functions costs a live step: `python -m tests.bench.timing [--steps 4000]`.

The example plans of bitcoin step minute by minute over a walk, three times in turn: without a timer, with one step in
97 timed (as `plan run --metrics` does), and with every step timed. Prints the mean of each, and what one sample adds.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.timing import SAMPLED, FunctionTimer
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

from tests.runtime.live.world import MINUTE, START, dataset_of, walk

PLANS = Path(__file__).resolve().parents[2] / "plans"


def microseconds(steps: int, every: int | None) -> float:
    """The mean of a step."""
    graph, facts, functions = Graph(), load_facts(), catalog()
    texts = [path.read_text(encoding="utf-8") for path in sorted(PLANS.glob("btc_*.plan"))]
    plans = [p for text in texts for p in check_source(Source("p", text), functions, facts, graph).plans]
    plans = [p for p in plans if p.market == "btc"]
    dataset = dataset_of(walk(steps + 100))
    engine = Engine(dataset, AccountConfig(), functions, START, START + (steps + 100) * MINUTE, Kernels("compiled"))
    engine.timer = None if every is None else FunctionTimer(every)
    engine.activate(plans, [])
    engine.advance(START + 100 * MINUTE)
    began = time.perf_counter()
    for step in range(steps):
        engine.advance(START + (101 + step) * MINUTE)
    return (time.perf_counter() - began) / steps * 1e6


def main() -> None:
    """Print the figures; the best of three each, since others may use the machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4_000)
    steps = parser.parse_args().steps
    found = {every: min(microseconds(steps, every) for _ in range(3)) for every in (None, SAMPLED, 1)}
    for every, mean in found.items():
        print(f"{'no timer' if every is None else f'one step in {every}':16} {mean:8.1f} µs a step")
    print(f"a sample adds {found[1] - found[None]:.0f} µs to its step")  # type: ignore[operator]


if __name__ == "__main__":
    main()
