"""A small world for running instances: two days of one market, plans in a folder, a hand instead of a file watcher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.timing import FunctionTimer
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.live.feed import ReplayClock
from tradeplan.runtime.live.folder import PlanFolder, Scan
from tradeplan.runtime.live.instance import Instance, Settings, Totals
from tradeplan.runtime.live.record import no_point
from tradeplan.runtime.live.watcher import Watcher
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.watch.step import Step
from tradeplan.stdlib.registry import catalog

START = 1_515_369_600_000  # 2018-01-08 00:00 UTC, a Monday
MINUTE = 60_000
ACCOUNT = AccountConfig(record_moves=True)


def dataset_of(closes: np.ndarray) -> Dataset:
    """M1 bars of btc that open where the bar before closed; highs and lows reach 5 further."""
    closes = np.round(closes, 2)
    opens = np.concatenate([closes[:1], closes[:-1]])
    index = pd.to_datetime(START + MINUTE * np.arange(len(closes)), unit="ms", utc=True)
    high, low = np.maximum(opens, closes) + 5.0, np.minimum(opens, closes) - 5.0
    frame = pd.DataFrame({"open": opens, "high": high, "low": low, "close": closes}, index=index)
    return Dataset.from_frames({("btc", "M1"): frame}, load_profiles())


def walk(count: int, seed: int = 3) -> np.ndarray:
    """A random walk from 10,000 with steps of about 12."""
    return 10_000.0 + np.cumsum(np.random.default_rng(seed).normal(0.0, 12.0, count))


def ramp(count: int) -> np.ndarray:
    """One up every minute: what happens when is arithmetic."""
    return 10_000.0 + np.arange(count, dtype=np.float64)


def checked(
    *texts: str, functions: Catalog | None = None, graph: Graph | None = None
) -> tuple[list[CheckedPlan], list[CheckedGuard], Graph]:
    """Plans and guards of good texts."""
    graph = graph or Graph()
    plans: list[CheckedPlan] = []
    guards: list[CheckedGuard] = []
    for i, text in enumerate(texts):
        found = check_source(Source(f"{i}.plan", text), functions or catalog(), load_facts(), graph)
        assert found.ok, [d.message for d in found.diagnostics]
        plans += found.plans
        guards += found.guards
    return plans, guards, graph


class Hand(Watcher):
    """Says that something changed when a test changed it."""

    def __init__(self) -> None:
        self.changed = False
        self.waits = 0

    def take(self) -> bool:
        told, self.changed = self.changed, False
        return told

    def wait(self, seconds: float) -> bool:
        self.waits += 1
        return self.changed


@dataclass
class World:
    """A folder, its database, and lives over them."""

    folder: Path
    dataset: Dataset
    functions: Catalog = field(default_factory=catalog)
    kernels: Kernels | None = None
    said: list[str] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    minutes: int = 300
    speed: float | None = None
    instance: Instance | None = None  # of the present or last life
    stepped: Callable[[Step], None] = lambda step: None
    timer: FunctionTimer | None = None

    def __post_init__(self) -> None:
        self.plans.mkdir(exist_ok=True)

    @property
    def plans(self) -> Path:
        return self.folder / "plans"

    @property
    def database(self) -> Path:
        return self.folder / "run.db"

    def write(self, name: str, text: str) -> None:
        """Save a plan file."""
        (self.plans / name).write_text(text, encoding="utf-8")

    def run(
        self,
        edits: dict[int, Callable[[], None]] | None = None,
        until: int | None = None,
        resume_at: int | None = None,
        point: Callable[[str], None] = no_point,
    ) -> Totals:
        """One life. `edits[n]` is done after step n of this life; it stops after step `until`."""
        hand, steps = Hand(), 0

        def at(name: str) -> None:
            nonlocal steps
            if name == "stepped":
                steps += 1
                if edits and steps in edits:
                    edits[steps]()
                    hand.changed = True
            point(name)

        settings = Settings("test", ACCOUNT, START, START + self.minutes * MINUTE)
        folder = PlanFolder(self.plans, self.functions, load_facts(), Graph())
        self.instance = Instance(
            folder,
            self.dataset,
            self.functions,
            settings,
            self.database,
            ReplayClock(self.speed, resume_at),
            self.said.append,
            self.scans.append,
            stop=lambda: hand.waits > 2 or (until is not None and steps >= until),
            point=at,
            kernels=self.kernels,
            stepped=self.stepped,
            timer=self.timer,
        )
        return self.instance.run(hand)
