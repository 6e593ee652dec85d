"""`plans/eurusd_momentum_decay.plan` on EURUSD M15 with real tick volume: one firing explained bar by bar."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tradeplan.runtime import backtest
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import load_profiles

from tests.plans.plain import bars_of, with_atr, with_rsi

PLAN = Path(__file__).resolve().parents[2] / "plans" / "eurusd_momentum_decay.plan"
pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def autumn(real_data: Path) -> BacktestResult:
    """Six weeks of 2022."""
    return backtest(PLAN, Dataset.open(real_data / "bars", load_profiles()), start="2022-10-10", end="2022-11-26")


@pytest.fixture(scope="module")
def bars(real_data: Path) -> pd.DataFrame:
    """With ATR, RSI, and the tick volume beside the mean of the twenty bars before."""
    frame = with_rsi(with_atr(bars_of(real_data, "EURUSD", "M15", "15min").iloc[:5000]))
    return frame.assign(rate=frame.tick_volume / frame.tick_volume.rolling(20).mean().shift())


def at(clock: str) -> pd.Timestamp:
    """A time of the day, UTC."""
    return pd.Timestamp(f"2022-11-18 {clock}", tz="UTC")


def is_swing(bars: pd.DataFrame, clock: str) -> bool:
    """Whether a high is above those of three bars on either side."""
    place = bars.index.get_loc(at(clock))
    around = bars.high.iloc[place - 3 : place + 4]
    return bool((around.drop(at(clock)) < around[at(clock)]).all())


def test_one_firing_bar_by_bar(autumn: BacktestResult, bars: pd.DataFrame) -> None:
    # Two swing highs: 1.03781 at 01:15, and one point higher at 02:45; none between them.
    swings = [c for c in ("01:15", "01:30", "01:45", "02:00", "02:15", "02:30", "02:45") if is_swing(bars, c)]
    assert swings == ["01:15", "02:45"]
    assert (bars.high[at("01:15")], bars.high[at("02:45")]) == (1.03781, 1.03782)
    # The RSI did not come along: 66.0 at the first, 51.4 at the second. Known from 03:30 on, three bars later.
    assert bars.rsi[at("01:15")] == pytest.approx(65.97, abs=0.01)
    assert bars.rsi[at("02:45")] == pytest.approx(51.44, abs=0.01)
    # Quiet is a rate of at most 0.8. At 03:30 it is, but the bar does not close below the low before it; the next three
    # bars are too busy.
    assert bars.rate[at("03:30")] == pytest.approx(0.678, abs=1e-3)
    assert bars.close[at("03:30")] == 1.03701 > bars.low[at("03:15")] == 1.03674
    assert (bars.rate[at("03:45") : at("04:15")] > 0.8).all()
    # The high of 1.03909 at 04:00 will be a swing, but nobody knows it before 04:45: until then the last two count.
    assert is_swing(bars, "04:00")
    # 04:30: 474 ticks beside a mean of 757.6, and a close of 1.03752 below the low of 1.03772. Both swings lie within
    # twenty bars.
    assert bars.rate[at("04:30")] == pytest.approx(474 / 757.6, abs=1e-4)
    assert bars.close[at("04:30")] == 1.03752 < bars.low[at("04:15")] == 1.03772
    assert len(bars[at("01:15") : at("04:30")]) == 14
    # So the plan sells; the stop lies half an ATR above the newer swing: 1.03782 + 0.5 * 0.00076 = 1.03820.
    found = [t for t in autumn.trades_frame().to_dict("records") if str(t["opened"]).startswith("2022-11-18 04")]
    assert [t["opened"] for t in found] == [at("04:30")]
    (trade,) = found
    assert trade["stop"] == pytest.approx(1.03782 + 0.5 * bars.atr[at("04:30")], abs=1.5e-5)
    assert 0 <= bars.open[at("04:45")] - trade["entry"] < 3e-5  # the next open, with slippage
    # The target of 2R is 0.00144 below; the bar of 06:45 is the first that reaches it, with a low of 1.03597.
    assert trade["reason"] == "target"
    assert trade["exit"] == pytest.approx(trade["entry"] - 2 * (trade["stop"] - trade["entry"]), abs=1.5e-5)
    assert bars.low[at("04:45") : at("06:30")].min() > 1.03604 > bars.low[at("06:45")] == 1.03597
    assert trade["closed"] == at("06:45")


def test_it_sells_only_when_ticks_are_few(autumn: BacktestResult, bars: pd.DataFrame) -> None:
    trades = autumn.trades_frame()
    assert len(trades) >= 5
    for opened in trades["opened"]:
        place = bars.index.get_loc(pd.Timestamp(opened))
        assert bars.rate.iloc[place] <= 0.8
        assert bars.close.iloc[place] < bars.low.iloc[place - 1]


def test_without_tick_volume_it_does_not_trade(real_data: Path) -> None:
    profiles = load_profiles()
    whole = Dataset.open(real_data / "bars", profiles).rates("eurusd", "M15")
    blind = type(whole)(
        whole.time,
        whole.open,
        whole.high,
        whole.low,
        whole.close,
        0 * whole.tick_volume,
        whole.spread,
        whole.real_volume,
    )
    result = backtest(
        PLAN, Dataset.from_rates({("eurusd", "M15"): blind}, profiles), start="2022-10-10", end="2022-11-26"
    )
    assert len(result.trades) == 0
