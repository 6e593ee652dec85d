"""`plans/btc_inside_bars.plan` on Bitcoin M15 of 2017 to 2019: one firing explained bar by bar."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tradeplan.runtime import backtest
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import load_profiles

from tests.plans.plain import bars_of, with_atr

PLAN = Path(__file__).resolve().parents[2] / "plans" / "btc_inside_bars.plan"
pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def result(real_data: Path) -> BacktestResult:
    """Some weeks around the spring of 2019, in which Bitcoin woke up; April alone has one trade."""
    return backtest(PLAN, Dataset.open(real_data / "bars", load_profiles()), start="2019-01-02", end="2019-04-10")


def at(clock: str) -> pd.Timestamp:
    """A time of the day, UTC."""
    return pd.Timestamp(f"2019-04-02 {clock}", tz="UTC")


def widths(frame: pd.DataFrame) -> pd.Series:
    """The width of the bands of 20 bars in percent: four population deviations over the mean."""
    closes = frame.close.rolling(20)
    return 100 * 4 * closes.std(ddof=0) / closes.mean()


def test_one_firing_bar_by_bar(result: BacktestResult, real_data: Path) -> None:
    bars = with_atr(bars_of(real_data, "BTCUSD", "M15", "15min")["2019-03-01":"2019-04-05"])
    width = widths(bars)
    inside = (bars.high <= bars.high.shift()) & (bars.low >= bars.low.shift())
    # 17:45, 18:00, 18:15 and 18:30 lie inside the bar before each, so there are three in a row at 18:15 and at 18:30.
    clocks = ("17:30", "17:45", "18:00", "18:15", "18:30", "18:45")
    assert [bool(inside[at(c)]) for c in clocks] == [False, True, True, True, True, False]
    # At 18:30 the bar before the three is that of 17:45; its high of 4788.40 is the cap, until there are three again.
    assert bars.high[at("17:45")] == 4788.40
    later = inside[at("18:45") : at("20:45")].rolling(3).sum()
    assert later.max() < 3

    def wider(clock: str) -> tuple[float, float]:
        place = bars.index.get_loc(at(clock))
        before = slice(place - 4, place)
        return width.iloc[place] / width.iloc[before].mean(), bars.atr.iloc[place] / bars.atr.iloc[before].mean()

    # The bands widen from 20:15 on, but the range is only 9 % above the four bars before: no expansion yet.
    assert wider("20:15") == pytest.approx((1.219, 1.089), abs=1e-3)
    assert wider("20:30") == pytest.approx((1.473, 1.084), abs=1e-3)
    # 20:45: bands 37 % wider, range 20 % larger. It is the tenth bar from 18:30, and twelve are allowed.
    assert wider("20:45") == pytest.approx((1.369, 1.195), abs=1e-3)
    assert len(bars[at("18:30") : at("20:45")]) == 10
    # It closes above the cap, so the plan buys; the stop lies 1.5 ATR below: 1.5 * 27.012 = 40.52.
    assert bars.close[at("20:45")] == 4839.7 > 4788.40
    assert bars.atr[at("20:45")] == pytest.approx(27.012, abs=1e-3)
    found = [t for t in result.trades_frame().to_dict("records") if str(t["opened"]).startswith("2019-04-02")]
    assert [t["opened"] for t in found] == [at("20:45")]
    (trade,) = found
    assert 0 <= trade["entry"] - 4839.36 < 15  # the next open, with spread and slippage
    assert trade["entry"] - trade["stop"] == pytest.approx(1.5 * bars.atr[at("20:45")], abs=0.02)
    # Half is taken at 1R (4893.87, within the bar of 23:15), the rest at 3R (4974.9, not before midnight).
    one, three = (trade["entry"] + r * 1.5 * bars.atr[at("20:45")] for r in (1, 3))
    assert bars.high[at("21:00") : at("23:00")].max() < one < bars.high[at("23:15")] == 4894.65
    assert bars.high[at("21:00") : at("23:45")].max() < three < bars.high[at("23:59") :].iloc[:3].max()
    assert trade["exit"] == pytest.approx((one + three) / 2, abs=1.0)  # halves are whole hundredths of a lot
    assert trade["r"] == pytest.approx(2.0, abs=0.05)  # (1 + 3) / 2, less costs


def test_every_entry_stands_above_its_rest(result: BacktestResult, real_data: Path) -> None:
    bars = bars_of(real_data, "BTCUSD", "M15", "15min")
    inside = ((bars.high <= bars.high.shift()) & (bars.low >= bars.low.shift())).rolling(3).sum() == 3
    trades = result.trades_frame()
    assert len(trades) >= 2
    for opened in trades["opened"]:
        place = bars.index.get_loc(pd.Timestamp(opened))
        rests = [i for i in range(place - 11, place) if inside.iloc[i]]
        assert rests, "no three inside bars within twelve bars"
        assert bars.close.iloc[place] > bars.high.iloc[rests[-1] - 3]
