"""A person flattens a run: what waits is cancelled, positions are closed, and a replay finds the same again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tradeplan.runtime.live.acts import NotRunningError
from tradeplan.runtime.live.instance import Instance

from tests.runtime.broker.test_trading import fills
from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.world import World, dataset_of, ramp

HOLD = """
PLAN hold
TRADE btc ON M1
WHEN time = 00:10 THEN BUY 0.4 lots STOP 50 pips
"""
WAITS = """
PLAN waits
TRADE btc ON M1
WHEN time = 00:10 THEN BUY 0.4 lots AT LIMIT close - 40 pips FOR 2h STOP 50 pips
"""


def of(instance: Instance | None) -> Instance:
    assert instance is not None
    return instance


def decisions(database: Path) -> list[tuple[str, str, str]]:
    with sqlite3.connect(database) as db:
        return list(db.execute("select plan, action, outcome from decision order by time, plan, action"))


def test_flatten_closes_and_cancels_on_paper(tmp_path: Path) -> None:
    world = World(tmp_path, dataset_of(ramp(60)), minutes=60)
    world.write("a.plan", HOLD)
    world.write("b.plan", WAITS)
    told: list[list[str]] = []
    world.run({20: lambda: told.append(of(world.instance).flatten())}, until=25)
    assert told == [["hold", "waits"]]
    expected = [("hold", "entry", "sent"), ("waits", "entry", "sent"), ("hold", "close", "sent")]
    assert decisions(world.database) == [*expected, ("waits", "cancel", "cancelled")]
    world.run()  # the journal is replayed with it
    assert decisions(world.database) == [*expected, ("waits", "cancel", "cancelled")]


def test_flatten_of_a_name_that_is_not_there_and_of_a_run_that_is_not(tmp_path: Path) -> None:
    world = World(tmp_path, dataset_of(ramp(60)), minutes=60)
    world.write("a.plan", HOLD)

    def wrong() -> None:
        with pytest.raises(ValueError, match="there is no `nobody`"):
            of(world.instance).flatten("nobody")

    world.run({20: wrong}, until=25)
    with pytest.raises(NotRunningError):
        of(world.instance).flatten()


def test_flatten_closes_at_the_broker(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, ramp(60))
    world.write(HOLD)
    world.write(WAITS, "b.plan")
    seen: list[int] = []

    def look() -> None:
        seen.append(len(world.server.ledger.positions) + len(world.server.ledger.orders))

    world.run({20: look, 21: lambda: of(world.instance).flatten(), 23: look})
    assert seen == [2, 0]
    assert [f[0] for f in fills(world)] == ["entry", "close"]


def test_a_kill_between_the_act_and_its_intents_is_made_good(tmp_path: Path) -> None:
    """The act is on disk, what follows from it is not: the next life finds it again and goes on."""
    world = World(tmp_path, dataset_of(ramp(60)), minutes=60)
    world.write("a.plan", HOLD)

    class Killed(BaseException):
        """The process ends here."""

    def point(name: str) -> None:
        if name == "act journalled":
            raise Killed

    with pytest.raises(Killed):
        world.run({20: lambda: of(world.instance).flatten()}, point=point)
    world.run(until=5)
    assert decisions(world.database) == [("hold", "entry", "sent"), ("hold", "close", "sent")]
