"""Simulated datasets: sized by days, ready to be read, with the pairs that turn profits into account money."""

from __future__ import annotations

import numpy as np
import pytest
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.simulator import DEFAULT_END, MARKETS, simulate, simulated_dataset
from tradeplan.runtime.market.verify import errors, verify

DAY = 86_400_000


def test_it_holds_the_days_up_to_the_fixed_end() -> None:
    data = simulated_dataset(["btc", "dxy"], days=10)
    assert data.markets() == ("btc", "dxy")
    assert data.timeframes("btc") == ("M1",)
    first, last = data.span("btc") or (0, 0)
    # Bitcoin never closes: both ends are there but for a minute that may be missing.
    assert DEFAULT_END == 1_782_507_600_000  # 2026-06-26 21:00 UTC
    assert abs(first - (DEFAULT_END - 10 * DAY)) <= 5 * 60_000
    assert abs(last - DEFAULT_END) <= 5 * 60_000


def test_bars_are_the_simulators() -> None:
    bars = simulated_dataset(["gold"], days=5, seed=3).bars("xauusd", "M1")
    rates = simulate(["gold"], DEFAULT_END - 5 * DAY, DEFAULT_END, seed=3)["gold"]
    assert bars is not None
    assert np.array_equal(bars.close, rates.close)
    assert bars.spread_known.all()


def test_coarser_bars_follow_from_the_minutes() -> None:
    data = simulated_dataset(["eurusd"], days=10)
    minutes, hours = data.bars("eurusd", "M1"), data.bars("eurusd", "H1")
    assert minutes is not None
    assert hours is not None
    assert 150 < len(hours) < 200
    inside = (minutes.open_time >= hours.open_time[50]) & (minutes.close_time <= hours.close_time[50])
    assert hours.high[50] == minutes.high[inside].max()


def test_the_pair_that_converts_profits_comes_along() -> None:
    assert simulated_dataset(["eurgbp"], days=2).markets() == ("eurgbp", "gbpusd")
    data = simulated_dataset(["eurjpy"], days=2)
    assert data.markets() == ("eurjpy", "usdjpy")
    rate = data.rate_to_account("eurjpy", np.array([DEFAULT_END - 60_000], dtype=np.int64))[0]
    price = data.bars("usdjpy", "M1")
    assert price is not None
    row = np.flatnonzero(price.close_time <= DEFAULT_END - 60_000)[-1]
    assert rate == pytest.approx(1.0 / price.close[row])


def test_verification_finds_nothing_wrong_with_simulated_bars() -> None:
    profiles = load_profiles()
    for market, rates in simulate(MARKETS, DEFAULT_END - 20 * DAY, DEFAULT_END).items():
        assert [f.text() for f in errors(verify(rates, "M1", MarketCalendar(profiles[market])))] == [], market


def test_less_than_a_day_is_refused() -> None:
    with pytest.raises(MarketError, match="expected 1 or more"):
        simulated_dataset(["btc"], days=0)
