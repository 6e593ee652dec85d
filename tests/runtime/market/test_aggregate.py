"""The aggregator against arithmetic, against pandas, and against the files that others aggregated."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tradeplan.runtime.market.aggregate import aggregate, divides
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.columns import from_columns
from tradeplan.runtime.market.importers.parquet import read_parquet
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.ready import ready_bars

MINUTE = 60_000
PROFILES = load_profiles()


def ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000


def bars(market: str, timeframe: str, columns: dict[str, np.ndarray], calendar: MarketCalendar | None = None) -> Bars:
    profile = PROFILES[market]
    made, notices = ready_bars(market, timeframe, from_columns(columns), profile, calendar or MarketCalendar(profile))
    assert notices == []
    return made


def minutes(start: int, rows: int) -> dict[str, np.ndarray]:
    n = np.arange(rows)
    price = 100.0 + n
    return {
        "time": start + n * MINUTE,
        "open": price,
        "high": price + 0.75,
        "low": price - 0.25,
        "close": price + 0.5,
        "tick_volume": n + 1.0,
        "real_volume": 10.0 * (n + 1),
        "spread": n % 3,
    }


def test_five_minutes_of_one() -> None:
    calendar = MarketCalendar(PROFILES["btc"])
    # 10:03 to 10:11: buckets of 2, 5 and 2 minutes.
    made = aggregate(bars("btc", "M1", minutes(ms(2018, 1, 5, 10, 3), 9)), "M5", calendar)
    assert made.open_time.tolist() == [ms(2018, 1, 5, 10, 0), ms(2018, 1, 5, 10, 5), ms(2018, 1, 5, 10, 10)]
    assert (made.close_time - made.open_time).tolist() == [5 * MINUTE] * 3
    assert made.open.tolist() == [100.0, 102.0, 107.0]
    assert made.high.tolist() == [101.75, 106.75, 108.75]
    assert made.low.tolist() == [99.75, 101.75, 106.75]
    assert made.close.tolist() == [101.5, 106.5, 108.5]
    assert made.tick_volume.tolist() == [1 + 2, 3 + 4 + 5 + 6 + 7, 8 + 9]
    assert made.real_volume.tolist() == [30, 250, 170]
    # Spreads are 0 1 2 0 1 2 0 1 2 points: the last bar of each bucket has 1, 0 (unknown: the profile's 1200) and 2.
    assert made.spread_known.tolist() == [True, False, True]
    assert made.spread == pytest.approx([0.01, 12.00, 0.02])


def test_complete_leaves_out_what_lies_outside_the_data_but_not_gaps() -> None:
    calendar = MarketCalendar(PROFILES["btc"])
    columns = minutes(ms(2018, 1, 5, 10, 3), 14)  # 10:03 to 10:16
    kept = np.delete(np.arange(14), [4, 11])  # no 10:07, and no 10:14: the bucket 10:10 has no last minute
    source = bars("btc", "M1", {name: column[kept] for name, column in columns.items()})
    made = aggregate(source, "M5", calendar, complete=True)
    assert made.open_time.tolist() == [ms(2018, 1, 5, 10, 5), ms(2018, 1, 5, 10, 10)]
    assert len(aggregate(source, "M5", calendar)) == 4


def test_a_bar_cut_short_by_the_end_of_the_session_is_complete() -> None:
    # Friday 2024-03-08: the session ends at 22:00 UTC, inside the four hours from 20:00.
    source = bars("eurusd", "H1", {name: column[:2] for name, column in hours(ms(2024, 3, 8, 20)).items()})
    made = aggregate(source, "H4", MarketCalendar(PROFILES["eurusd"]), complete=True)
    assert made.open_time.tolist() == [ms(2024, 3, 8, 20)]
    assert made.close_time.tolist() == [ms(2024, 3, 9)]


def hours(start: int) -> dict[str, np.ndarray]:
    columns = minutes(start, 30)
    columns["time"] = start + np.arange(30) * 60 * MINUTE
    return columns


def test_days_follow_the_boundary() -> None:
    profile = PROFILES["btc"].model_copy(update={"day_boundary": "17:00 America/New_York"})
    calendar = MarketCalendar(profile)
    # From Saturday 2024-03-09 20:00 UTC: two hours, then a day of 23 hours, then five.
    made = aggregate(bars("btc", "H1", hours(ms(2024, 3, 9, 20)), calendar), "D1", calendar)
    assert made.open_time.tolist() == [ms(2024, 3, 8, 22), ms(2024, 3, 9, 22), ms(2024, 3, 10, 21)]
    assert made.close_time.tolist() == [ms(2024, 3, 9, 22), ms(2024, 3, 10, 21), ms(2024, 3, 11, 21)]
    assert made.open.tolist() == [100.0, 102.0, 125.0]
    assert made.tick_volume.tolist() == [1 + 2, sum(range(3, 26)), sum(range(26, 31))]


def test_a_bucket_never_closes_before_its_last_bar() -> None:
    # Four-hour bars on UTC's grid under a New York day: the one from 20:00 runs to 24:00, past the boundary at 22:00.
    calendar = MarketCalendar(PROFILES["btc"].model_copy(update={"day_boundary": "17:00 America/New_York"}))
    columns = {name: column[:3] for name, column in hours(0).items()}
    columns["time"] = np.array([ms(2024, 1, 5, 12), ms(2024, 1, 5, 16), ms(2024, 1, 5, 20)])
    made = aggregate(bars("btc", "H4", columns, calendar), "D1", calendar)
    assert made.close_time.tolist() == [ms(2024, 1, 6)]


def test_which_timeframes_fill_which() -> None:
    assert divides("M1", "MN1")
    assert divides("M5", "M15")
    assert divides("D1", "W1")
    assert not divides("M2", "M15")
    assert not divides("W1", "MN1")
    assert not divides("M15", "M15")
    assert not divides("H1", "M30")


def test_nothing_aggregates_to_nothing() -> None:
    empty = bars("btc", "M1", {name: column[:0] for name, column in minutes(0, 1).items()})
    assert len(aggregate(empty, "H1", MarketCalendar(PROFILES["btc"]), complete=True)) == 0


@pytest.mark.real_data
@pytest.mark.parametrize("timeframe", ["M5", "M15", "H1"])
def test_a_real_year_agrees_with_pandas_and_with_the_stored_files(real_data: Path, timeframe: str) -> None:
    folder = real_data / "bars" / "GBPUSD"
    rates, _ = read_parquet(folder / "M1.parquet")
    profile = PROFILES["gbpusd"]
    calendar = MarketCalendar(profile)
    made = aggregate(ready_bars("gbpusd", "M1", rates, profile, calendar)[0], timeframe, calendar)
    frame = pd.DataFrame(
        {name: getattr(rates, name) for name in ("open", "high", "low", "close", "spread")},
        index=pd.to_datetime(rates.time, unit="ms", utc=True),
    )
    rule = {"M5": "5min", "M15": "15min", "H1": "1h"}[timeframe]
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "spread": "last"}
    expected = frame.resample(rule, closed="left", label="left").agg(how).dropna()
    assert made.open_time.tolist() == (expected.index.as_unit("ms").asi8).tolist()
    stored, _ = read_parquet(folder / f"{timeframe}.parquet")
    both = np.isin(stored.time, made.open_time)
    # The stored H1 goes over to another source in November 2012; M5 and M15 were made of these minutes.
    if timeframe == "H1":
        both &= stored.time < ms(2012, 11, 1)
    at = np.searchsorted(made.open_time, stored.time[both])
    assert both.sum() > 4_000
    for name in ("open", "high", "low", "close"):
        assert np.array_equal(getattr(made, name), expected[name].to_numpy()), name
        assert np.array_equal(getattr(made, name)[at], getattr(stored, name)[both]), name
    points = np.rint(np.where(made.spread_known, made.spread, 0.0) / profile.point)
    assert np.array_equal(points, expected["spread"].to_numpy())
