"""Simulated ticks, trades and books: they make the bars again, and spoofed levels are found when they are there."""

from __future__ import annotations

import numpy as np
import pytest
from tradeplan.runtime.market.columns import take
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.simulator import DEFAULT_END, simulate, simulated_dataset
from tradeplan.runtime.market.simulator.flow import Flow, simulated_flow
from tradeplan.runtime.market.simulator.simulate import shipped_profiles
from tradeplan.runtime.market.streams.bars import rates_of
from tradeplan.runtime.market.streams.check import check_stream
from tradeplan.runtime.market.streams.events import columns_of, trades_of
from tradeplan.runtime.market.streams.spoofs import spoofs

HOUR = 3_600_000
MARKETS = ("btc", "eurusd", "gold")


def bars(market: str) -> Rates:
    """Half an hour of a market."""
    return simulate([market], DEFAULT_END - HOUR // 2, DEFAULT_END)[market]


def flow(market: str, spoofing: bool = False) -> Flow:
    """Its streams."""
    return simulated_flow(bars(market), shipped_profiles()[market], 7, spoofing)


@pytest.mark.parametrize("market", MARKETS)
def test_the_ticks_make_the_bars_again(market: str) -> None:
    made, want = rates_of(flow(market).ticks, "M1", shipped_profiles()[market].point), bars(market)
    for name in ("time", "open", "high", "low", "close"):
        np.testing.assert_array_equal(getattr(made, name), getattr(want, name))
    assert (made.tick_volume == 60).all()


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("spoofing", [False, True])
def test_nothing_is_wrong_with_them(market: str, spoofing: bool) -> None:
    found = flow(market, spoofing)
    assert [check_stream(s) for s in (found.ticks, found.trades, found.book)] == [[], [], []]
    told = trades_of(found.ticks)
    assert told is not None
    for name, column in columns_of(told).items():
        np.testing.assert_array_equal(column, columns_of(found.trades)[name])


@pytest.mark.parametrize("market", MARKETS)
def test_spoofed_levels_are_there_only_if_switched_on(market: str) -> None:
    contract = shipped_profiles()[market].contract_size
    without, spoofed = flow(market), flow(market, True)
    assert without.pulled == ()
    assert len(spoofs(without.book, without.trades, 10_000 / contract, 5_000, 0.5)) == 0
    assert len(spoofed.pulled) >= 3
    # a level that price ran into is gone a little earlier than planned
    found = spoofs(spoofed.book, spoofed.trades, 10_000 / contract, 5_000, 0.5)
    assert len(found) == len(spoofed.pulled)
    assert (np.abs(found - np.array(spoofed.pulled)) <= 2_000).all()
    np.testing.assert_array_equal(without.trades.size, spoofed.trades.size)


def test_a_minute_does_not_depend_on_where_the_simulation_begins() -> None:
    whole, part = (
        flow("btc", True),
        simulated_flow(take(bars("btc"), slice(10, None)), shipped_profiles()["btc"], 7, True),
    )
    later = whole.trades.time >= part.trades.time[0]
    np.testing.assert_array_equal(whole.trades.price[later], part.trades.price)
    np.testing.assert_array_equal(whole.trades.size[later], part.trades.size)
    assert part.pulled == tuple(t for t in whole.pulled if t >= part.trades.time[0])
    assert (
        flow("btc").book.size.tolist() != simulated_flow(bars("btc"), shipped_profiles()["btc"], 8).book.size.tolist()
    )


def test_the_dataset_has_them_for_its_last_hours() -> None:
    data = simulated_dataset(["btc"], days=1, flow_hours=0.5)
    assert data.streams("btc") == ("ticks", "trades", "book", "calendar")
    column = data.feature("btc", "M1", "trade_count", "trades")
    assert column is not None
    assert np.count_nonzero(~np.isnan(column)) == len(bars("btc"))
    assert (column[~np.isnan(column)] == 60).all()
    assert simulated_dataset(["btc"], days=1).streams("btc") == ("calendar",)
