"""The law of growing data: bars fed one by one as they arrive give the run over the whole, bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.events import Event, Fill
from tradeplan.runtime.market.columns import take
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.growing import Growing, LateBar, late_bars
from tradeplan.runtime.market.profiles import Profiles, load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.simulator import simulated_dataset

from tests.runtime.live.grown import Bars, Run, Series, begun, closes_of, grow
from tests.runtime.live.world import checked

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
MONDAY = 1_782_075_600_000  # 2026-06-21 21:00 UTC: the week opens in New York
PLANS = (
    """PLAN yen
TRADE usdjpy ON M1
WHEN close > H1.sma(3) AND M15.rsi(5) < 75 AND btc.M15.close > btc.M15.sma(4) THEN BUY RISK 0.5% STOP 8 pips TARGET 2R
WHEN held >= 40m THEN CLOSE
COOLDOWN 5m""",
    """PLAN coin
TRADE btc ON M15
WHEN close < sma(6) AND usdjpy.D1.close > 0 THEN SELL RISK 1% STOP 2 ATR
WHEN profit > 0.5R THEN MOVE STOP TO entry
WHEN held >= 3h THEN CLOSE""",
    """GUARD brakes
COVERS usdjpy
WHEN account.loss_rate(day) > 1% THEN HALT FOR 2h""",
)


def _rates(dataset: Dataset, market: str, timeframe: str) -> Rates:
    bars = dataset.bars(market, timeframe)
    assert bars is not None
    points = np.rint(bars.spread / dataset.profile(market).point).astype(np.int32)
    points[~bars.spread_known] = 0
    prices = bars.open, bars.high, bars.low, bars.close
    return Rates(bars.open_time, *prices, bars.tick_volume, points, bars.real_volume)


def _market(seed: int, holes: int) -> Bars:
    """Four days of two markets in several timeframes; `holes` minutes of each have no bar, as on a quiet feed."""
    whole = simulated_dataset(("usdjpy", "btc"), days=5, seed=seed, end_ms=MONDAY + 4 * DAY)
    chance = np.random.default_rng(seed)
    found: dict[Series, Rates] = {}
    for market, timeframes in (("usdjpy", ("M1", "M15", "H1", "D1")), ("btc", ("M1", "M15"))):
        for timeframe in timeframes:
            rates = _rates(whole, market, timeframe)
            if timeframe == "M1" and holes:
                kept = np.ones(len(rates), dtype=bool)
                kept[chance.choice(np.arange(1, len(rates)), holes, replace=False)] = False
                rates = take(rates, kept)
            found[market, timeframe] = rates
    return found


def _run(start: int, end: int) -> Run:
    plans, guards, _ = checked(*PLANS)
    return Run(plans, guards, AccountConfig(record_moves=True), start, end)


def _same(one: list[Event], other: list[Event]) -> bool:
    """Equal to the bit: a repr tells two floats apart, and two NaN are the same."""
    return repr(one) == repr(other)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(seed=st.integers(0, 1_000), holes=st.sampled_from([0, 40, 900]), begins=st.integers(6, 40))
def test_a_grown_dataset_gives_the_run_over_the_whole(seed: int, holes: int, begins: int) -> None:
    profiles = load_profiles()
    bars = _market(seed, holes)
    run = _run(MONDAY + begins * HOUR, MONDAY + (begins + 30) * HOUR)
    whole = run.whole(Dataset.from_rates(bars, profiles))
    told, late = grow(run, bars, begun(bars, profiles, run.start))
    assert not late
    assert _same(told, whole)


def test_the_runs_of_the_law_trade() -> None:
    bars = _market(3, 40)
    run = _run(MONDAY + 8 * HOUR, MONDAY + 60 * HOUR)
    fills = [e for e in run.whole(Dataset.from_rates(bars, load_profiles())) if isinstance(e, Fill)]
    assert {f.plan for f in fills} == {"yen", "coin"}
    assert len(fills) > 10


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(seed=st.integers(0, 1_000), delay=st.integers(1, 200_000), share=st.sampled_from([0.02, 0.3]))
def test_late_bars_told_to_a_replay_give_the_same_run_again(seed: int, delay: int, share: float) -> None:
    """A life with late bars; then a replay over all bars at once, that only knows which were late and when."""
    profiles = load_profiles()
    bars = _market(seed, 0)
    run = _run(MONDAY + 10 * HOUR, MONDAY + 26 * HOUR)
    slow = np.random.default_rng(seed + 1)
    late_rows = {
        (series, int(close)): int(close) + delay
        for series, closes in closes_of(begun(bars, profiles, run.end), bars).items()
        for close in closes
        if slow.random() < share
    }
    growing = begun(bars, profiles, run.start)
    told, late = grow(run, bars, growing, lambda series, close: late_rows.get((series, close), close))
    assert late
    replayed = {(m, t): take(rates, _held(growing, m, t, rates)) for (m, t), rates in bars.items()}
    assert _same(told, run.whole(begun(replayed, profiles, 2 * run.end, late)))


def _held(growing: Growing, market: str, timeframe: str, rates: Rates) -> np.ndarray:
    """Which bars got into the dataset: one that comes after a later one of its series does not."""
    bars = growing.bars(market, timeframe)
    assert bars is not None
    return np.isin(rates.time, bars.open_time)


def _minutes(closes: list[float], first: int = MONDAY) -> Rates:
    price = np.array(closes)
    rows = len(price)
    zero = np.zeros(rows)
    spread = np.full(rows, 10, dtype=np.int32)
    return Rates(first + MINUTE * np.arange(rows), price, price + 1, price - 1, price, zero, spread, zero)


@pytest.fixture(scope="module")
def profiles() -> Profiles:
    return load_profiles()


def test_a_late_bar_closes_when_it_came(profiles: Profiles) -> None:
    growing = Growing(profiles)
    bars = _minutes([10.0, 11.0, 12.0, 13.0])
    growing.feed("btc", "M1", take(bars, slice(0, 1)))
    at = MONDAY + 3 * MINUTE  # this instant has been handled: the bars of minutes 2 and 3 should have been there
    new = take(bars, slice(1, 4))
    assert growing.late("btc", "M1", new, at) == [
        LateBar("btc", "M1", MONDAY + MINUTE, at + 1),
        LateBar("btc", "M1", MONDAY + 2 * MINUTE, at + 2),
    ]
    assert growing.append("btc", "M1", new, at) == 3
    found = growing.bars("btc", "M1")
    assert found is not None
    assert found.close_time.tolist() == [MONDAY + MINUTE, at + 1, at + 2, MONDAY + 4 * MINUTE]
    assert growing.append("btc", "M1", bars, at) == 0  # what is there already, and what is older, is passed over


def test_a_journal_body_is_a_late_bar_again() -> None:
    body = {"market": "btc", "timeframe": "M1", "opens": 5, "closes": 70_001}
    assert late_bars([body]) == [LateBar("btc", "M1", 5, 70_001)]


def test_what_somebody_holds_does_not_change_when_bars_come(profiles: Profiles) -> None:
    growing = Growing(profiles)
    bars = _minutes(list(range(100, 3_100)))
    growing.feed("btc", "M1", take(bars, slice(0, 1)))
    before = growing.bars("btc", "M1")
    assert before is not None
    for row in range(1, 3_000):
        growing.append("btc", "M1", take(bars, slice(row, row + 1)))
    now = growing.bars("btc", "M1")
    assert now is not None
    assert len(before) == 1
    assert now.close.tolist() == list(range(100, 3_100))


def test_a_series_begins_once_and_with_a_bar(profiles: Profiles) -> None:
    growing = Growing(profiles)
    with pytest.raises(DataError, match="at least one bar"):
        growing.feed("btc", "M1", _minutes([]))
    growing.feed("btc", "M1", _minutes([1.0]))
    with pytest.raises(DataError, match="not fed yet"):
        growing.feed("btc", "M1", _minutes([1.0]))
    assert growing.bars("btc", "M5") is None  # nothing is aggregated


@pytest.mark.real_data
def test_a_real_series_grown_is_the_whole(real_data: Path, profiles: Profiles) -> None:
    """Three weeks of usdjpy, whose profits in yen are converted at a price that grows with the rest."""
    stored = Dataset.open(real_data / "bars", profiles)
    finest = stored.bars("usdjpy", "M5")
    assert finest is not None
    start = int(finest.close_time[20_000])
    end = start + 20 * DAY
    bars: dict[Series, Rates] = {}
    for timeframe in ("M5", "M15", "H1", "H4", "D1"):
        rates = stored.rates("usdjpy", timeframe)
        closes = stored.calendar("usdjpy").close_of(rates.time, timeframe)
        bars["usdjpy", timeframe] = take(rates, np.flatnonzero((closes > start - 40 * DAY) & (closes <= end)))
    text = """PLAN yen
TRADE usdjpy ON M15
WHEN close > H1.sma(20) AND H4.close > D1.close THEN BUY RISK 1% STOP 2 ATR TARGET 1R
WHEN close < H1.sma(20) THEN CLOSE"""
    plans, guards, _ = checked(text)
    run = Run(plans, guards, AccountConfig(record_moves=True), start, end)
    whole = run.whole(Dataset.from_rates(bars, profiles))
    told, late = grow(run, bars, begun(bars, profiles, start))
    assert not late
    assert _same(told, whole)
    assert sum(isinstance(e, Fill) for e in told) > 4
