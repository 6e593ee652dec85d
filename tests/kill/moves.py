"""A life in which a person edits plans under their open positions and moves these to the new versions.

At every step each plan must have one version that runs, and each position a plan that runs.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

from tradeplan.runtime.live.instance import Instance

from tests.kill.broker_life import Order, live
from tests.kill.busy import DIP, POP, WAITS

EDITS = {
    "dip.plan": (DIP, DIP.replace("held >= 6m", "held >= 5m")),
    "pop.plan": (POP, POP.replace("rsi(3) < 45 THEN CLOSE 50%", "rsi(3) < 40 THEN CLOSE 50%")),
    "waits.plan": (WAITS, WAITS.replace("best >= 0.3R", "best >= 0.25R")),
}
"""The two texts between which a file goes; none holds longer than `busy.LONGEST` says."""
EDIT, MOVE = 60, 170
"""Of 256 steps so many bring an edit, and so many more try to move what is held."""


class Person:
    """Edits and moves at steps that their time draws."""

    def __init__(self, plans: Path) -> None:
        self._plans = plans
        self._busy = False

    def __call__(self, instance: Instance, place: str) -> None:
        if place != "stepped" or self._busy:
            return
        self._busy = True  # what is done by hand tells places of its own
        try:
            _look(instance)
            self._act(instance)
        finally:
            self._busy = False

    def _act(self, instance: Instance) -> None:
        run = instance._running()
        first, second = hashlib.blake2b(str(run.engine.now).encode(), digest_size=2).digest()
        if first < EDIT:
            file, (old, new) = sorted(EDITS.items())[second % len(EDITS)]
            path = self._plans / file
            if path.is_file():
                path.write_text(new if path.read_text(encoding="utf-8") == old else old, encoding="utf-8")
                instance.reload()
        elif first < EDIT + MOVE:
            for name in sorted({holding.plan for holding in run.engine.holdings()}):
                try:
                    told = instance.migration(name)
                    instance.migrate(name, told["before"], told["after"])
                except ValueError:
                    continue  # there is nothing to move to, or an order of the plan waits
                _look(instance)
                instance.point("moved")


def _look(instance: Instance) -> None:
    run = instance._running()
    versions = Counter(plan.name for plan in run.active.plans)
    twice = [name for name, count in versions.items() if count > 1]
    assert not twice, f"two versions manage what they hold: {twice}"
    lost = {holding.plan for holding in run.engine.holdings()} - versions.keys()
    assert not lost, f"nobody manages the positions of {lost}"


def main(order: Order) -> None:
    """As the target of a process."""
    live(order, Person(order.folder / "plans"))
