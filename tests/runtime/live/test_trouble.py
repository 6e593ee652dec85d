"""A database that cannot be written while a run goes on: it halts, says so, and goes on as though nothing had been."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database
from tradeplan.runtime.live import patience
from tradeplan.runtime.store import database
from tradeplan.runtime.store.backup import backup
from tradeplan.runtime.store.database import StoreError, StoreTrouble
from tradeplan.runtime.store.journal import Journal, JournalIntent

from tests.kill.campaign import rows
from tests.kill.plans import BREAKERS, BREAKOUT, GUARD, PULLBACK
from tests.runtime.live.disk import Disk, sleeping
from tests.runtime.live.world import World, dataset_of, walk

SPANS = {"market": "btc", "timeframe": "M1", "hold": "40m", "rest": "20m", "end": "120", "some": "90"}
TEXTS = {
    "pullback.plan": PULLBACK.format(**SPANS),
    "breakdown.plan": BREAKOUT.format(**SPANS),
    "limits.plan": GUARD,
    "breakers.plan": BREAKERS.format(**SPANS),
}
BARS = 420


def world_of(folder: Path) -> World:
    folder.mkdir(exist_ok=True)
    world = World(folder, dataset_of(walk(BARS)), minutes=BARS)
    for name, text in TEXTS.items():
        world.write(name, text)
    return world


@pytest.fixture(scope="module")
def peace(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same run with a disk that never fails."""
    world = world_of(tmp_path_factory.mktemp("peace"))
    assert world.run().fills >= 10
    return world


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(database, "connect", made.connect)
    return made


@pytest.mark.parametrize("minute", [1, 120, 333])
def test_a_full_disk_halts_the_run_until_there_is_room(
    tmp_path: Path, peace: World, disk: Disk, monkeypatch: pytest.MonkeyPatch, minute: int
) -> None:
    world = world_of(tmp_path / "full")
    held: list[object] = []

    def done(times: int) -> None:
        assert world.instance is not None
        held.append((world.instance.trouble != "", rows(world.database)))
        if times == 13:  # of a quarter of a second each: after a second, and after two more the disk was full still
            disk.fill(False)

    slept = sleeping(monkeypatch, done)
    steps = 0

    def point(name: str) -> None:
        nonlocal steps
        steps += name == "stepped"
        if name == "stepped" and steps == minute:
            disk.fill(True)

    world.run(point=point)
    assert sum("HALTED: " in text and "the disk is full" in text for text in world.said) == 1
    assert sum("keeps its stop and target at the broker" in text for text in world.said) == 1
    assert sum("goes on as after a restart" in text for text in world.said) == 1
    # it looked again after 1, 2 and 4 seconds; meanwhile nothing was written, so nothing was sent
    assert sum(slept) == 7.0
    assert all(found == held[0] for found in held)
    assert held[0][0] is True  # type: ignore[index]
    assert world.instance is not None
    assert world.instance.trouble == ""
    assert rows(world.database) == rows(peace.database)


HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("begin immediate")
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_lock_of_another_program_halts_the_run_until_it_is_given_back(
    tmp_path: Path, peace: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 250)
    world = world_of(tmp_path / "locked")
    holder: subprocess.Popen[str] | None = None
    steps = 0

    def point(name: str) -> None:
        nonlocal steps, holder
        steps += name == "stepped"
        if name == "stepped" and steps == 100:
            holder = subprocess.Popen(
                [sys.executable, "-c", HOLD, str(world.database)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"

    def done(times: int) -> None:
        if times == 6 and holder is not None:
            holder.communicate("\n", timeout=30)

    sleeping(monkeypatch, done)
    world.run(point=point)
    assert holder is not None
    assert holder.returncode == 0
    told = [text for text in world.said if "HALTED: " in text]
    # on a busy machine the run's own two connections may make each other wait for longer than this short time, too
    assert told
    assert all("is locked by another program" in text for text in told)
    assert rows(world.database) == rows(peace.database)


def overwrite(path: Path) -> None:
    """The first pages of three tables become noise."""
    db = Database(path)
    db.execute("pragma wal_checkpoint(truncate)").fetchone()
    roots = [r[0] for r in db.execute("select rootpage from sqlite_master where name in ('intent', 'fill', 'event')")]
    db.close()
    with path.open("r+b") as file:
        for page in roots:
            file.seek((page - 1) * 4096)
            file.write(bytes(range(256)) * 16)


def test_a_damaged_database_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    world = world_of(tmp_path / "damaged")
    world.run(until=200)
    overwrite(world.database)
    left = world.database.read_bytes()
    reached: list[str] = []
    with pytest.raises(StoreTrouble, match=r"is damaged .*`plan db verify .*newest copy of `plan db backup`"):
        world.run(point=reached.append)
    assert reached == []
    assert world.database.read_bytes() == left


def test_a_database_that_is_damaged_while_it_is_used_ends_the_run(tmp_path: Path) -> None:
    world = world_of(tmp_path / "damaged")
    steps, intents = 0, 0

    def point(name: str) -> None:
        nonlocal steps, intents
        steps += name == "stepped"
        if name == "stepped" and steps == 200:
            # the journal goes on in a damaged copy: overwriting a file that this process has open would take its locks
            copy = backup(world.database, tmp_path / "copy.db")
            overwrite(copy)
            assert world.instance is not None
            assert world.instance._run_state is not None
            journal = world.instance._run_state.journal
            journal._db.close()
            journal._db = database.connect(copy, durable=True)
            intents = len(rows(world.database)["intent"])

    with pytest.raises(StoreTrouble, match="damaged"):
        world.run(point=point)
    assert 200 < steps < BARS  # it ended when something had to be journalled next
    assert len(rows(world.database)["intent"]) == intents
    assert sum("HALTED: " in text and "the run ends" in text for text in world.said) == 1


def test_a_stop_ends_the_wait(tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of(tmp_path / "full")

    def done(times: int) -> None:
        if times == 5 and world.instance is not None:
            world.instance.end()

    sleeping(monkeypatch, done)
    with pytest.raises(StoreTrouble, match="the disk is full"):
        world.run(point=lambda name: disk.fill(True) if name == "stepped" else None)
    disk.fill(False)
    world.run()
    assert patience.LONGEST_SECONDS == 30.0


def test_a_disk_that_is_full_at_the_start_is_said_at_once(tmp_path: Path, disk: Disk) -> None:
    disk.fill(True)
    with pytest.raises(StoreError, match="the disk is full"):
        world_of(tmp_path / "full").run()


def test_an_intent_that_did_not_fit_is_not_in_the_journal(tmp_path: Path, disk: Disk) -> None:
    journal = Journal(tmp_path / "run.db")
    intent = JournalIntent(1, "p", "v", 1, "entry", "entry", {"words": "x" * 50_000})
    disk.fill(True)
    with pytest.raises(StoreTrouble, match="the disk is full") as told:
        journal.intend([intent])
    assert told.value.passing
    assert journal.intent_ids() == set()
    disk.fill(False)
    assert journal.intend([intent]) == [intent]
