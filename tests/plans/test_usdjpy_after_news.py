"""`plans/usdjpy_after_news.plan` on USDJPY of 2013: one firing explained bar by bar, and the same year without news."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tradeplan.runtime import backtest
from tradeplan.runtime.analysis.result import BacktestResult
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.importers.news import read_news
from tradeplan.runtime.market.profiles import load_profiles

PLAN = Path(__file__).resolve().parents[2] / "plans" / "usdjpy_after_news.plan"
DAY = "2013-08-15"


def dataset(real_data: Path, with_news: bool) -> Dataset:
    """M15 bars of the year, H1 being made from them, with the calendar of 2008 to 2020 or without one."""
    profiles = load_profiles()
    rates = Dataset.open(real_data, profiles).rates("usdjpy", "M15")
    news = read_news(real_data / "calendar" / "economic_2008_2020.parquet") if with_news else None
    return Dataset.from_rates({("usdjpy", "M15"): rates}, profiles, news=news)


@pytest.fixture(scope="module")
def year(real_data: Path) -> BacktestResult:
    """The whole of 2013."""
    return backtest(PLAN, dataset(real_data, with_news=True))


@pytest.fixture(scope="module")
def bars(real_data: Path) -> pd.DataFrame:
    """The bars by their close, and Wilder's ATR in plain arithmetic."""
    frame = pd.read_parquet(real_data / "bars" / "USDJPY" / "M15.parquet")
    frame.index = pd.to_datetime(frame.time, unit="s", utc=True) + pd.Timedelta("15min")
    before = frame.close.shift()
    ranges = pd.concat([frame.high - frame.low, (frame.high - before).abs(), (frame.low - before).abs()], axis=1)
    true_range = ranges.max(axis=1).tolist()
    atr = [float("nan")] * 13 + [sum(true_range[:14]) / 14]
    for value in true_range[14:]:
        atr.append((atr[-1] * 13 + value) / 14)
    frame["atr"] = atr
    return frame


def at(clock: str) -> pd.Timestamp:
    """A time of the day, UTC."""
    return pd.Timestamp(f"{DAY} {clock}", tz="UTC")


def test_the_day_has_one_release_at_half_past_eight_in_new_york(real_data: Path) -> None:
    events = pd.read_parquet(real_data / "calendar" / "economic_2008_2020.parquet")
    when = pd.to_datetime(events.time, unit="s", utc=True)
    own = events[(events.impact == "high") & events.currency.isin(["USD", "JPY"])]
    times = {t for t in when[own.index] if at("00:00") <= t <= at("15:30")}
    assert times == {at("12:30")}
    assert at("12:30").tz_convert("America/New_York").strftime("%H:%M") == "08:30"


def test_one_firing_bar_by_bar(year: BacktestResult, bars: pd.DataFrame) -> None:
    # The window is 12:00 to 13:00, so the price before the news is the close of 12:00.
    level = bars.close[at("12:00")]
    assert level == pytest.approx(98.083, abs=1e-9)
    # Inside it price runs away: consumer prices come out at 12:30.
    assert bars.close[at("12:45")] == pytest.approx(98.516, abs=1e-9)

    def away(clock: str) -> bool:
        reach = max(0.0005 * level, 0.5 * bars.atr[at(clock)])
        return abs(bars.close[at(clock)] - level) > reach

    # Over since 13:00, but four closes are still too far: 0.32, 0.31, 0.29, 0.26 against 0.06 (half an ATR).
    assert [away(c) for c in ("13:15", "13:30", "13:45", "14:00")] == [True] * 4
    # 14:15 closes at 98.126: 0.043 from the level, and half the ATR is 0.067. It is back.
    assert not away("14:15")
    assert abs(bars.close[at("14:15")] - level) == pytest.approx(0.043, abs=1e-9)
    assert 0.5 * bars.atr[at("14:15")] == pytest.approx(0.067, abs=5e-4)
    # The hour's close of 14:00 stands above the mean of fifty hours.
    hours = bars.close[bars.index.minute == 0]
    hours = hours[: at("14:00")]
    assert hours.iloc[-1] > hours.iloc[-50:].mean()
    # So the plan buys on that close, and nothing before it on that day.
    found = [t for t in year.trades_frame().to_dict("records") if t["opened"].strftime("%Y-%m-%d") == DAY]
    assert [t["opened"] for t in found] == [at("14:15")]
    (trade,) = found
    assert 0 <= trade["entry"] - bars.close[at("14:15")] < 0.02  # the next price, with spread and slippage
    # The stop lies 1.5 ATR below the level of before the news: 98.083 - 1.5 * 0.13402 = 97.882.
    stop = level - 1.5 * bars.atr[at("14:15")]
    assert stop == pytest.approx(97.882, abs=1e-3)
    # The next bar falls to 97.836, through the stop: about one R is lost, and that is what the stop was for.
    assert bars.low[at("14:30")] < stop
    assert trade["reason"] == "stop"
    assert trade["exit"] == pytest.approx(stop, abs=0.01)
    assert -1.15 < trade["r"] < -1.0


def test_over_the_year_it_trades_outside_of_every_window(year: BacktestResult, real_data: Path) -> None:
    trades = year.trades_frame()
    assert len(trades) == 79
    events = read_news(real_data / "calendar" / "economic_2008_2020.parquet").times_of(frozenset({"USD", "JPY"}))
    opened = [round(t.timestamp() * 1000) for t in trades["opened"]]
    assert all(abs(event - t) > 30 * 60_000 for t in opened for event in events if abs(event - t) < 86_400_000)


def test_without_a_calendar_it_buys_nothing_and_says_why(real_data: Path) -> None:
    result = backtest(PLAN, dataset(real_data, with_news=False))
    assert len(result.trades) == 0
    assert any("there is no calendar of news" in text for text in result.warnings)
