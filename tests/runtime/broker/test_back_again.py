"""A terminal that is back after an outage: what it does not show yet is not taken for gone or never sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tradeplan.runtime.broker import horizon
from tradeplan.runtime.mt5.terminal import BridgeError, Call, Reply, Terminal

from tests.runtime.broker.test_protections import make, told
from tests.runtime.broker.test_trading import acts, deals_sent, fills


class Crash(Exception):
    """The process ends here."""


class Blind:
    """A terminal that does not show some things for a while, as one that has not synchronised yet."""

    def __init__(self, real: Terminal, *hidden: str) -> None:
        self.real, self.hidden = real, hidden

    def call(self, name: str, *arguments: object, **keywords: object) -> Reply:
        return self.real.call(name, *arguments, **keywords)

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        replies = zip(calls, self.real.batch(calls), strict=True)
        return [r._replace(value=()) if c.name in self.hidden else r for c, r in replies]

    def see(self) -> None:
        """Show everything from now on."""
        self.hidden = ()


def test_an_order_sent_before_a_crash_is_looked_for_once_the_terminal_is_back(tmp_path: Path) -> None:
    """Nobody can be read until 00:11, nothing is shown until 00:12: the time to look begins with the first reading."""
    world = make(tmp_path, patience=0.2)

    def crash(name: str) -> None:
        if name == "after broker call":
            raise Crash

    with pytest.raises(Crash):
        world.run(point=crash)
    assert len(deals_sent(world)) == 1
    world.server.faults.add("error", "account_info", times=-1, code=-10004)

    def back() -> None:
        time.sleep(0.3)
        world.server.faults.clear()

    assert world.terminal is not None
    world.terminal = blind = Blind(world.terminal, "positions_get", "history_deals_get", "history_orders_get")
    world.run({11: back, 12: blind.see})
    assert len(deals_sent(world)) == 1, "not sent twice"
    assert [f[0] for f in fills(world)] == ["entry", "close"]


def test_no_position_at_all_while_margin_is_held_is_no_closed_position(tmp_path: Path) -> None:
    world = make(tmp_path)
    assert world.terminal is not None
    blind = Blind(world.terminal)
    world.terminal = blind

    def hide() -> None:
        blind.hidden = ("positions_get",)

    world.run({20: hide, 25: blind.see})
    assert [f[0] for f in fills(world)] == ["entry", "close"]
    assert not told(world, "gone at the broker")


def test_a_rollover_that_reopens_a_position_is_no_exit(tmp_path: Path) -> None:
    """Some brokers charge a night by closing and opening again: two deals of reason 7, the identifier stays."""
    world = make(tmp_path)

    def night() -> None:
        ledger, now = world.server.ledger, world.server.now
        (held,), (entry,) = ledger.positions, ledger.deals
        for side, way in ((1, 1), (0, 0)):
            ledger.deals.append(replace(entry, ticket=ledger.ticket(), side=side, entry=way, reason=7, time=now))
        held.ticket = ledger.ticket()
        ledger.account.balance -= 1.0

    ended = world.run({40: night})
    assert [f[0] for f in fills(world)] == ["entry", "close"]
    assert acts(world, "orphan") == []
    assert world.server.ledger.positions == []
    assert ended.balance == world.server.ledger.account.balance


class Spans(Blind):
    """Notes from when on deals are asked for, against the server's clock."""

    def __init__(self, real: Terminal, now: Callable[[], int]) -> None:
        super().__init__(real)
        self.now, self.back = now, list[int]()

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        self.back += [self.now() - c.arguments[0] for c in calls if c.name == "history_deals_get"]
        return super().batch(calls)


def test_a_quiet_run_does_not_ask_for_ever_more_history(tmp_path: Path) -> None:
    """Others may trade on the account all the time: after weeks without a deal of ours a look would take seconds.

    A day back is asked for; at a restart a day before the newest deal of ours, that of 00:10, which is 40 minutes more.
    """
    world = make(tmp_path)
    assert world.terminal is not None
    world.terminal = spans = Spans(world.terminal, lambda: world.server.clock.broker(world.server.now) // 1000)
    world.run(until=50)
    assert max(spans.back) <= 86_400 + 2 * 60
    spans.back.clear()
    world.run()
    assert 86_400 + 39 * 60 <= spans.back[0] <= 86_400 + 41 * 60
    assert max(spans.back[3:]) <= 86_400 + 2 * 60
    assert [f[0] for f in fills(world)] == ["entry", "close"]


def test_a_run_that_goes_well_asks_for_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hours and what is open; a bridge that was gone is asked for a day again."""
    monkeypatch.setattr(horizon, "CALM_SECONDS", 0.0)
    world = make(tmp_path)
    assert world.terminal is not None
    away = Away(world.terminal)
    world.terminal = spans = Spans(away, lambda: world.server.clock.broker(world.server.now) // 1000)

    def gone() -> None:
        away.away = True

    def back() -> None:
        away.away = False
        spans.back.clear()

    world.run({40: gone, 42: back}, until=45)
    assert 86_400 <= spans.back[0] <= 86_400 + 3 * 60
    assert max(spans.back[2:]) < 7_200 + 45 * 60
    world.run()
    assert [f[0] for f in fills(world)] == ["entry", "close"]


class Away(Blind):
    """A bridge that is gone for a while: each time it says how long it waits before it tries again."""

    def __init__(self, real: Terminal) -> None:
        super().__init__(real)
        self.away, self.asked = False, 0

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        if self.away:
            self.asked += 1
            text = "no bridge answers" if self.asked % 3 else f"next attempt in {self.asked / 10:.1f} s"
            raise BridgeError(text)
        return super().batch(calls)


def test_a_bridge_that_is_gone_for_an_hour_is_told_and_not_at_every_look(tmp_path: Path) -> None:
    world = make(tmp_path)
    assert world.terminal is not None
    away = Away(world.terminal)
    world.terminal = away

    def leave() -> None:
        away.away = True

    def come() -> None:
        away.away = False

    world.run({15: leave, 60: come})
    assert away.asked > 40
    assert len([text for text in world.said if "does not answer" in text]) <= 2
    assert len([text for text in world.said if "can be read again" in text]) == 1
    assert [f[0] for f in fills(world)] == ["entry", "close"]
