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


def die(place: str) -> None:
    """End this process at once, as `Process.kill` from outside does: nothing is flushed or closed."""
    os.write(2, f"died at: {place}\n".encode())
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


@dataclass
class Killer:
    """Dies at the n-th time that a point is reached after so many steps; at the latest after `most` steps."""

    point: str = ""
    at: int = 0
    after: int = 0
    most: int = 0
    done: int = 0

    def __call__(self, name: str) -> None:
        if name == self.point and self.done >= self.after:
            self.at -= 1
            if self.at == 0:
                die(name)
        if name == "stepped":
            self.done += 1
            if self.done == self.most:
                die("most steps")


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
    point = Killer(
        *(order.get(name, default) for name, default in (("point", ""), ("at", 0), ("after", 0), ("most", 0)))
    )
    if order.get("seconds") is not None:
        timer = threading.Timer(order["seconds"], die, ("any moment",))
        timer.daemon = True
        timer.start()
    say = _silent if not order.get("loud") else print
    instance = Instance(folder, dataset, functions, settings, Path(order["db"]), clock, say, _unseen, point=point)
    return instance.run()


if __name__ == "__main__":
    print(run(json.loads(sys.argv[1])))
