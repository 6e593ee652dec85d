"""One life of a running instance, as a process of its own that ends itself abruptly where it is told to."""

from __future__ import annotations

import os
import signal
import threading
import traceback
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


def die(note: Path | None, place: str) -> None:
    """End this process at once, as `Process.kill` from outside does: nothing is flushed or closed."""
    if note is not None:
        note.write_text(place, encoding="utf-8")
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


@dataclass
class Killer:
    """Dies at the n-th time that a point is reached after so many steps; at the latest after `most` steps."""

    point: str = ""
    at: int = 0
    after: int = 0
    most: int = 0
    note: Path | None = None  # where the place of death is written
    done: int = 0

    def __call__(self, name: str) -> None:
        if name == self.point and self.done >= self.after:
            self.at -= 1
            if self.at == 0:
                die(self.note, name)
        if name == "stepped":
            self.done += 1
            if self.done == self.most:
                die(self.note, "most steps")


def _silent(text: str) -> None:
    return None


def _unseen(scan: Scan) -> None:
    for name, diagnostics in scan.broken:
        raise ValueError(f"{name}: {diagnostics[0].message}")


def open_bars(data: Path, start: int, end: int) -> Dataset:
    """The bars of a run with nine days to warm up: what a market has in other years must not decide its finest bars."""
    return Dataset.open(data, load_profiles()).window(start - 9 * 86_400_000, end)


def run(order: dict[str, Any], dataset: Dataset | None = None, note: Path | None = None) -> Totals:
    """Run one life."""
    dataset = dataset or open_bars(Path(order["data"]), order["start"], order["end"])
    functions = catalog()
    folder = PlanFolder(Path(order["plans"]), functions, load_facts(), Graph())
    settings = Settings("test", ACCOUNT, order["start"], order["end"])
    clock = ReplayClock(None, order.get("resume_at"))
    point = Killer(order.get("point", ""), order.get("at", 0), order.get("after", 0), order.get("most", 0), note)
    if order.get("seconds") is not None:
        timer = threading.Timer(order["seconds"], die, (note, "any moment"))
        timer.daemon = True
        timer.start()
    instance = Instance(folder, dataset, functions, settings, Path(order["db"]), clock, _silent, _unseen, point=point)
    return instance.run()


def main(order: dict[str, Any], note: Path) -> None:
    """As the target of a process; `note` tells where it died or what went wrong."""
    try:
        run(order, None, note)
    except BaseException:
        note.write_text(traceback.format_exc(), encoding="utf-8")
        raise
