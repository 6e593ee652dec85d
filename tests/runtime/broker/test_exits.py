"""Exits that the broker makes hard: a stop or target that was passed meanwhile, answers that are late or lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.runtime.broker.test_trading import HOLD, fills
from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.world import ramp

TRAIL = """
PLAN trails
TRADE btc ON M1
WHEN time = 00:10 THEN BUY 0.4 lots STOP 50 pips
WHEN best >= 20 pips THEN MOVE STOP TO trail(20 pips)
"""
HALF = """
PLAN half
TRADE btc ON M1
WHEN time = 00:10 THEN BUY 0.4 lots STOP 50 pips
WHEN held >= 20m THEN CLOSE 50%
"""


def closes(world: BrokerWorld) -> list[dict[str, object]]:
    """The closes that reached the server."""
    return [r for r in world.server.sender.log if r["action"] == 1 and r["position"]]


def test_a_stop_that_the_market_passed_while_nobody_could_move_it_is_an_exit(tmp_path: Path) -> None:
    """Up to 10,079, then down to 10,023: the stop that trails 20 below the best is wanted at 10,059."""
    up, down = ramp(80), 10_080.0 - 3.0 * np.arange(20.0)
    world = BrokerWorld(tmp_path, np.concatenate([up, down, np.full(20, 10_023.0)]))
    world.write(TRAIL)
    world.run(until=20)
    (position,) = world.server.ledger.positions
    assert position.sl == 9_971.0
    world.server.advance(80 * 60)
    back = world.server.now
    world.run()
    assert [f[0] for f in fills(world)] == ["entry", "stop"]
    assert world.server.ledger.deals[1].time == back
    assert world.server.ledger.positions == []
    assert len([r for r in world.server.sender.log if r["retcode"] == 10016]) == 0


def test_a_stop_that_a_quick_market_overtook_is_an_exit(tmp_path: Path) -> None:
    """Nothing is taken for half an hour in which the stop rises to 10,040; after it the market is at 10,030."""
    world = BrokerWorld(tmp_path, np.concatenate([ramp(61), np.full(60, 10_030.0)]))
    world.write(TRAIL)
    closed = lambda: world.server.faults.add("refuse", "order_send", times=-1, retcode=10018)  # noqa: E731
    world.run({35: closed, 63: world.server.faults.clear})
    assert [f[0] for f in fills(world)] == ["entry", "stop"]
    assert world.server.ledger.deals[1].price == 10_030.0


def test_a_target_that_was_passed_before_it_could_be_set_is_an_exit(tmp_path: Path) -> None:
    """Somebody takes the target away; nothing can be sent until the market is beyond it."""
    world = BrokerWorld(tmp_path, np.concatenate([ramp(30), np.full(60, 10_100.0)]))
    world.write(HOLD.replace("STOP 50 pips", "STOP 50 pips TARGET 60 pips"))

    def take_away() -> None:
        (position,) = world.server.ledger.positions
        position.tp = 0.0
        world.server.faults.add("refuse", "order_send", times=-1, retcode=10018)

    world.run({20: take_away, 35: world.server.faults.clear})
    assert [f[0] for f in fills(world)] == ["entry", "target"]
    assert world.server.ledger.deals[1].price == 10_100.0


def test_a_part_that_was_closed_is_not_closed_again_while_its_deal_is_not_shown(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, ramp(120), patience=3_600.0)
    world.write(HALF)
    world.run({30: lambda: world.server.faults.add("bare", "order_send", late=150_000)})
    assert [r["volume"] for r in closes(world)] == [0.2]
    assert [p.volume for p in world.server.ledger.positions] == [0.2]
    assert [f[0] for f in fills(world)] == ["entry", "close"]


def test_a_stop_that_is_deleted_while_the_deal_of_a_part_close_is_not_shown_is_put_back(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, ramp(120), patience=3_600.0)
    world.write(HALF)
    stops: list[float] = []

    def look() -> None:
        (position,) = world.server.ledger.positions
        stops.append(position.sl)

    world.run(
        {
            30: lambda: world.server.faults.add("bare", "order_send", late=600_000),
            34: look,
            35: lambda: world.server.remove_stop(world.server.ledger.positions[0].ticket),
            36: look,
        }
    )
    assert len(closes(world)) == 1
    assert stops == [9_971.0, 9_971.0]


@pytest.mark.parametrize("mode", ["hedging", "netting"])
def test_a_close_whose_request_was_lost_is_made_all_the_same(tmp_path: Path, mode: str) -> None:
    world = BrokerWorld(tmp_path, ramp(120), mode)
    world.write(HOLD)
    world.run({71: lambda: world.server.faults.add("error", "order_send", code=-10005)})
    assert [f[0] for f in fills(world)] == ["entry", "close"]
    assert world.server.ledger.positions == []
    assert len(world.server.ledger.deals) == 2


@pytest.mark.parametrize("mode", ["hedging", "netting"])
def test_a_close_whose_answer_was_lost_is_not_made_twice(tmp_path: Path, mode: str) -> None:
    """Its deal is shown two and a half minutes later."""
    world = BrokerWorld(tmp_path, ramp(120), mode, patience=3_600.0)
    world.write(HALF)

    def lose() -> None:
        world.server.faults.add("lost", "order_send", code=-10005)
        world.server.faults.add("late", "order_send", late=150_000)

    world.run({30: lose})
    assert [r["volume"] for r in closes(world)] == [0.2]
    assert [p.volume for p in world.server.ledger.positions] == [0.2]
