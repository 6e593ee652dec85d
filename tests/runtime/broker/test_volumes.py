"""Volumes that a broker would not take, orders that fill in several deals, and prices that are none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tradeplan.runtime.mt5.structs import AccountInfo, Tick, TradeDeal, TradePosition
from tradeplan.runtime.mt5.terminal import Call, Reply, Terminal

from tests.runtime.broker.test_protections import make, told
from tests.runtime.broker.test_trading import HOLD, acts, deals_sent, fills
from tests.runtime.broker.world import BrokerWorld

ADDS = """
PLAN adds
TRADE btc ON M1
WHEN time = 00:10 THEN BUY 0.4 lots STOP 50 pips
WHEN profit > 10 pips THEN ADD 50%
WHEN held > 1h THEN CLOSE
"""
HALF = """
PLAN half
TRADE btc ON M1
WHEN time = 00:10 THEN BUY 0.4 lots STOP 50 pips
WHEN held > 30m THEN CLOSE 20%
WHEN held > 1h THEN CLOSE
"""


def closes(world: BrokerWorld) -> list[float]:
    return [float(str(r["volume"])) for r in world.server.sender.log if r["action"] == 1 and r["retcode"] == 10009][1:]


def test_a_position_above_the_largest_volume_is_closed_in_parts(tmp_path: Path) -> None:
    """A broker lowered the volume of one order: 0.4 lots are closed by 0.15, 0.15 and what is left."""
    world = make(tmp_path)
    world.run({40: lambda: world.server.specify("BTCUSD", volume_max=0.15)})
    assert closes(world) == [0.15, 0.15, pytest.approx(0.1)]
    assert world.server.ledger.positions == []
    assert [f[0] for f in fills(world)] == ["entry", "close", "close", "close"]


def test_a_part_below_the_smallest_volume_is_closed_as_the_smallest(tmp_path: Path) -> None:
    """20% of 0.4 are 0.08, and the broker takes no order below 0.1."""
    world = make(tmp_path, HALF)
    world.symbol.volume_min = 0.1
    world.run()
    assert closes(world) == [0.1, pytest.approx(0.3)]
    assert [f[0] for f in fills(world)] == ["entry", "close", "close"]


def test_a_rest_below_the_smallest_volume_is_not_left_behind(tmp_path: Path) -> None:
    """80% of 0.4 are 0.32: the 0.08 that were left could not be closed by an order."""
    world = make(tmp_path, HALF.replace("20%", "80%"))
    world.symbol.volume_min = 0.1
    world.run()
    assert closes(world) == [0.4]
    assert world.server.ledger.positions == []
    assert told(world, "what would be left")


@pytest.mark.parametrize("mode", ["hedging", "netting"])
@pytest.mark.parametrize("skip", [0, 1])
def test_an_order_that_fills_in_several_deals_is_one_fill(tmp_path: Path, mode: str, skip: int) -> None:
    """`skip` 0: the entry is filled by two deals, 1: the ADD."""
    world = make(tmp_path, ADDS, mode=mode)
    world.server.faults.add("split", "order_send", skip=skip, part=0.25)
    ended = world.run()
    assert acts(world, "orphan") == []
    assert world.server.ledger.positions == []
    entries = [f for f in fills(world) if f[0] in ("entry", "add")]
    assert [f[0] for f in entries] == ["entry", "add"]
    assert ended.balance == world.server.ledger.account.balance


def test_a_second_deal_of_an_add_that_is_shown_late_is_closed_with_the_position(tmp_path: Path) -> None:
    world = make(tmp_path, ADDS)
    world.server.faults.add("split", "order_send", skip=1, part=0.25, late=600_000)
    ended = world.run()
    assert world.server.ledger.positions == []
    assert ended.balance == world.server.ledger.account.balance
    assert told(world, "lot steps more at the broker")


class Bent:
    """A terminal whose quotes have other prices."""

    def __init__(self, real: Terminal, bid: float, ask: float) -> None:
        self.real, self.bid, self.ask = real, bid, ask

    def call(self, name: str, *arguments: object, **keywords: object) -> Reply:
        return self.batch([Call(name, arguments, keywords)])[0]

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        replies = self.real.batch(calls)
        return [
            r._replace(value=r.value._replace(bid=self.bid, ask=self.ask)) if isinstance(r.value, Tick) else r
            for r in replies
        ]


@pytest.mark.parametrize(("bid", "ask"), [(10_009.0, 0.0), (0.0, 10_021.0), (float("nan"), float("nan"))])
def test_an_entry_waits_for_a_price_of_both_sides(tmp_path: Path, bid: float, ask: float) -> None:
    """A stop of a percent of no price at all would be no stop; what is open is closed all the same."""
    world = make(tmp_path, HOLD.replace("STOP 50 pips", "STOP 1%"))
    assert world.terminal is not None
    world.terminal = Bent(world.terminal, bid, ask)
    world.run(until=30)
    assert deals_sent(world) == []
    (tmp_path / "other").mkdir()
    other = make(tmp_path / "other", HOLD)
    other.run(until=30)
    assert other.terminal is not None
    other.terminal = Bent(other.terminal, bid, ask)
    other.run()
    assert [f[0] for f in fills(other)] == ["entry", "close"]


class NoNumber(Bent):
    """A terminal that gives no number somewhere, for so many readings."""

    def __init__(self, real: Terminal, kind: type, field: str, times: int) -> None:
        super().__init__(real, 0.0, 0.0)
        self.kind, self.field, self.times = kind, field, times

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        def bent(value: object) -> object:
            if isinstance(value, self.kind) and self.times > 0:
                self.times -= 1
                return value._replace(**{self.field: float("nan")})  # type: ignore[attr-defined]  # a named tuple
            return value

        return [
            r._replace(value=tuple(map(bent, r.value)) if type(r.value) is tuple else bent(r.value))
            for r in self.real.batch(calls)
        ]


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (AccountInfo, "balance"),
        (AccountInfo, "equity"),
        (TradePosition, "sl"),
        (TradePosition, "swap"),
        (TradeDeal, "profit"),
    ],
)
def test_a_reading_with_no_number_in_it_is_none(tmp_path: Path, kind: type, field: str) -> None:
    """Nothing compares with it: a stop of no number would not be missed, and a balance of none ends the run."""
    world = make(tmp_path)
    assert world.terminal is not None
    world.run(until=15)
    world.terminal = NoNumber(world.terminal, kind, field, 6)
    ended = world.run()
    assert [f[0] for f in fills(world)] == ["entry", "close"]
    assert told(world, f"`{field}` of {kind.__name__} is no number")
    assert told(world, "can be read again")
    assert ended.balance == world.server.ledger.account.balance
