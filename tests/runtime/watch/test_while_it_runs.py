"""Looked at and told things from many sides at once a run stays whole, and a replay finds the same again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tradeplan.dsl.graph import Graph
from tradeplan.runtime.live.commands import COMMANDS
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.store.requests import RequestRefusedError, ask
from tradeplan.runtime.store.snapshot import read_status
from tradeplan.runtime.watch.compare import compare
from tradeplan.runtime.watch.past import NoStepError, PastJournal, live_why_not
from tradeplan.runtime.watch.past import World as Past
from tradeplan.stdlib.registry import catalog

from tests.runtime.live.world import World, dataset_of, walk

PLAN = (
    "PLAN trades\nTRADE btc ON M1\nWHEN close CROSSES ABOVE sma(3) THEN BUY 0.1 lots STOP 4000 pips TARGET 3000 pips\n"
    "WHEN held >= 15m THEN CLOSE\nGUARD g\nWHEN time = 01:00 THEN HALT\n"
)
MINUTES = 800


def test_asked_and_looked_at_from_many_sides(tmp_path: Path) -> None:
    world = World(tmp_path, dataset_of(walk(MINUTES)), minutes=MINUTES)
    world.write("p.plan", PLAN)
    over, answered, looked = threading.Event(), [0], [0]
    failed: list[BaseException] = []

    def asks() -> None:
        rng = random.Random(1)
        while not over.is_set():
            name = rng.choice(["halt", "resume", "resume", "reload"])
            try:
                ask(world.database, name, {"scope": rng.choice(["", "btc", "trades"])}, seconds=5.0)
                answered[0] += 1
            except (StoreError, RequestRefusedError):
                continue  # before its first step and after its last nobody is there

    def looks() -> None:
        while not over.is_set():
            try:
                status = read_status(world.database)
                assert status.equity > 0
                journal = PastJournal(world.database)
                try:
                    past = Past(world.dataset, catalog(), load_facts(), Graph())
                    why = live_why_not(journal, past, "trades", None)
                finally:
                    journal.close()
                assert why.step is not None
                looked[0] += 1
            except (StoreError, NoStepError):
                continue  # likewise

    def guarded(act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(act,)) for act in (asks, asks, looks)]
    for thread in threads:
        thread.start()

    def point(name: str) -> None:
        if name == "stepped":
            time.sleep(0.002)  # the run must not be over before anybody has asked

    try:
        world.run(until=MINUTES // 2, point=point)
        world.run(point=point)  # recovery finds the same intents, acts included, or it refuses
        while not looked[0] and not failed:
            time.sleep(0.01)
    finally:
        over.set()
        for thread in threads:
            thread.join(timeout=30)
    assert failed == []
    assert answered[0] >= 2
    journal = PastJournal(world.database)
    found = compare(journal, Past(world.dataset, catalog(), load_facts(), Graph()))
    done = {e.kind for e in journal.events()} & set(COMMANDS)
    journal.close()
    assert found.differences == ()
    assert done <= {"halt", "resume"}
    assert done
