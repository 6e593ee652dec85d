"""What keeps an entry from being sent: limits that hold across restarts, a profile that is not the broker's, FIFO."""

from __future__ import annotations

from pathlib import Path

import pytest
from tradeplan.runtime.broker.account import BrokerError
from tradeplan.runtime.broker.identity import magic_of
from tradeplan.runtime.broker.limits import EXAMPLE, UNLIMITED, load_limits
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.mt5.structs import SymbolInfo
from tradeplan.runtime.mt5.symbols import unlike

from tests.mt5.stand_in.MetaTrader5.records import Order
from tests.mt5.stand_in.MetaTrader5.symbol import Symbol
from tests.runtime.broker.test_protections import make, told
from tests.runtime.broker.test_trading import HOLD, UP, acts, deals_sent, fills

SECOND = HOLD.replace("hold", "second").replace("00:10", "00:20")


# --- limits


def test_each_part_of_an_entry_is_an_order_of_the_minute(tmp_path: Path) -> None:
    """A TAKE makes two orders of one entry on a hedging account."""
    world = make(tmp_path, UP, limits=UNLIMITED.model_copy(update={"orders_a_minute": 1}))
    world.run(until=30)
    assert deals_sent(world) == []
    assert told(world, "limit `orders_a_minute`: 2")


def test_the_orders_of_a_minute_are_remembered_across_a_restart(tmp_path: Path) -> None:
    """Two orders at 00:11:30, as the server tells it; another at 00:12 would be the third within a minute."""
    limits = UNLIMITED.model_copy(update={"orders_a_minute": 2})
    world = make(tmp_path, HOLD, HOLD.replace("hold", "twin"), limits=limits)
    world.run(until=11)
    for order in world.server.ledger.done:
        order.placed += 90_000
    world.write(HOLD.replace("hold", "third").replace("00:10", "00:12"), "third.plan")
    world.run(until=14)
    assert len(deals_sent(world)) == 2
    assert told(world, "limit `orders_a_minute`: 3")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("lots = true", "key `lots`: `True`"),
        ('lots = "1"', "key `lots`: `1`"),
        ("lots = 0", "key `lots`: `0`"),
        ("lots = -1", "key `lots`: `-1`"),
        ("lots = nan", "key `lots`: `nan`"),
        ("lots = inf", "key `lots`: `inf`"),
        ("lots = 1\nlotz = 2", "key `lotz` is not known"),
    ],
)
def test_limits_are_numbers_above_zero(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(EXAMPLE.replace("lots = 1.0               # of one order", line), encoding="utf-8")
    with pytest.raises(BrokerError) as refused:
        load_limits(path)
    assert words in str(refused.value)


def test_limits_written_by_an_editor_of_windows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_text("\ufeff" + EXAMPLE.replace("lots = 1.0 ", "lots = 1 "), encoding="utf-8")
    assert load_limits(path).lots == 1.0


# --- the symbol is not what the profile says


@pytest.mark.parametrize(
    ("symbol", "words"),
    [
        (Symbol("BTCUSD", 2, 100.0, "BTC", calc_mode=4, spread=1200), "contract_size"),
        (Symbol("BTCUSD", 2, 1.0, "BTC", "EUR", calc_mode=4, spread=1200), "profit_currency"),
        (Symbol("BTCUSD", 2, 1.0, "BTC", calc_mode=4, spread=1200, volume_step=0.1, volume_min=0.1), "lot_step"),
    ],
)
def test_an_entry_that_was_sized_by_another_contract_is_refused(tmp_path: Path, symbol: Symbol, words: str) -> None:
    """With a contract a hundred times as large the risk would be a hundred times what was asked for."""
    world = make(tmp_path, symbol=symbol)
    world.server.ledger.conversion["EURUSD"] = 1.1
    world.run(until=30)
    assert deals_sent(world) == []
    assert told(world, f"`{words}`")
    assert told(world, "plan mt5 doctor")


def test_a_finer_broker_fits() -> None:
    """Sizes and prices on a coarser grid are on the finer one too; 0 as tick size means the point."""
    btc = load_profiles()["btc"]
    fine = SymbolInfo(**Symbol("BTCUSD", 2, 1.0, "BTC", volume_step=0.001).info(None, 0.0)._asdict())
    assert unlike(btc, fine) == ""
    assert unlike(btc, fine._replace(trade_tick_size=0.0)) == ""
    assert "tick_size" in unlike(btc, fine._replace(trade_tick_size=0.25))
    assert "point" in unlike(btc, fine._replace(point=0.001))


# --- others


def test_an_account_that_closes_the_oldest_first_takes_one_position_a_symbol(tmp_path: Path) -> None:
    """The position of 00:20 could not be closed before that of 00:10 (10045)."""
    world = make(tmp_path, HOLD, SECOND)
    world.server.ledger.account.fifo_close = True
    world.run()
    assert [f[0] for f in fills(world)] == ["entry", "close"]
    assert told(world, "oldest first")


def test_an_order_that_closes_our_position_is_no_other_runtime(tmp_path: Path) -> None:
    """A close that the server has not carried out yet stands among the orders, with our mark."""
    world = make(tmp_path)

    def wait() -> None:
        held = world.server.ledger.positions[0]
        mine = (0.0, 0.0, magic_of(99, 0), "tp.close", world.server.now)
        order = Order(world.server.ledger.ticket(), "BTCUSD", 1, 0.4, 1e9, *mine)
        order.position_id = held.identifier
        world.server.ledger.orders.append(order)

    world.run({20: wait}, until=30)
    assert acts(world, "halt") == []
