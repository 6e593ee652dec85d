"""`plans/btc_on_weak_dollar.plan` on Bitcoin and the dollar index of 2018: one firing explained bar by bar."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tradeplan.runtime import backtest
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import load_profiles

from tests.plans.plain import bars_of, with_atr

PLAN = Path(__file__).resolve().parents[2] / "plans" / "btc_on_weak_dollar.plan"
pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def january(real_data: Path) -> BacktestResult:
    """The first weeks of 2018."""
    return backtest(PLAN, Dataset.open(real_data / "bars", load_profiles()), start="2018-01-02", end="2018-01-20")


def at(clock: str) -> pd.Timestamp:
    """A time of the day, UTC."""
    return pd.Timestamp(f"2018-01-12 {clock}", tz="UTC")


def test_one_firing_bar_by_bar(january: BacktestResult, real_data: Path) -> None:
    dollar = bars_of(real_data, "DXY.syn", "H1", "1h")
    btc = with_atr(bars_of(real_data, "BTCUSD", "M5", "5min"))
    # The dollar index: 91.319 at 18:00, 91.125 at 19:00: -0.2124 %, which is below -0.2 %. The hour before it was not.
    assert 100 * (dollar.close[at("19:00")] / dollar.close[at("18:00")] - 1) == pytest.approx(-0.21244, abs=1e-4)
    assert 100 * (dollar.close[at("18:00")] / dollar.close[at("17:00")] - 1) == pytest.approx(-0.03284, abs=1e-4)
    # The support: the low of 13400 at 18:20 is below those of three bars on either side, known since 18:35.
    around = btc.low[at("18:05") : at("18:35")]
    assert around[at("18:20")] == 13_400.0
    assert (around.drop(at("18:20")) > 13_400.0).all()
    # No later low is a swing: each has a lower one within three bars, or not yet three bars behind it.
    for clock in ("18:25", "18:30", "18:35", "18:40", "18:45"):
        place = btc.index.get_loc(at(clock))
        assert btc.low.iloc[place] >= btc.low.iloc[place - 3 : place + 4].drop(at(clock)).min()
    # It holds: 13468 is more than a fifth of an ATR above it, and for ten bars neither a close was below nor a low a
    # tenth of an ATR.
    atr = btc.atr[at("19:00")]
    assert atr == pytest.approx(76.709, abs=1e-3)
    assert btc.close[at("19:00")] == 13_468.0 > 13_400 + 0.2 * atr
    ten = btc[at("18:15") : at("19:00")]
    assert len(ten) == 10
    assert ten.close.min() >= 13_400
    assert ten.low.min() >= 13_400 - 0.1 * atr
    # So the plan buys at 19:00, two ATRs above its stop, and its target of 2R is twice as far on the other side.
    (trade,) = [t for t in january.trades_frame().to_dict("records") if t["opened"] == at("19:00")]
    assert 0 <= trade["entry"] - 13_468 < 15  # the next price, with spread and slippage
    assert trade["entry"] - trade["stop"] == pytest.approx(2 * atr, abs=0.02)
    assert trade["reason"] == "target"
    assert trade["exit"] == pytest.approx(trade["entry"] + 4 * atr, abs=0.02)
    # The bar that closes at 19:55 is the first that reaches it: 13832 against 13785.84; 19:50 had 13781.
    assert btc.high[at("19:05") : at("19:50")].max() < trade["exit"] < btc.high[at("19:55")]
    assert at("19:50") <= trade["closed"] <= at("19:55")


def test_it_buys_only_while_the_dollar_falls(january: BacktestResult, real_data: Path) -> None:
    dollar = bars_of(real_data, "DXY.syn", "H1", "1h").close
    change = 100 * (dollar / dollar.shift() - 1)
    trades = january.trades_frame()
    assert len(trades) >= 5
    for opened in trades["opened"]:
        assert change[: pd.Timestamp(opened)].iloc[-1] < -0.2
