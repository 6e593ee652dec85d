"""The doctor on terminals with one thing wrong each, and the command over the real bridge."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from tradeplan.runtime.cli.mt5 import command
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.mt5.connect import connect
from tradeplan.runtime.mt5.doctor import Finding, Level, examine_clock, examine_terminal
from tradeplan.runtime.mt5.doctor_streams import examine_streams
from tradeplan.runtime.mt5.doctor_symbols import examine_filling, examine_history, examine_symbol
from tradeplan.runtime.mt5.symbols import known, resolve
from tradeplan.runtime.mt5.terminal import BridgeError

from tests.mt5.in_process import InProcess
from tests.mt5.served import Served
from tests.mt5.stand_in.MetaTrader5.symbol import Symbol
from tests.mt5.stand_in.MetaTrader5.terminal import StandIn
from tests.mt5.stand_in.MetaTrader5.world import World
from tests.mt5.test_stand_in import HOUR, NOON, bars

EURUSD = load_profiles()["eurusd"]
USUAL = {"volume_max": EURUSD.lot_max}


def made(**spec: Any) -> tuple[World, InProcess]:
    world = World(NOON, "UTC+3")
    world.add(Symbol(**{"name": "EURUSD", **USUAL, **spec}), bars(2880 + 100))
    return world, InProcess(StandIn(world))


def of(findings: list[Finding], level: Level) -> list[str]:
    return [f"{f.about}: {f.what} -> {f.fix}" for f in findings if f.level is level]


def test_a_terminal_as_it_should_be() -> None:
    _, terminal = made()
    found, account = examine_terminal(terminal)
    assert account is not None
    assert [f.what for f in found if f.about == "account"] == ["5001@StandIn-Demo, demo, hedging, USD, 1:30"]
    (resolved,) = resolve(terminal, [EURUSD])
    found += examine_symbol(resolved)
    filling = examine_filling(terminal, resolved)
    assert filling is not None
    assert filling.what == "market orders are filled FOK or IOC"
    found += [filling, *examine_history(terminal, resolved, ("M1", "H1"), wait=lambda _: None)]
    # 2,880 closed bars and the forming one; two days of hours, and one that forms
    assert found[-1].what == "little history: M1 2,881, H1 49"
    assert of(found, Level.WRONG) == []


@pytest.mark.parametrize(
    ("break_", "says"),
    [
        (lambda w: w.switches.update(trade_allowed=False), "trading: Algo Trading is switched off -> press the button"),
        (lambda w: w.switches.update(tradeapi_disabled=True), "trading: trading from Python is switched off"),
        (lambda w: w.switches.update(connected=False), "terminal: it has no connection to the broker's server"),
        (lambda w: setattr(w.ledger.account, "trade_allowed", False), "trading: this login may only look"),
        (lambda w: setattr(w.ledger.account, "trade_expert", False), "trading: the broker does not let programs trade"),
        (lambda w: w.faults.add("error", "terminal_info", code=-10005), "terminal: it does not answer: IPC timeout"),
        (lambda w: w.faults.add("error", "account_info", code=-6), "account: nobody is logged in: Terminal: Authoriz"),
    ],
)
def test_what_is_wrong_with_a_terminal(break_: Callable[[World], Any], says: str) -> None:
    world, terminal = made()
    break_(world)
    found, _ = examine_terminal(terminal)
    (line,) = of(found, Level.WRONG)
    assert line.startswith(says)
    assert not line.endswith("-> ")


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"digits": 4}, ["`digits` is 4 here and 5", "`point` is 0.0001 here and 1e-05", "`tick_size` is 0.0001"]),
        (
            {"contract": 1000.0},
            ["`contract_size` is 1000 here and 100000 in the profile -> write `contract_size = 1000`"],
        ),
        ({"volume_step": 0.1}, ["`lot_step` is 0.1 here and 0.01"]),
        ({"volume_min": 0.1}, ["`lot_min` is 0.1 here"]),
        ({"volume_max": 10.0}, ["`lot_max` is 10 here"]),
        ({"stops_level": 30}, ["`stops_level` is 30 here and 0"]),
        ({"profit": "USC"}, ['`profit_currency` is "USC" here and "USD" in the profile -> write']),
        ({"trade_mode": 3}, ["it is close only"]),
        ({"volume_max": 500.0}, []),
    ],
)
def test_a_symbol_that_is_not_as_its_profile(spec: dict[str, Any], says: list[str]) -> None:
    _, terminal = made(**spec)
    lines = of(examine_symbol(resolve(terminal, [EURUSD])[0]), Level.WRONG)
    assert [line.removeprefix("eurusd (EURUSD): ").startswith(say) for line, say in zip(lines, says, strict=True)] == [
        True
    ] * len(says)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"order_mode": 127 - 2}, "it takes no LIMIT orders -> nothing to do: entries of this kind are refused"),
        ({"order_mode": 127 - 16}, "it takes no stops at the broker, and no entry goes out without one -> nothing"),
        ({"gtc_mode": 1}, "its server deletes stops and targets of open positions every night -> leave a run watching"),
        ({"gtc_mode": 2}, "orders that wait end with the broker's day -> give LIMIT and STOP orders a short FOR"),
        ({"expiration_mode": 2}, "orders that wait end with the broker's day -> give LIMIT and STOP orders a short"),
    ],
)
def test_what_orders_a_symbol_takes_is_told(spec: dict[str, Any], says: str) -> None:
    _, terminal = made(**spec)
    (resolved,) = resolve(terminal, [EURUSD])
    assert says in " | ".join(of(examine_symbol(resolved), Level.NOTE))
    filling = examine_filling(terminal, resolved)
    assert filling is not None
    assert filling.what == "market orders are filled FOK or IOC"


def test_a_symbol_with_a_suffix_is_offered_and_not_taken() -> None:
    world = World(NOON)
    world.add(Symbol("EURUSD.m"))
    world.add(Symbol("GBPUSD.m"))
    (line,) = of(examine_symbol(resolve(InProcess(StandIn(world)), [EURUSD])[0]), Level.WRONG)
    assert line.startswith("eurusd: the broker has no symbol EURUSD")
    assert line.endswith('choose one for `symbols` in the profile: "EURUSD.m"')


@pytest.mark.parametrize(
    ("spec", "level", "says"),
    [
        ({"filling_mode": 1}, Level.GOOD, "market orders are filled FOK"),
        ({"filling_mode": 0, "execution": 3}, Level.GOOD, "market orders are filled RETURN"),
        ({"filling_mode": 4}, Level.WRONG, "no filling mode of market orders passes"),
        ({"sessions": ((0, 1),)}, Level.NOTE, "filling modes are not known: the market is closed"),
    ],
)
def test_filling_modes_are_asked_of_the_server(spec: dict[str, Any], level: Level, says: str) -> None:
    world, terminal = made(**spec)
    found = examine_filling(terminal, resolve(terminal, [EURUSD])[0])
    assert found is not None
    assert (found.level, found.what) == (level, says)
    assert world.sender.log == []  # nothing was sent


def test_history_is_asked_until_it_stops_growing() -> None:
    world, terminal = made()
    world.faults.add("cold", "*", times=-1, bars=700)
    resolved = resolve(terminal, [EURUSD])[0]
    (found,) = examine_history(terminal, resolved, ("M1",), wait=lambda _: None)
    assert found.what == "bars: M1 2,881"
    world.faults.clear()
    world.faults.add("error", "copy_rates_from_pos", times=-1, code=-1)
    (found,) = examine_history(terminal, resolved, ("M1",), wait=lambda _: None)
    assert found.what == "no bars of M1: Terminal: Call failed (-1)"


@pytest.mark.parametrize(
    ("wrong_by", "level", "says"),
    [
        (0, Level.GOOD, "the broker's is UTC+3, within 0.0 s of this machine's"),
        (2 * HOUR, Level.GOOD, "the broker's is UTC+5, within 0.0 s of this machine's"),
        (-8_000, Level.WRONG, "UTC+3, but the quotes are 8.0 s behind this machine's clock"),
        (400 * HOUR, Level.WRONG, "the quotes are UTC+403, which no zone is"),
    ],
)
def test_the_clock_is_measured_from_quotes_that_move(wrong_by: int, level: Level, says: str) -> None:
    world, terminal = made()
    world.clock.shift = wrong_by

    def wait(seconds: float) -> None:
        world.advance(15)  # the next quote of the minute, and not a moment later

    found = examine_clock(terminal, ["EURUSD"], now=lambda: world.now, wait=wait)
    assert (found.level, found.what) == (level, says)


def test_a_day_that_is_not_that_of_the_profiles_is_told_with_the_option_of_the_run() -> None:
    """At UTC+3 in summer a broker may begin its day by New York or by Athens; neither is a day that begins at 00:00."""
    world, terminal = made()
    found = examine_clock(
        terminal, ["EURUSD"], days={"00:00 UTC"}, now=lambda: world.now, wait=lambda _: world.advance(15)
    )
    assert found.level is Level.NOTE
    assert found.what.endswith("; its day is not that of the profiles, `00:00 UTC`")
    assert '`--server-day "17:00 America/New_York"` or `--server-day "00:00 Europe/Athens"`' in found.fix
    same = examine_clock(
        terminal, ["EURUSD"], days={"00:00 Europe/Athens"}, now=lambda: world.now, wait=lambda _: world.advance(15)
    )
    assert same.level is Level.GOOD


def test_a_clock_without_moving_quotes_is_not_guessed() -> None:
    world, terminal = made()
    found = examine_clock(terminal, ["EURUSD"], now=lambda: world.now, wait=lambda _: None)
    assert (found.level, found.what) == (Level.NOTE, "not measured: no quote moved within 5 s")


def test_the_command_over_the_bridge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    symbols = [{"name": "EURUSD", **USUAL}, {"name": "GBPUSD", "base": "GBP", **USUAL}]
    history = {"EURUSD": {"M1": bars(2 * 2880)}, "GBPUSD": {"M1": bars(2 * 2880)}}
    with Served(tmp_path / "bridge", now=NOON, symbols=symbols, bars=history, read_only=True) as bridge:
        monkeypatch.setenv("TRADEPLAN_MT5_TOKEN", bridge.spawned._token)
        monkeypatch.setattr("tradeplan.runtime.cli.mt5.sleep", lambda _: None)
        address = f"127.0.0.1:{bridge.spawned.port}"
        done = CliRunner().invoke(command, ["doctor", "--bridge", address, "--json"])
        assert done.exit_code == 0, done.output
        found = [json.loads(line) for line in done.output.splitlines()]
        assert {f["about"] for f in found} >= {"account", "clock", "eurusd (EURUSD)", "gbpusd (GBPUSD)"}
        # gold is no symbol of this broker: left out unless it is named
        named = CliRunner().invoke(command, ["doctor", "gold", "--bridge", address])
        assert named.exit_code == 1
        assert "the broker has no symbol XAUUSD" in named.output
        bridge.control("switch", trade_allowed=False)
        assert CliRunner().invoke(command, ["doctor", "eurusd", "--bridge", address]).exit_code == 1
        assert bridge.control.state()["requests"] == []


def test_the_command_without_a_bridge_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRADEPLAN_MT5_TOKEN", raising=False)
    done = CliRunner().invoke(command, ["doctor", "--bridge", "127.0.0.1:1"])
    assert done.exit_code == 2
    assert "TRADEPLAN_MT5_TOKEN is not set" in done.output
    for address, says in (("127.0.0.1:1", "no bridge answers"), ("nonsense", "is no address of a bridge")):
        done = CliRunner().invoke(
            command, ["doctor", "--bridge", address], env={"TRADEPLAN_MT5_TOKEN": "0123456789abcdef"}
        )
        assert done.exit_code == 2
        assert says in done.output
    with pytest.raises(BridgeError, match="too short"):
        connect("127.0.0.1:1", environment={"TRADEPLAN_MT5_TOKEN": "abc"})


def test_serve_without_a_token_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("TRADEPLAN_MT5_TOKEN", raising=False)
    done = CliRunner().invoke(command, ["serve"])
    assert done.exit_code == 2
    assert "set TRADEPLAN_MT5_TOKEN" in done.output + capsys.readouterr().err


def test_a_terminal_that_is_gone_is_no_broker_without_the_symbol() -> None:
    _, terminal = made()
    terminal.call("shutdown")
    with pytest.raises(BridgeError, match=r"the terminal does not answer: No IPC connection \(-10004\)"):
        known(terminal, [EURUSD])
    terminal.call("initialize")
    assert known(terminal, [EURUSD])["eurusd"].name == "EURUSD"


def test_order_flow_that_a_broker_tells_and_that_it_lacks() -> None:
    world, terminal = made()
    (resolved,) = resolve(terminal, [EURUSD])
    found = examine_streams(terminal, resolved, wait=lambda _: None)
    # four quotes a minute of the hour before the newest one, both ends included
    assert of(found, Level.GOOD) == ["eurusd (EURUSD): order flow: 241 ticks in an hour -> "]
    trades, book = of(found, Level.NOTE)
    assert "its ticks tell no trades: `delta`, `cvd`" in trades
    assert "its order book is empty: `imbalance`" in book
    world.books["EURUSD"] = [(1, 1.1002, 3.0), (1, 1.1001, 1.0), (2, 1.1, 2.0)]
    rows = np.zeros(2, dtype=[("time_msc", "<i8"), ("last", "<f8"), ("flags", "<u4")])
    rows["time_msc"], rows["flags"] = [NOON - 2_000, NOON - 1_000], [6, 8 | 16 | 32]
    world.markets["EURUSD"].flow.load_ticks(rows)
    found = examine_streams(terminal, resolved, wait=lambda _: None)
    (line,) = of(found, Level.GOOD)
    assert "2 ticks in an hour, with trades, an order book of 1 bids and 2 asks" in line
    assert not of(found, Level.NOTE)
    assert world.faults.calls["market_book_add"] == world.faults.calls["market_book_release"] == 2


def test_a_terminal_that_fails_at_order_flow_is_told_of() -> None:
    world, terminal = made()
    (resolved,) = resolve(terminal, [EURUSD])
    world.faults.add("error", "copy_ticks_from", code=-4)
    world.faults.add("error", "market_book_add", code=-1)
    found = examine_streams(terminal, resolved, wait=lambda _: None)
    assert [f.level for f in found] == [Level.NOTE, Level.NOTE]
    assert "it gives no ticks (Terminal: Not found (-4))" in found[0].what
    assert "it shows no order book (Terminal: Call failed (-1))" in found[1].what
