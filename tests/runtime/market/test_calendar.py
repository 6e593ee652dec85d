"""Sessions, scheduled closes and session time, worked out by hand around weekends and changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.profile import Sessions, SymbolProfile
from tradeplan.runtime.market.profiles import load_profiles

HOUR = 3_600_000
PROFILES = load_profiles()


def ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000


def column(*times: int) -> np.ndarray:
    return np.array(times, dtype=np.int64)


def calendar(name: str, **changes: object) -> MarketCalendar:
    return MarketCalendar(PROFILES[name].model_copy(update=changes))


FX = calendar("eurusd")
BTC = calendar("btc")
NEW_YORK_DAYS = "17:00 America/New_York"
# Three sessions a day from Monday to Friday, UTC.
THREE = calendar(
    "us500",
    sessions=Sessions(
        **dict.fromkeys(
            ("monday", "tuesday", "wednesday", "thursday", "friday"), ("01:00-08:15", "09:30-16:00", "17:00-24:00")
        )
    ),
)


def test_a_close_at_the_end_of_a_session_is_inside_and_one_at_its_start_is_not() -> None:
    # Friday 2024-03-08 17:00 EST = 22:00 UTC; Sunday 2024-03-10 17:00 EDT = 21:00 UTC, summer time began that night.
    times = column(ms(2024, 3, 8, 22), ms(2024, 3, 8, 22, 1), ms(2024, 3, 10, 21), ms(2024, 3, 10, 21, 1))
    assert FX.is_open(times).tolist() == [True, False, False, True]


def test_new_york_moves_the_session_three_weeks_before_europe() -> None:
    # The Friday between both changes closes at 21:00 UTC already; London's clock still is UTC.
    assert FX.is_open_at(ms(2024, 3, 15, 21))
    assert not FX.is_open_at(ms(2024, 3, 15, 21, 1))
    assert FX.seconds_at(ms(2024, 3, 15, 8), "Europe/London") == 8 * 3600
    assert FX.seconds_at(ms(2024, 3, 15, 12), "America/New_York") == 8 * 3600
    # From 2024-03-31 on London is an hour ahead; in autumn it goes back on 10-27, New York on 11-03.
    assert FX.seconds_at(ms(2024, 4, 1, 7), "Europe/London") == 8 * 3600
    assert FX.is_open_at(ms(2024, 11, 1, 21))
    assert not FX.is_open_at(ms(2024, 11, 1, 21, 1))
    assert FX.is_open_at(ms(2024, 11, 8, 22))


def test_session_time_stands_still_over_the_weekend() -> None:
    clock = FX.session_clock_at
    assert clock(ms(2024, 3, 10, 21)) - clock(ms(2024, 3, 8, 22)) == 0
    assert clock(ms(2024, 3, 10, 23)) - clock(ms(2024, 3, 8, 21)) == 3 * HOUR  # one on Friday, two on Sunday
    assert clock(ms(2024, 3, 8, 22)) - clock(ms(2024, 3, 3, 22)) == 120 * HOUR


def test_a_market_that_never_closes_has_the_wall_clock() -> None:
    assert BTC.is_open(column(0, 1, ms(2018, 1, 6, 12))).all()
    assert BTC.session_clock_at(ms(2018, 1, 6)) - BTC.session_clock_at(0) == ms(2018, 1, 6)


def test_three_sessions_a_day() -> None:
    day = (2024, 5, 7)  # a Tuesday
    inside = [(1, 1), (8, 15), (9, 31), (16, 0), (17, 1), (23, 59)]
    outside = [(1, 0), (8, 16), (9, 30), (16, 1), (17, 0), (0, 30)]
    assert all(THREE.is_open_at(ms(*day, *at)) for at in inside)
    assert not any(THREE.is_open_at(ms(*day, *at)) for at in outside)
    assert THREE.is_open_at(ms(2024, 5, 8)), "midnight ends the third session"
    # 7.25 + 6.5 + 7 hours
    assert THREE.session_clock_at(ms(2024, 5, 8)) - THREE.session_clock_at(ms(*day)) == int(20.75 * HOUR)
    hours = [t // HOUR % 24 for t in THREE.scheduled_closes("H1", ms(*day), ms(2024, 5, 8)).tolist()]
    assert hours == [2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 0]


def test_next_open() -> None:
    cases = {
        ms(2024, 3, 7, 12): ms(2024, 3, 7, 12),
        ms(2024, 3, 8, 22): ms(2024, 3, 10, 21),  # the session's end is no time to trade
        ms(2024, 3, 9, 3): ms(2024, 3, 10, 21),
        ms(2024, 3, 10, 21): ms(2024, 3, 10, 21),
    }
    assert [FX.next_open_at(t) for t in cases] == list(cases.values())
    assert FX.next_open(column(*cases)).tolist() == list(cases.values())


def test_scheduled_closes_of_minutes_skip_the_weekend() -> None:
    closes = FX.scheduled_closes("M15", ms(2024, 3, 8, 21, 30), ms(2024, 3, 10, 21, 30))
    assert closes.tolist() == [
        ms(2024, 3, 8, 21, 45),
        ms(2024, 3, 8, 22),
        ms(2024, 3, 10, 21, 15),
        ms(2024, 3, 10, 21, 30),
    ]


def test_scheduled_closes_leave_out_the_start_and_take_the_end() -> None:
    assert BTC.scheduled_closes("H1", ms(2018, 1, 1), ms(2018, 1, 1, 2)).tolist() == [
        ms(2018, 1, 1, 1),
        ms(2018, 1, 1, 2),
    ]
    assert len(BTC.scheduled_closes("H1", ms(2018, 1, 1, 2), ms(2018, 1, 1, 2))) == 0


def test_daily_closes_need_session_time_in_the_day() -> None:
    # UTC days: Sunday holds the evening's hours, Saturday nothing.
    closes = FX.scheduled_closes("D1", ms(2024, 3, 8), ms(2024, 3, 12))
    assert closes.tolist() == [ms(2024, 3, 9), ms(2024, 3, 11), ms(2024, 3, 12)]
    # New York days: five a week.
    closes = calendar("eurusd", day_boundary=NEW_YORK_DAYS).scheduled_closes("D1", ms(2024, 3, 7), ms(2024, 3, 12))
    assert closes.tolist() == [ms(2024, 3, 7, 22), ms(2024, 3, 8, 22), ms(2024, 3, 11, 21)]


def test_weekly_and_monthly_closes() -> None:
    # Weeks begin on Sunday, as in MetaTrader 5.
    assert FX.close_of(column(ms(2024, 3, 10)), "W1").tolist() == [ms(2024, 3, 17)]
    assert FX.close_of(column(ms(2024, 2, 1), ms(2024, 12, 1)), "MN1").tolist() == [ms(2024, 3, 1), ms(2025, 1, 1)]
    assert FX.scheduled_closes("W1", ms(2024, 3, 10), ms(2024, 3, 24)).tolist() == [ms(2024, 3, 17), ms(2024, 3, 24)]
    assert FX.scheduled_closes("MN1", ms(2024, 1, 1), ms(2024, 3, 1)).tolist() == [ms(2024, 2, 1), ms(2024, 3, 1)]


def test_a_daily_bar_closes_at_the_next_boundary_whatever_the_clocks_do() -> None:
    new_york = calendar("btc", day_boundary=NEW_YORK_DAYS)
    opens = column(ms(2024, 3, 8, 22), ms(2024, 3, 9, 22), ms(2024, 3, 10, 21), ms(2024, 11, 2, 21))
    closes = column(ms(2024, 3, 9, 22), ms(2024, 3, 10, 21), ms(2024, 3, 11, 21), ms(2024, 11, 3, 22))
    assert new_york.close_of(opens, "D1").tolist() == closes.tolist()


def test_four_hours_follow_the_broker_day_of_23_and_25_hours() -> None:
    new_york = calendar("btc", day_boundary=NEW_YORK_DAYS)
    # Saturday 2024-03-09 22:00 UTC begins a day of 23 hours: its last bar opens at 18:00 UTC and has three hours.
    assert new_york.close_of(column(ms(2024, 3, 10, 18)), "H4").tolist() == [ms(2024, 3, 10, 21)]
    # Saturday 2024-11-02 21:00 UTC begins one of 25: a last bar of one hour.
    closes = new_york.scheduled_closes("H4", ms(2024, 11, 3, 16), ms(2024, 11, 4, 3))
    assert closes.tolist() == [ms(2024, 11, 3, 17), ms(2024, 11, 3, 21), ms(2024, 11, 3, 22), ms(2024, 11, 4, 2)]
    opens = column(ms(2024, 11, 3, 17), ms(2024, 11, 3, 21), ms(2024, 11, 3, 22))
    assert new_york.close_of(opens, "H4").tolist() == [ms(2024, 11, 3, 21), ms(2024, 11, 3, 22), ms(2024, 11, 4, 2)]


def test_bars_off_the_grid_never_close_before_they_end() -> None:
    # A server two hours ahead of UTC stamps its day 22:00 UTC; it ends at 22:00, the boundary after that is midnight.
    assert FX.close_of(column(ms(2024, 3, 4, 22)), "D1").tolist() == [ms(2024, 3, 6)]
    # Weeks from Monday to Monday.
    assert FX.close_of(column(ms(2024, 3, 11)), "W1").tolist() == [ms(2024, 3, 18)]
    # UTC bars of four hours under a New York day are not cut at its boundary.
    new_york = calendar("btc", day_boundary=NEW_YORK_DAYS)
    assert new_york.close_of(column(ms(2024, 3, 4, 20)), "H4").tolist() == [ms(2024, 3, 5)]


def test_days_and_weekdays_of_broker_and_zones() -> None:
    new_york = calendar("eurusd", day_boundary=NEW_YORK_DAYS)
    sunday_evening = ms(2024, 3, 10, 21)
    assert new_york.weekday_at(sunday_evening, "broker") == 0
    assert new_york.weekday_at(sunday_evening, "America/New_York") == 6
    assert new_york.weekday_at(sunday_evening, "Asia/Tokyo") == 0
    assert new_york.day_at(sunday_evening, "broker") == new_york.day_at(sunday_evening - 1, "broker") + 1
    assert new_york.next_day_at(sunday_evening) == ms(2024, 3, 11, 21)
    # The broker's Sunday begins on Saturday 17:00 New York.
    assert new_york.next_week_at(sunday_evening) == ms(2024, 3, 16, 21)
    assert FX.next_week_at(sunday_evening) == ms(2024, 3, 17)


@pytest.mark.parametrize("name", ["eurusd", "btc", "gold", "vix"])
def test_columns_and_single_times_agree(name: str) -> None:
    for boundary in ("00:00 UTC", NEW_YORK_DAYS, "00:00 Europe/Athens"):
        of = calendar(name, day_boundary=boundary)
        times = np.random.default_rng(3).integers(ms(2000, 1, 1), ms(2030, 1, 1), 300) // 60_000 * 60_000
        assert of.is_open(times).tolist() == [of.is_open_at(int(t)) for t in times]
        assert of.session_clock(times).tolist() == [of.session_clock_at(int(t)) for t in times]
        assert of.next_open(times).tolist() == [of.next_open_at(int(t)) for t in times]
        assert of.weekday(times, "broker").tolist() == [of.weekday_at(int(t), "broker") for t in times]
        for timeframe in ("M5", "H4", "D1", "W1", "MN1"):
            opens = of.bar_open(times, timeframe)
            closes = of.close_of(opens, timeframe)
            assert ((opens <= times) & (times < closes)).all()
            assert closes.tolist() == [of.close_at(int(t), timeframe) for t in opens]


@pytest.mark.parametrize("timeframe", ["M15", "H1", "H4", "D1", "W1"])
def test_scheduled_closes_do_not_depend_on_where_the_span_is_cut(timeframe: str) -> None:
    of = calendar("gold", day_boundary=NEW_YORK_DAYS)
    start, end = ms(2024, 2, 20), ms(2024, 4, 10)
    cuts = sorted({start, end, *np.random.default_rng(4).integers(start, end, 40).tolist()})
    parts = [of.scheduled_closes(timeframe, a, b) for a, b in pairwise(cuts)]
    assert np.concatenate(parts).tolist() == of.scheduled_closes(timeframe, start, end).tolist()


@pytest.mark.parametrize("timeframe", ["M15", "H1", "H4", "D1", "W1", "MN1"])
def test_a_span_that_begins_at_a_close_does_not_hold_it(timeframe: str) -> None:
    of = calendar("eurusd")
    closes = of.scheduled_closes(timeframe, ms(2024, 2, 20), ms(2024, 6, 10)).tolist()
    assert of.scheduled_closes(timeframe, closes[1], closes[3]).tolist() == closes[2:4]


def test_cadences_count_session_time() -> None:
    assert FX.cadence("M15") == HOUR // 4
    assert FX.cadence("D1") == 24 * HOUR
    assert calendar("gold").cadence("D1") == 23 * HOUR
    assert calendar("gold").cadence("W1") == 115 * HOUR
    assert calendar("vix").cadence("D1") == int(6.75 * HOUR)
    assert FX.stale_after("H1") == 2 * HOUR


def test_every_shipped_profile_has_a_calendar() -> None:
    for profile in PROFILES:
        assert isinstance(profile, SymbolProfile)
        assert MarketCalendar(profile).next_open_at(ms(2024, 3, 9)) >= ms(2024, 3, 9)
