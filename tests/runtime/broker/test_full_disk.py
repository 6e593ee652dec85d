"""A disk that is full while a broker outside holds positions: nothing is sent, nothing there is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from tradeplan.runtime.store import database

from tests.runtime.broker.test_trading import BUSY, deals_sent, fills
from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.disk import Disk, sleeping, small_pages
from tests.runtime.live.world import walk

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
