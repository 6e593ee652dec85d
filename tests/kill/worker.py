"""One life of a running instance, as a process of its own that ends itself abruptly where it is told to.

python tests/kill/worker.py '{"plans": DIR, "data": DIR, "db": FILE, "start": ms, "end": ms, ...}'
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradeplan.dsl.graph import Graph
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.live.feed import ReplayClock
from tradeplan.runtime.live.folder import PlanFolder, Scan
from tradeplan.runtime.live.instance import Instance, Settings, Totals
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.stdlib.registry import catalog

ACCOUNT = AccountConfig(record_moves=True)


def die() -> None:
    """End this process at once, as `Process.kill` from outside does: nothing is flushed, closed or said."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


@dataclass
class Killer:
    """Dies at the n-th time a point is reached, after so many steps, or after so many seconds."""

    point: str = ""
    at: int = 0
    steps: int = 0

    def __call__(self, name: str) -> None:
        if name == self.point:
            self.at -= 1
            if self.at == 0:
                die()
        if name == "stepped" and self.steps:
            self.steps -= 1
            if self.steps == 0:
                die()


def _silent(text: str) -> None:
    return None


def _unseen(scan: Scan) -> None:
    for name, diagnostics in scan.broken:
        raise ValueError(f"{name}: {diagnostics[0].message}")


def open_bars(data: Path, start: int, end: int) -> Dataset:
    """The bars of a run with nine days to warm up: what a market has in other years must not decide its finest bars."""
    return Dataset.open(data, load_profiles()).window(start - 9 * 86_400_000, end)


def run(order: dict[str, Any], dataset: Dataset | None = None) -> Totals:
    """Run one life."""
    dataset = dataset or open_bars(Path(order["data"]), order["start"], order["end"])
    functions = catalog()
    folder = PlanFolder(Path(order["plans"]), functions, load_facts(), Graph())
    settings = Settings("test", ACCOUNT, order["start"], order["end"])
    clock = ReplayClock(None, order.get("resume_at"))
    point = Killer(order.get("point", ""), order.get("at", 0), order.get("steps", 0))
    if order.get("seconds") is not None:
        timer = threading.Timer(order["seconds"], die)
        timer.daemon = True
        timer.start()
    say = _silent if not order.get("loud") else print
    instance = Instance(folder, dataset, functions, settings, Path(order["db"]), clock, say, _unseen, point=point)
    return instance.run()


if __name__ == "__main__":
    print(run(json.loads(sys.argv[1])))
