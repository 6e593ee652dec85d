"""Frames handed to a backtest: what is wrong with them is refused, with the rows and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tradeplan.runtime import backtest
from tradeplan.runtime.engine.backtest import BacktestError
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.frames import timeframe_of

PLAN = "PLAN p TRADE btc ON M5 WHEN close > 101 THEN BUY 0.01 lots STOP 5 pips"
TIMES = pd.date_range("2024-03-05", periods=6, freq="5min", tz="UTC")  # row 1 is 00:00, row 4 is 00:15

Frame = pd.DataFrame


def good() -> Frame:
    """Six M5 bars of btc at 100."""
    columns = {"open": 100.0, "high": 101.0, "low": 99.0, "close": 100.0, "spread": 1}
    return pd.DataFrame(columns, index=TIMES)


def cell(column: str, value: float) -> Callable[[Frame], Frame]:
    """The frame with another value in row 4."""

    def change(frame: Frame) -> Frame:
        frame = frame.astype({column: type(value)})
        frame.loc[TIMES[3], column] = value
        return frame

    return change


WRONG: dict[str, tuple[Callable[[Frame], Frame], str]] = {
    "nan": (
        cell("close", np.nan),
        r"1 prices that are not a number or infinite: row 4 \(2024-03-05 00:15\); leave",
    ),
    "last nan": (
        lambda f: f.assign(close=[100.0] * 5 + [np.nan]),
        r"not a number or infinite: row 6 \(2024-03-05 00:25\); leave these rows out \(a frame: `frame.dropna\(\)`\)",
    ),
    "infinite": (cell("high", np.inf), r"not a number or infinite: row 4 "),
    "negative": (cell("low", -1.0), r"1 prices of zero or below: row 4 \(2024-03-05 00:15\)"),
    "zero": (cell("low", 0.0), r"1 prices of zero or below: row 4 "),
    "crossed": (cell("high", 98.0), r"high is below the low.*: row 4 .*high must be the highest of the four"),
    "close above high": (cell("close", 101.5), r"open or close lies outside: row 4 "),
    "twice": (lambda f: f.iloc[[0, 1, 2, 2, 3, 4]], r"with the time of the row before them: row 4 .*keep one row for"),
    "falling": (
        lambda f: f.iloc[::-1],
        r"row 2 \(2024-03-05 00:20\) is not later than row 1: sort .*sort_index",
    ),
    "one back": (lambda f: f.iloc[[0, 1, 3, 2, 4, 5]], r"older than the row before them: row 4 .*00:10.*sort_index"),
    "off the grid": (
        lambda f: f.set_axis(TIMES + pd.Timedelta(minutes=1)),
        r"6 bars that do not open on the timeframe's grid.*: row 1 \(2024-03-05 00:01\), .* and 1 more; the times must",
    ),
    "nan spread": (
        cell("spread", np.nan),
        r"btc.M5: spread is nan in row 4 \(1 such rows\): expected whole points",
    ),
    "spread in price units": (lambda f: f.assign(spread=0.02), r"spread is 0.02 in row 1 \(6 such rows\)"),
    "huge spread": (cell("spread", 1e12), r"spread is 1e\+12 in row 4"),
    "negative spread": (cell("spread", -1), r"spreads that are negative or no number: row 4 .*write 0"),
    "nan volume": (lambda f: f.assign(volume=[1.0] * 3 + [np.nan] * 3), r"3 volumes or spreads .*: row 4 "),
    "no time": (lambda f: f.set_axis(TIMES.where(TIMES[3] != TIMES)), r"row 4 has no time \(NaT\), 1 in all"),
    "text": (lambda f: f.assign(open="1,5"), r"column `open` of the frame does not hold numbers.*to_numeric"),
    "no index of times": (lambda f: f.reset_index(drop=True), r"the frame's index is int64: expected a DatetimeIndex"),
    "one row": (lambda f: f.iloc[:1], r"the frame has 1 rows, so its timeframe cannot be told"),
    "seven minutes": (
        lambda f: f.set_axis(pd.date_range("2024-03-05", periods=6, freq="7min", tz="UTC")),
        r"rows are usually 7 minutes apart, which is no timeframe: expected one of M1, M2",
    ),
    "column twice": (
        lambda f: pd.concat([f, f[["open"]]], axis=1),
        r"column `open` of the frame is there more than once",
    ),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.filterwarnings("error")
def test_a_wrong_frame_is_refused(name: str) -> None:
    change, message = WRONG[name]
    with pytest.raises(BacktestError, match=message):
        backtest(PLAN, change(good()))


def test_a_good_frame_runs_and_stays_as_it_was() -> None:
    frame = good()
    before = frame.copy()
    assert backtest(PLAN, frame).recording.traded["btc"].lane.timeframe == "M5"
    pd.testing.assert_frame_equal(frame, before)


def test_frames_by_view_are_looked_at_too() -> None:
    with pytest.raises(BacktestError, match=r"btc.M5: these bars cannot be used as they are:\n  1 prices"):
        backtest(PLAN, {("btc", "M5"): cell("close", np.nan)(good())})


def test_a_folder_that_is_none_is_told_as_any_other_mistake(tmp_path: Path) -> None:
    with pytest.raises(BacktestError, match="is not a folder"):
        backtest(PLAN, tmp_path / "none")


def test_the_timeframe_of_a_frame() -> None:
    for freq, name in (("min", "M1"), ("15min", "M15"), ("h", "H1"), ("4h", "H4"), ("D", "D1"), ("MS", "MN1")):
        index = pd.date_range("2024-01-01", periods=20, freq=freq, tz="UTC")
        assert timeframe_of(pd.DataFrame(index=index), "x") == name
    weeks = pd.DataFrame(index=pd.date_range("2024-01-07", periods=9, freq="W", tz="UTC"))
    assert timeframe_of(weeks, "x") == "W1"
    days = pd.DataFrame(index=pd.bdate_range("2024-01-01", periods=20, tz="UTC"))
    assert timeframe_of(days, "x") == "D1", "weekends are holes"
    with pytest.raises(DataError, match=r"row 2 .* is not later than row 1: keep one row for each time"):
        timeframe_of(pd.DataFrame(index=TIMES[[0, 0, 0, 1]]), "x")
