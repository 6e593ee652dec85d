"""A run on a stand-in terminal: orders reach it as they were decided, and what it does comes back."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from tests.runtime.broker.world import BrokerWorld
from tests.runtime.live.world import ramp, walk

UP = """
PLAN up
TRADE btc ON M1
WHEN time = 00:10 THEN BUY 0.4 lots STOP 50 pips TARGET 60 pips TAKE 50% AT 30 pips
"""
HOLD = """
PLAN hold
TRADE btc ON M1
WHEN time = 00:10 THEN BUY 0.4 lots STOP 50 pips
WHEN held > 1h THEN CLOSE
"""
BUSY = """
PLAN busy
TRADE btc ON M1
WHEN ema(5) CROSSES ABOVE ema(20) THEN BUY 0.5 lots AT LIMIT close - 2 pips FOR 5m STOP 40 pips TARGET 3R TAKE 30% AT 1R
WHEN best >= 0.7R THEN MOVE STOP TO trail(30 pips)
WHEN profit >= 0.5R THEN ADD 50%
WHEN rsi(14) > 70 THEN CLOSE 50%
WHEN held > 40m THEN CLOSE
"""


def fills(world: BrokerWorld) -> list[tuple[str, int, float, float]]:
    """Reason, leg, price and profit of all fills in the database."""
    with sqlite3.connect(world.database) as db:
        return list(db.execute("select reason, leg, price, profit from fill order by time, leg"))


def acts(world: BrokerWorld, kind: str) -> list[dict[str, object]]:
    """The journalled acts of a kind."""
    with sqlite3.connect(world.database) as db:
        return [json.loads(r[0]) for r in db.execute("select body from event where kind = ? order by id", [kind])]


def deals_sent(world: BrokerWorld) -> list[dict[str, object]]:
    """The entries that reached the server."""
    return [r for r in world.server.sender.log if r["action"] == 1 and not r["position"]]


def test_an_entry_fills_in_legs_and_takes_its_profit(tmp_path: Path) -> None:
    """One up a minute from 10,000: the ask of 00:10 is 10,009 + 12; the take is 30 above the fill, the target 60."""
    world = BrokerWorld(tmp_path, ramp(200))
    world.write(UP)
    told = world.run()
    assert fills(world) == [
        ("entry", 0, 10_021.0, 0.0),
        ("entry", 1, 10_021.0, 0.0),
        ("take", 0, 10_051.0, pytest.approx(0.2 * 30.0)),
        ("target", 1, 10_081.0, pytest.approx(0.2 * 60.0)),
    ]
    assert world.server.ledger.positions == []
    assert told.balance == world.server.ledger.account.balance == pytest.approx(10_000.0 + 6.0 + 12.0)


def test_a_stop_that_the_server_fills_is_an_exit(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, 20_000.0 - ramp(200))
    world.write(HOLD)
    told = world.run()
    assert [f[0] for f in fills(world)] == ["entry", "stop"]
    assert told.balance == world.server.ledger.account.balance < 10_000.0


@pytest.mark.parametrize("mode", ["hedging", "netting"])
@pytest.mark.parametrize("seed", [3, 5])
def test_limits_stops_adds_and_parts_end_with_the_same_money(tmp_path: Path, mode: str, seed: int) -> None:
    world = BrokerWorld(tmp_path, walk(600, seed), mode)
    world.write(BUSY)
    told = world.run(until=598)
    assert told.fills > 8
    assert round(told.balance, 2) == pytest.approx(world.server.ledger.account.balance, abs=0.005)
    kinds = {f[0] for f in fills(world)}
    assert {"entry", "stop"} <= kinds
    assert kinds & {"take", "close", "add"}
    assert acts(world, "orphan") == []
    assert acts(world, "halt") == []


@pytest.mark.parametrize("stop_at", [12, 40, 90])
def test_a_restart_goes_on_where_it_was(tmp_path: Path, stop_at: int) -> None:
    whole = BrokerWorld(_folder(tmp_path, "whole"), walk(600, 5))
    whole.write(BUSY)
    whole.run(until=598)
    parts = BrokerWorld(_folder(tmp_path, "parts"), walk(600, 5))
    parts.write(BUSY)
    for until in (*range(stop_at, 598, 90), 598):
        parts.run(until=until)
    assert fills(parts) == fills(whole)
    assert len(deals_sent(parts)) == len(deals_sent(whole))


def _folder(path: Path, name: str) -> Path:
    made = path / name
    made.mkdir()
    return made


def test_a_position_closed_by_hand_is_an_exit(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, ramp(200))
    world.write(HOLD)
    world.run({30: lambda: world.server.close_by_hand(world.server.ledger.positions[0].ticket)})
    assert [f[0] for f in fills(world)] == ["entry", "hand"]


def test_a_size_changed_by_hand_is_taken_over(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, ramp(200))
    world.write(HOLD)
    world.run({30: lambda: world.server.close_by_hand(world.server.ledger.positions[0].ticket, 0.1)})
    assert [f[0] for f in fills(world)] == ["entry", "hand", "close"]
    assert [x for x in world.said if "closed by hand" in x]
    assert [d.volume for d in world.server.ledger.deals] == [0.4, 0.1, pytest.approx(0.3)]


def test_money_paid_in_is_booked_and_not_a_profit(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, ramp(100))
    world.write(HOLD)

    def pay() -> None:
        world.server.ledger.account.balance += 500.0

    told = world.run({30: pay}, until=50)
    assert acts(world, "balance")[-1]["amount"] == 1_050_000
    assert told.balance == 10_500.0


def test_nothing_is_late_after_an_outage_and_every_exit_is_there(tmp_path: Path) -> None:
    """The market goes on for an hour while the program is away: the stop was filled, what was decided is too late."""
    closes = np.concatenate([ramp(20), 10_020.0 - 3.0 * np.arange(80.0), 9_700.0 + ramp(100) - 10_000.0])
    world = BrokerWorld(tmp_path, closes)
    world.write(HOLD)
    world.write("PLAN away\nTRADE btc ON M1\nWHEN time = 00:40 THEN BUY 0.1 lots STOP 50 pips", "b.plan")
    world.run(until=15)
    world.server.advance(3_600)
    world.run()
    assert [f[0] for f in fills(world)] == ["entry", "stop"]
    assert [a["outcome"] for a in acts(world, "refused")] == ["late"]
    assert len(deals_sent(world)) == 1


def test_whose_balance_a_new_run_has_is_said(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, ramp(30))
    world.write(HOLD)
    world.run(until=5)
    world.run()
    first, second = (said for said in world.said if said.startswith(("begins", "goes on")))
    assert "its balance will be that of mt5 5001@StandIn-Demo" in first
    assert "balance 10000.00 USD" in second
