"""Flattening without the run: what carries the program's mark is closed, nothing else is, and the run takes it over."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from tradeplan.runtime.broker.account import AccountName, BrokerError
from tradeplan.runtime.broker.direct import close_all, flatten, ours
from tradeplan.runtime.broker.identity import magic_of
from tradeplan.runtime.cli.flatten import command

from tests.mt5.served import Served
from tests.runtime.broker.test_trading import HOLD, fills
from tests.runtime.broker.world import ACCOUNT, BrokerWorld
from tests.runtime.feed.floor import HOUR, array_of, minutes
from tests.runtime.live.world import ramp


def test_a_run_takes_what_was_closed_directly_for_closed(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, ramp(120))
    world.write(HOLD)
    world.write(HOLD.replace("hold", "waits").replace("0.4 lots", "0.4 lots AT LIMIT close - 40 pips FOR 2h"), "b.plan")
    world.server.deal_by_hand("BTCUSD", 1, 0.3, magic=77)
    assert world.terminal is not None
    terminal = world.terminal
    said: list[str] = []
    world.run({20: lambda: close_all(terminal, ours(terminal, ACCOUNT), said.append)})
    assert len(said) == 2
    assert [p.magic for p in world.server.ledger.positions] == [77], "what others hold stays"
    assert world.server.ledger.orders == []
    assert [f[0] for f in fills(world)] == ["entry", "close"]


def test_another_account_is_left_alone(tmp_path: Path) -> None:
    world = BrokerWorld(tmp_path, ramp(20))
    assert world.terminal is not None
    with pytest.raises(BrokerError, match="nothing was done"):
        ours(world.terminal, AccountName(1, "Elsewhere"))


@pytest.mark.parametrize("mode", ["hedging", "netting"])
def test_what_is_filled_in_parts_is_closed_to_the_end(tmp_path: Path, mode: str) -> None:
    """0.4 lots, of which a broker takes 0.3 in an order; of the first 0.15 are filled, then 0.25 are left."""
    world = BrokerWorld(tmp_path, ramp(60), mode)
    world.write(HOLD)
    world.run(until=20)
    assert world.terminal is not None
    world.server.specify("BTCUSD", volume_max=0.3)
    world.server.faults.add("partial", "order_send", part=0.5)
    said: list[str] = []
    left = flatten(world.terminal, ACCOUNT, ours(world.terminal, ACCOUNT), said.append)
    assert (left.positions, left.orders) == ((), ())
    assert [d.volume for d in world.server.ledger.deals] == [0.4, 0.15, 0.25]


@pytest.mark.parametrize("mode", ["hedging", "netting"])
def test_a_close_that_nobody_answers_is_not_repeated_and_is_told(tmp_path: Path, mode: str) -> None:
    world = BrokerWorld(tmp_path, ramp(60), mode)
    world.write(HOLD)
    world.run(until=20)
    assert world.terminal is not None
    world.server.faults.add("error", "order_send", code=-10005)
    left = flatten(world.terminal, ACCOUNT, ours(world.terminal, ACCOUNT), lambda text: None)
    assert [p.volume for p in left.positions] == [0.4]
    assert len(world.server.ledger.deals) == 1


def test_the_command_asks_for_what_it_needs_and_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = CliRunner()
    assert "give --db FILE" in runner.invoke(command, []).output
    assert "--account LOGIN@SERVER" in runner.invoke(command, ["--direct"]).output
    now = time.time_ns() // 1_000_000
    bars = {"BTCUSD": {"M1": array_of(minutes(["btc"], days=1, end=now - now % HOUR + HOUR)["btc"])}}
    with Served(tmp_path, symbols=[{"name": "BTCUSD", "digits": 2, "contract": 1.0}], bars=bars, now=now) as served:
        monkeypatch.setenv("TRADEPLAN_MT5_TOKEN", served.spawned._token)
        served.control("quote", "BTCUSD", 10_000.0, 10_010.0)
        served.control("deal_by_hand", "BTCUSD", 0, 0.1, magic_of(5, 0))
        words = ["--direct", "--account", "5001@StandIn-Demo", "--bridge", f"127.0.0.1:{served.spawned.port}"]
        asked = runner.invoke(command, words)
        assert "say --yes" in " ".join(asked.output.split())
        assert len(served.control("state")["positions"]) == 1
        done = runner.invoke(command, [*words, "--yes"])
        assert done.exit_code == 0, done.output
        assert served.control("state")["positions"] == []
