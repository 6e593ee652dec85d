"""What a running instance costs: `python -m tests.bench.live`.

Prints: one live step over 1,000 plans with 300 distinct predicates, and where its time goes; the time from saving an
edit to the first step on the new version, 20 plans with a year of M1 behind them, file watcher and journal included.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.live.feed import ReplayClock
from tradeplan.runtime.live.folder import PlanFolder, Scan
from tradeplan.runtime.live.instance import Instance, Settings
from tradeplan.runtime.live.watcher import Watcher
from tradeplan.runtime.market.facts import load_facts
from tradeplan.stdlib.registry import catalog

from tests.runtime.live.world import ACCOUNT, MINUTE, START, dataset_of, walk

PLAN = """PLAN {name}
TRADE btc ON M1
WHEN {condition} THEN BUY RISK 0.1% STOP 2 ATR TARGET 2R
WHEN profit >= 1R THEN MOVE STOP TO entry
MAX 1 PER day
"""


def predicates(count: int, chance: random.Random) -> list[str]:
    """Conditions that are all different."""
    found: list[str] = []
    for i in range(count):
        n = 3 + i
        found.append(
            chance.choice(
                (
                    f"close > sma({n})",
                    f"rsi({n}) < {25 + i % 50}",
                    f"ema({n}) > ema({2 * n})",
                    f"high > highest({n})[1]",
                    f"change({n} bars) > {i % 7 / 10}%",
                )
            )
        )
    return found


def texts(plans: int, conditions: list[str], chance: random.Random) -> list[str]:
    """Plans of three conditions each."""
    return [PLAN.format(name=f"p{i:04}", condition=" AND ".join(chance.sample(conditions, 3))) for i in range(plans)]


def median_us(times: list[int]) -> float:
    """Median of nanoseconds, in microseconds."""
    return statistics.median(times) / 1_000


def live_step(plans: int, distinct: int, steps: int = 2_000) -> str:
    """One closed bar, from the evaluator to the events."""
    chance = random.Random(1)
    graph, facts, functions = Graph(), load_facts(), catalog()
    sources = texts(plans, predicates(distinct, chance), chance)
    checked = [p for i, t in enumerate(sources) for p in check_source(Source(str(i), t), functions, facts, graph).plans]
    assert len(checked) == plans
    dataset = dataset_of(walk(10_000 + steps))
    engine = Engine(dataset, ACCOUNT, functions, START, START + (10_000 + steps) * MINUTE, Kernels())
    began = time.perf_counter()
    engine.activate(checked, [])
    ready = time.perf_counter() - began
    engine.advance(START + 10_000 * MINUTE)
    loop = engine._loop
    assert loop is not None
    parts: dict[str, list[int]] = {"evaluate": [], "aim": [], "find": [], "drive": [], "keep": []}

    def timed(name: str, call: Callable[[], object]) -> None:
        at = time.perf_counter_ns()
        call()
        parts[name].append(time.perf_counter_ns() - at)

    whole: list[int] = []
    told = 0
    while (instant := engine.next_instant()) is not None and len(whole) < steps // 2:
        at = time.perf_counter_ns()
        told += len(engine.advance(instant))
        whole.append(time.perf_counter_ns() - at)
    for minute in range(10_000 + steps // 2, 10_000 + steps):
        until = START + (minute + 1) * MINUTE
        timed("evaluate", lambda until=until: loop.evaluator.advance(until))
        timed("aim", loop._aim)
        timed("find", loop._find)
        timed("drive", loop._drive)
        loop.drain()
        timed("keep", loop._kept)
    split = ", ".join(f"{name} {median_us(found):.1f}" for name, found in parts.items())
    tail = sorted(whole)[int(len(whole) * 0.99)] / 1_000
    held = len(engine.positions())
    return (
        f"live step, {plans} plans, {distinct} predicates: median {median_us(whole):.1f} µs, 99 % below {tail:.1f} µs,"
        f" with {told / len(whole):.1f} events a step and {held} positions open; parts without the events: {split};"
        f" set ready in {ready:.2f} s"
    )


def edit_to_step(plans: int, edits: int) -> str:
    """Seconds from the end of the write to the end of the first step on the new version."""
    chance = random.Random(2)
    conditions = predicates(60, chance)
    count = 365 * 1_440
    dataset = dataset_of(walk(count))
    took: list[float] = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "plans"
        folder.mkdir()
        for i, text in enumerate(texts(plans, conditions, chance)):
            (folder / f"p{i:04}.plan").write_text(text, encoding="utf-8")
        saved = 0.0
        active = False

        def edit() -> None:
            nonlocal saved
            text = PLAN.format(
                name="p0007", condition=f"close > sma({700 + len(took)}) AND " + chance.choice(conditions)
            )
            (folder / "p0007.plan").write_text(text, encoding="utf-8")
            saved = time.perf_counter()

        def point(name: str) -> None:
            nonlocal active, saved
            if name == "activation":
                active = saved > 0.0
            if name != "stepped":
                return
            time.sleep(0.001)  # instants of a feed, not as fast as possible
            if active and saved:
                took.append(time.perf_counter() - saved - 0.001)
                active, saved = False, 0.0
                if len(took) < edits:
                    threading.Timer(0.3, edit).start()

        end = START + count * MINUTE
        settings = Settings("bench", ACCOUNT, end - 10 * 1_440 * MINUTE, end)
        reader = PlanFolder(folder, catalog(), load_facts(), Graph())

        def silent(text: str) -> None:
            return None

        def unseen(scan: Scan) -> None:
            assert not scan.broken, scan.broken

        instance = Instance(
            reader,
            dataset,
            catalog(),
            settings,
            Path(place) / "run.db",
            ReplayClock(None),
            silent,
            unseen,
            stop=lambda: len(took) >= edits,
            point=point,
            kernels=Kernels(),
        )
        watcher = Watcher(folder)
        first = threading.Timer(3.0, edit)
        first.start()
        instance.run(watcher)
        watcher.close()
    milliseconds = sorted(1_000 * t for t in took)
    return (
        f"edit saved to first step on the new version, {plans} plans, a year of M1: median"
        f" {statistics.median(milliseconds):.0f} ms, worst of {len(took)} {milliseconds[-1]:.0f} ms"
    )


if __name__ == "__main__":
    print(live_step(1_000, 300))
    print(live_step(100, 60))
    print(edit_to_step(20, 12))
