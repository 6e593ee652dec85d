"""Acts on a running instance: journalled before they are done, done again by recovery, safe from many threads."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.live.feed import ReplayClock
from tradeplan.runtime.live.health import Health, completeness
from tradeplan.runtime.live.instance import Instance, NotRunningError
from tradeplan.runtime.store.snapshot import read_status
from tradeplan.stdlib.registry import catalog

from tests.kill.campaign import forget_what_replay_finds, rows
from tests.kill.plans import BREAKERS, BREAKOUT, GUARD, PULLBACK
from tests.runtime.live.world import ACCOUNT, MINUTE, START, World, checked, dataset_of, ramp, walk

SPANS = {"market": "btc", "timeframe": "M1", "hold": "40m", "rest": "20m", "end": "120", "some": "90"}
TEXTS = {
    "pullback.plan": PULLBACK.format(**SPANS),
    "breakdown.plan": BREAKOUT.format(**SPANS),
    "limits.plan": GUARD,
    "breakers.plan": BREAKERS.format(**SPANS),
}
BARS = 600


def world_of(folder: Path, texts: dict[str, str] = TEXTS, closes: np.ndarray | None = None) -> World:
    folder.mkdir(exist_ok=True)
    world = World(folder, dataset_of(walk(BARS) if closes is None else closes), minutes=BARS)
    for name, text in texts.items():
        world.write(name, text)
    return world


def acts_at(world: World, done: set[str]) -> Callable[[str], None]:
    """Acts at set minutes of the feed, each once in all lives: what a person does is not done again by a restart."""
    plan: list[tuple[int, Callable[[Instance], None]]] = [
        (60, lambda i: i.halt("btc_pullback")),
        (90, lambda i: i.book(2_500.0)),
        (120, lambda i: i.resume("btc_pullback")),
        (150, lambda i: i.resume("btc_tries")),
        (200, lambda i: i.halt()),
        (230, lambda i: i.resume()),
        (300, lambda i: i.book(-1_000.0)),
        (350, lambda i: i.resume("btc_ends")),
        (400, lambda i: i.halt("btc")),
        (420, lambda i: i.resume("btc")),
    ]

    def at(name: str) -> None:
        if name != "stepped" or world.instance is None:
            return
        now = world.instance.status().time
        for minute, act in plan:
            if now >= START + minute * MINUTE and str(minute) not in done:
                done.add(str(minute))
                act(world.instance)

    return at


def test_what_people_did_is_there_after_every_restart(tmp_path: Path) -> None:
    peace = world_of(tmp_path / "peace")
    done: set[str] = set()
    whole = peace.run(point=acts_at(peace, done))
    assert len(done) == 10
    assert whole.fills >= 20
    again = world_of(tmp_path / "again")
    done = set()
    for until in (30, 61, 62, 95, 40, 1, 55, 70, 33, 90):
        again.run(until=until, point=acts_at(again, done))
    again.run(point=acts_at(again, done))
    assert rows(again.database) == rows(peace.database)
    forget_what_replay_finds(peace.database, tmp_path / "again" / "copy.db")
    (tmp_path / "again" / "copy.db").replace(again.database)
    for leftover in again.database.parent.glob("run.db-*"):
        leftover.unlink()
    again.run()
    assert rows(again.database) == rows(peace.database)


class Dead(Exception):
    """The program died here."""


@pytest.mark.parametrize("minute", [60, 90, 150, 200])
def test_an_act_that_was_journalled_is_done_though_the_program_died(tmp_path: Path, minute: int) -> None:
    peace = world_of(tmp_path / "peace")
    peace.run(point=acts_at(peace, set()))
    world = world_of(tmp_path / "dies")
    done: set[str] = set()
    act = acts_at(world, done)

    def dies(name: str) -> None:
        act(name)
        if name == "act journalled" and str(minute) in done:
            raise Dead

    with pytest.raises(Dead):
        world.run(point=dies)
    world.run(point=act)
    assert rows(world.database) == rows(peace.database)


def test_status_tells_what_is_halted(tmp_path: Path) -> None:
    texts = {
        "p.plan": "PLAN p\nTRADE btc ON M1\nWHEN time = 00:30 THEN BUY 0.1 lots STOP 4000 pips\n",
        "g.plan": "GUARD g\nWHEN time = 00:05 THEN HALT\nWHEN time = 00:06 THEN HALT FOR 2m\n",
    }
    world = world_of(tmp_path, texts, ramp(40))
    told: dict[int, object] = {}

    def look(name: str) -> None:
        if name == "stepped" and world.instance is not None:
            standing = world.instance.status()
            minute = (standing.time - START) // MINUTE
            told[minute] = [(b.rule, b.state, b.until) for b in standing.breakers]
            if minute == 10:
                world.instance.resume("g")
                world.instance.halt("p")
            if minute == 12:
                told[-1] = (standing.held, standing.plans, standing.guards, standing.balance)
            with pytest.raises(ValueError, match="there is no `q`"):
                world.instance.halt("q")
            with pytest.raises(ValueError, match="something must be left"):
                world.instance.book(-1e9)

    world.minutes = 40
    world.run(point=look)
    assert told[5] == [(0, "open", None), (1, "closed", None)]
    assert told[6] == [(0, "open", None), (1, "open", START + 8 * MINUTE)]
    assert told[9] == [(0, "open", None), (1, "closed", None)]
    assert told[12] == [(0, "closed", None), (1, "closed", None)]
    assert told[-1] == (frozenset({"p"}), ("p",), ("g",), 10_000.0)
    assert read_status(world.database).halts == ()
    assert world.instance is not None
    with pytest.raises(NotRunningError):
        world.instance.status()


def test_many_threads_ask_halt_resume_book_and_reload_at_once(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    over = threading.Event()
    errors: list[BaseException] = []
    counts = dict.fromkeys(("status", "halt", "resume", "book", "reload"), 0)

    def hammer(seed: int) -> None:
        chance = random.Random(seed)
        scopes = ["", "btc", "btc_pullback", "btc_breakdown"]
        while not over.is_set():
            instance = world.instance
            if instance is None:
                continue
            what = chance.choice(list(counts))
            try:
                match what:
                    case "status":
                        standing = instance.status()
                        # between two instants the two always agree: nothing is open, or the difference is its mark
                        assert standing.plans in ((), ("btc_breakdown", "btc_pullback"))
                        assert len(standing.breakers) == 4 or not standing.plans
                    case "halt":
                        instance.halt(chance.choice(scopes))
                    case "resume":
                        instance.resume(chance.choice([*scopes, "limits", "btc_tries", "btc_rests", "btc_ends"]))
                    case "book":
                        instance.book(chance.choice([1.0, -1.0, 250.25]))
                    case "reload":
                        edited = chance.choice(["A bad day", "A worse day"])
                        written = tmp_path / f"{seed}.new"
                        written.write_text(GUARD.replace("A bad day", edited), encoding="utf-8")
                        written.replace(world.plans / "limits.plan")  # at once, as an editor should
                        instance.reload()
                counts[what] += 1
            except NotRunningError:
                pass
            except BaseException as error:
                errors.append(error)
                return
            over.wait(0.001)

    threads = [threading.Thread(target=hammer, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    try:
        world.run()
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert errors == []
    assert min(counts.values()) > 0, counts
    # whatever the threads did, in whatever order: a restart finds it again from the journal
    left = rows(world.database)
    forget_what_replay_finds(world.database, tmp_path / "copy.db")
    (tmp_path / "copy.db").replace(world.database)
    for leftover in tmp_path.glob("run.db-*"):
        leftover.unlink()
    world.run()
    assert rows(world.database) == left


# --- measuring ---


def test_completeness_counts_the_bars_of_the_last_hour() -> None:
    whole = dataset_of(ramp(120))
    assert completeness(whole, {"btc": "M1"}, START + 100 * MINUTE) == (100.0, False)
    cut = whole.window(end=START + 97 * MINUTE)
    # three of sixty bars are missing, 95 %; the newest is three minutes old, more than two cadences
    assert completeness(cut, {"btc": "M1"}, START + 100 * MINUTE) == (95.0, True)
    assert completeness(cut, {"btc": "M1"}, START + 98 * MINUTE) == (98.0, False)  # 59 of 60


def test_latency_and_load_come_from_the_clock() -> None:
    plans, guards, _ = checked(
        "PLAN p\nTRADE btc ON M1\nWHEN close > open THEN BUY 0.1 lots STOP 4000 pips\n",
        "GUARD g\nWHEN system.latency > 200ms OR system.load > 50% THEN HALT\n",
    )
    data = dataset_of(ramp(40))
    engine = Engine(data, ACCOUNT, catalog(), START, START + 40 * MINUTE)
    engine.activate(plans, guards)
    now = iter([10.0, 12.0])
    clock = ReplayClock(1.0)
    clock.start(START)
    health = Health(data, clock, lambda: next(now))
    # a step of 0.123 s: 130 ms in tens; it is all that was seen, so the load is that of its own time
    assert health.measure(engine, START + MINUTE, 0.123) == {"latency": 130.0, "load": 100.0}
    engine.read("latency", 130.0)
    # two steps of 0.123 s within 2.123 s: 11 %
    assert health.measure(engine, START + 2 * MINUTE, 0.123) == {"load": 11.0}
    assert Health(data, ReplayClock(None)).measure(engine, START + MINUTE, 5.0) == {}
