"""Zones as tables agree with the standard library, hour by hour around every kind of change."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.zones import DAY, day_clock, zone

ZONES = ("UTC", "America/New_York", "Europe/London", "Europe/Athens", "Asia/Tokyo", "Australia/Sydney", "Asia/Kolkata")


def ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize("name", ZONES)
def test_offsets_are_those_of_the_standard_library(name: str) -> None:
    times = np.random.default_rng(1).integers(ms(1972, 1, 1), ms(2039, 12, 31), 3_000)
    expected = [
        int(datetime.fromtimestamp(int(t) / 1000, UTC).astimezone(ZoneInfo(name)).utcoffset().total_seconds() * 1000)
        for t in times // 1000 * 1000
    ]
    of = zone(name)
    assert of.offset(times // 1000 * 1000).tolist() == expected
    assert [of.offset_at(int(t)) for t in times // 1000 * 1000] == expected


def test_transitions_are_found_to_the_second() -> None:
    # New York went to summer time on 2024-03-10 at 02:00 EST = 07:00 UTC, back on 2024-11-03 at 02:00 EDT = 06:00 UTC.
    moments = zone("America/New_York").transitions
    assert moments[(moments > ms(2024, 1, 1)) & (moments < ms(2025, 1, 1))].tolist() == [
        ms(2024, 3, 10, 7),
        ms(2024, 11, 3, 6),
    ]


def test_local_times_become_utc_and_doubtful_ones_are_told() -> None:
    # Athens: 2024-03-31 03:00 -> 04:00 (01:00 UTC), 2024-10-27 04:00 -> 03:00 (01:00 UTC).
    of = zone("Europe/Athens")
    local = np.array([ms(2024, 3, 31, 2, 59), ms(2024, 3, 31, 3, 30), ms(2024, 3, 31, 4), ms(2024, 10, 27, 3, 30)])
    assert of.to_utc(local).tolist() == [
        ms(2024, 3, 31, 0, 59),  # still EET, two hours ahead
        ms(2024, 3, 31, 1),  # never was: the end of the gap
        ms(2024, 3, 31, 1),
        ms(2024, 10, 27, 0, 30),  # the first of two readings, EEST, three hours ahead
    ]
    assert of.skipped(local).tolist() == [False, True, False, False]
    assert of.repeated(local).tolist() == [False, False, False, True]


def test_broker_days_from_noon_on_carry_the_next_date() -> None:
    # 17:00 New York is 22:00 UTC in winter: Sunday 2024-03-03 22:00 UTC opens Monday's day.
    clock = day_clock("America/New_York", 17 * 3_600_000)
    monday = (datetime(2024, 3, 4) - datetime(1970, 1, 1)).days
    assert clock.day_at(ms(2024, 3, 3, 21, 59)) == monday - 1
    assert clock.day_at(ms(2024, 3, 3, 22)) == monday
    assert clock.start_at(monday) == ms(2024, 3, 3, 22)
    assert clock.start_at(monday + 7) == ms(2024, 3, 10, 21), "summer time: an hour earlier in UTC"
    assert clock.seconds_at(ms(2024, 3, 3, 22)) == 0.0


def test_days_never_fall_where_midnight_itself_is_skipped_or_repeated() -> None:
    # Sao Paulo changed its clocks at midnight until 2019.
    times = np.arange(ms(2017, 1, 1), ms(2019, 1, 1), 900_000, dtype=np.int64)
    days = day_clock("America/Sao_Paulo").day(times)
    assert set(np.diff(days).tolist()) == {0, 1}


def test_columns_and_single_times_agree() -> None:
    times = np.random.default_rng(2).integers(ms(1995, 1, 1), ms(2035, 1, 1), 500)
    for name in ZONES:
        clock = day_clock(name, 17 * 3_600_000)
        assert clock.day(times).tolist() == [clock.day_at(int(t)) for t in times]
        assert clock.seconds(times).tolist() == [clock.seconds_at(int(t)) for t in times]
        assert clock.start(clock.day(times)).tolist() == [clock.start_at(clock.day_at(int(t))) for t in times]
        assert ((clock.start(clock.day(times)) <= times) & (times < clock.start(clock.day(times) + 1))).all()


def test_utc_days_are_whole() -> None:
    assert day_clock("UTC").day(np.array([0, DAY - 1, DAY], dtype=np.int64)).tolist() == [0, 0, 1]


def test_an_unknown_zone_says_what_is_expected() -> None:
    with pytest.raises(MarketError, match=r"unknown time zone `Mars/Olympus`: expected an IANA name"):
        zone("Mars/Olympus")
