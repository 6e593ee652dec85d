"""A disk that is full, a file that is locked or damaged while a broker holds positions: nothing there is touched."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from tradeplan.runtime.store import database
from tradeplan.runtime.store.backup import backup
from tradeplan.runtime.store.database import StoreTrouble

from tests.runtime.broker.test_trading import BUSY, deals_sent, fills
from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.disk import Disk, sleeping, small_pages
from tests.runtime.live.test_trouble import overwrite
from tests.runtime.live.world import MINUTE, START, walk

BARS = 300


@pytest.fixture(scope="module")
def peace(tmp_path_factory: pytest.TempPathFactory) -> BrokerWorld:
    world = BrokerWorld(tmp_path_factory.mktemp("peace"), walk(BARS))
    world.write(BUSY)
    world.run()
    assert len(fills(world)) >= 8
    return world


@pytest.mark.parametrize("minute", [29, 64, 118])
@pytest.mark.parametrize("place", ["decided", "stepped"])
def test_a_full_disk_leaves_the_broker_alone(
    tmp_path: Path, peace: BrokerWorld, monkeypatch: pytest.MonkeyPatch, minute: int, place: str
) -> None:
    disk = Disk()
    monkeypatch.setattr(database, "connect", disk.connect)
    world = BrokerWorld(tmp_path, walk(BARS))
    world.write(BUSY)
    small_pages(world.database)
    seen: list[tuple[int, list[tuple[int, float, float]]]] = []

    def at_broker() -> tuple[int, list[tuple[int, float, float]]]:
        assert world.terminal is not None
        held = world.terminal.call("positions_get").value or ()
        return len(world.server.sender.log), [(p.ticket, p.sl, p.tp) for p in held]

    def done(times: int) -> None:
        seen.append(at_broker())
        if times == 13:
            disk.fill(False)

    sleeping(monkeypatch, done)
    armed = False

    def arm() -> None:
        nonlocal armed
        armed = True

    def point(name: str) -> None:
        nonlocal armed
        if armed and name == place:
            armed = False
            disk.fill(True)

    world.run({minute: arm}, point=point)
    assert sum("HALTED: " in text and "the disk is full" in text for text in world.said) == 1
    assert len(seen) == 28  # of a quarter of a second: 1, 2 and 4 seconds
    assert all(found == seen[0] for found in seen)
    assert fills(world) == fills(peace)
    assert len(deals_sent(world)) == len(deals_sent(peace))
    assert all(stop > 0.0 for _, stop, _ in at_broker()[1])


class Watched:
    """A run of these plans, at whose broker a test looks while its database is of no use."""

    def __init__(self, folder: Path) -> None:
        self.world = BrokerWorld(folder, walk(BARS))
        self.world.write(BUSY)
        self.armed = False

    def at_broker(self) -> tuple[int, list[tuple[int, float, float]]]:
        """How many requests came, and each position with stop and target."""
        assert self.world.terminal is not None
        held = self.world.terminal.call("positions_get").value or ()
        return len(self.world.server.sender.log), [(p.ticket, p.sl, p.tp) for p in held]

    def arm(self) -> None:
        """From this minute on."""
        self.armed = True


def minute_with_a_position(world: BrokerWorld) -> int:
    """The minute after a position was opened that was held for a few."""
    with closing(sqlite3.connect(world.database)) as db:
        rows = db.execute("select opened from trade where closed - opened > ? order by opened", [4 * MINUTE]).fetchall()
    return int((rows[0][0] - START) // MINUTE) + 2


def test_a_locked_file_leaves_the_broker_alone(
    tmp_path: Path, peace: BrokerWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 250)
    watched = Watched(tmp_path)
    world, seen = watched.world, list[object]()
    holder = sqlite3.connect(world.database, isolation_level=None, check_same_thread=False)

    def point(name: str) -> None:
        if watched.armed and name == "stepped":
            watched.armed = False
            holder.execute("begin immediate")
        if holder.in_transaction and name == "stepped":
            time.sleep(0.5)  # the writer finds out before the next minutes have passed

    def done(times: int) -> None:
        if holder.in_transaction:
            seen.append(watched.at_broker())
            if len(seen) == 13:
                holder.execute("rollback")

    sleeping(monkeypatch, done)
    world.run({minute_with_a_position(peace): watched.arm}, point=point)
    holder.close()
    # on a busy machine the run's own connections may make each other wait for longer than this short time, too
    assert any("HALTED: " in text and "is locked by another program" in text for text in world.said)
    assert len(seen) == 13
    assert all(found == seen[0] for found in seen)
    assert seen[0][1]  # type: ignore[index]
    assert all(stop > 0.0 for _, stop, _ in seen[0][1])  # type: ignore[index]
    assert fills(world) == fills(peace)


def test_a_damaged_file_ends_the_run_and_leaves_the_broker_alone(tmp_path: Path, peace: BrokerWorld) -> None:
    """What is open keeps its stop and target there; the run sends nothing more, and does not begin again."""
    watched = Watched(tmp_path)
    world = watched.world
    left: list[object] = []

    def point(name: str) -> None:
        if watched.armed and name == "stepped":
            watched.armed = False
            # the journal goes on in a damaged copy: overwriting a file that this process has open would take its locks
            copy = backup(world.database, tmp_path / "copy.db")
            overwrite(copy)
            assert world.instance is not None
            assert world.instance._run_state is not None
            journal = world.instance._run_state.journal
            journal._db.close()
            journal._db = database.connect(copy, durable=True)
            left.append(watched.at_broker())

    with pytest.raises(StoreTrouble, match="damaged"):
        world.run({minute_with_a_position(peace): watched.arm}, point=point)
    sent, held = left[0]  # type: ignore[misc]
    assert held
    assert all(stop > 0.0 for _, stop, _ in held)
    assert sum("HALTED: " in text and "the run ends" in text for text in world.said) == 1
    overwrite(world.database)
    reached: list[str] = []
    with pytest.raises(StoreTrouble, match="damaged"):
        world.run(point=reached.append)
    assert reached == []
    entries = [r for r in world.server.sender.log[sent:] if r["action"] == 1 and not r["position"]]
    assert entries == []
