"""What a symbol or account does not allow is known before an entry is sent, and exits are sent all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mt5.stand_in.MetaTrader5.sequences import CONSTANTS
from tests.runtime.broker.test_exits import TRAIL, closes
from tests.runtime.broker.test_protections import make, told
from tests.runtime.broker.test_trading import HOLD, acts, fills
from tests.runtime.live.world import START

SHORT = HOLD.replace("BUY", "SELL")
TARGET = HOLD.replace("STOP 50 pips", "STOP 50 pips TARGET 60 pips")
WAITS = HOLD.replace("0.4 lots", "0.4 lots AT LIMIT close - 5 pips FOR 1h")
GTC, DAY, SPECIFIED = 0, 1, 2


@pytest.mark.parametrize(
    ("text", "changed", "words"),
    [
        (HOLD, {"trade_mode": CONSTANTS["SYMBOL_TRADE_MODE_DISABLED"]}, "trading is disabled"),
        (HOLD, {"trade_mode": CONSTANTS["SYMBOL_TRADE_MODE_CLOSEONLY"]}, "positions may only be closed"),
        (HOLD, {"trade_mode": CONSTANTS["SYMBOL_TRADE_MODE_SHORTONLY"]}, "only short positions"),
        (SHORT, {"trade_mode": CONSTANTS["SYMBOL_TRADE_MODE_LONGONLY"]}, "only long positions"),
        (HOLD, {"order_mode": 127 - 1}, "BTCUSD takes no orders at the market"),
        (HOLD, {"order_mode": 127 - 16}, "takes no stops at the broker, and no entry goes out without one"),
        (TARGET, {"order_mode": 127 - 32}, "takes no targets at the broker: leave TARGET and TAKE out"),
        (WAITS, {"order_mode": 127 - 2}, "BTCUSD takes no LIMIT orders"),
        (HOLD, {"volume_min": 0.5}, "BTCUSD takes 0.5 to"),
        (HOLD, {"volume_max": 0.3}, "to 0.3 lots"),
        (HOLD, {"stops_level": 6_300}, "the stop 9973 is nearer to 10009 than 6300 points"),
    ],
)
def test_an_entry_that_the_symbol_does_not_take_is_not_sent(
    tmp_path: Path, text: str, changed: dict[str, object], words: str
) -> None:
    world = make(tmp_path, text)
    world.server.specify("BTCUSD", **changed)
    world.run(until=30)
    assert world.server.sender.log == []
    assert [a["outcome"] for a in acts(world, "refused")] == ["refused"]
    assert told(world, words), world.said


def test_what_the_symbol_does_take_is_sent(tmp_path: Path) -> None:
    """Without TARGET no target is needed, and an order at the market is neither LIMIT nor STOP."""
    world = make(tmp_path)
    world.server.specify("BTCUSD", order_mode=1 + 16)
    world.run()
    assert [f[0] for f in fills(world)] == ["entry", "close"]


@pytest.mark.parametrize(
    ("mask", "market", "waits"),
    [(15, GTC, SPECIFIED), (1, GTC, GTC), (2, DAY, DAY), (4, SPECIFIED, SPECIFIED), (2 + 4, DAY, SPECIFIED)],
)
def test_a_symbol_that_takes_orders_of_a_day_alone_gets_them(
    tmp_path: Path, mask: int, market: int, waits: int
) -> None:
    """The server refuses a lifetime that is not among the symbol's, of orders at the market and of closes too."""
    world = make(tmp_path, HOLD, WAITS.replace("hold", "waits").replace("close - 5 pips", "close - 2000 pips"))
    world.server.specify("BTCUSD", expiration_mode=mask)
    world.run()
    sent = [(r["type"] >= 2, r["type_time"], r["retcode"]) for r in world.server.sender.log if r["action"] in (1, 5)]
    assert sorted(sent) == [(False, market, 10009), (False, market, 10009), (True, waits, 10009)]
    assert told(world, "takes orders for a day only") == (mask == 2)


def test_an_order_with_an_end_says_it_where_the_symbol_takes_that(tmp_path: Path) -> None:
    """Decided at 00:10; an hour later is 01:10 UTC, 03:10 at the broker in winter."""
    world = make(tmp_path, WAITS.replace("5 pips", "2000 pips"))
    world.run(until=20)
    (order,) = world.server.ledger.orders
    assert order.expiration == START // 1000 + (120 + 70) * 60


def test_an_entry_without_the_margin_is_not_sent(tmp_path: Path) -> None:
    """0.4 lots at about 10,021 need 4,008 where nothing is lent; 3,000 are there."""
    world = make(tmp_path)
    world.server.ledger.account.leverage = 1

    def pay_out() -> None:
        world.server.ledger.account.balance = 3_000.0

    world.run({5: pay_out}, until=30)
    assert world.server.sender.log == []
    assert told(world, "3000.00 is free"), world.said


def test_what_may_only_be_closed_is_closed(tmp_path: Path) -> None:
    world = make(tmp_path)
    world.run({30: lambda: world.server.specify("BTCUSD", trade_mode=CONSTANTS["SYMBOL_TRADE_MODE_CLOSEONLY"])})
    assert [f[0] for f in fills(world)] == ["entry", "close"]
    assert len(closes(world)) == 1


def test_inside_the_freeze_level_a_stop_stays_and_is_moved_when_it_may_be(tmp_path: Path) -> None:
    world = make(tmp_path, TRAIL)
    seen: list[float] = []

    def look() -> None:
        seen.append(world.server.ledger.positions[0].sl)

    def thaw() -> None:
        look()
        world.server.specify("BTCUSD", freeze_level=0)

    world.run({20: lambda: world.server.specify("BTCUSD", freeze_level=1_000_000), 60: thaw, 65: look}, until=70)
    assert seen[0] == 9_971.0, "the stop of the entry stood all the time"
    assert seen[1] > 10_030.0
    assert 10029 in {r["retcode"] for r in world.server.sender.log}


def test_the_rest_of_a_waiting_order_that_filled_in_part_is_taken_back(tmp_path: Path) -> None:
    """A limit order for 0.4 lots gets 0.1; the 0.3 that are left do not wait for more."""
    world = make(tmp_path, HOLD.replace("0.4 lots", "0.4 lots AT LIMIT close - 5 pips FOR 1h"))

    def fill_a_part() -> None:
        (order,) = world.server.ledger.orders
        world.server.ledger.execute(order, 0.1, order.price, world.server.now)
        order.left, order.state = 0.3, CONSTANTS["ORDER_STATE_PARTIAL"]

    seen: list[tuple[int, float, float]] = []

    def look() -> None:
        (position,) = world.server.ledger.positions
        seen.append((len(world.server.ledger.orders), position.volume, position.sl))

    world.run({20: fill_a_part, 22: look})
    assert seen == [(0, 0.1, 9_954.0)]
    assert [(f[0]) for f in fills(world)] == ["entry", "close"]
