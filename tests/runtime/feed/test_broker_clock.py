"""The broker's clock: measured by quotes that move, its summer time told by week opens, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tradeplan.runtime.feed.broker_clock import BrokerClock
from tradeplan.runtime.feed.server_rule import EU_DAY, US_DAY, WeekOpen, best_rule, fixed_rule, rule, week_opens
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.profiles import load_profiles

HOUR, DAY = 3_600_000, 86_400_000
JUNE = 1_782_075_600_000  # 2026-06-21 21:00 UTC, a Sunday: New York's week opens
JANUARY = 1_767_567_600_000  # 2026-01-04 23:00 UTC
MARCH = 1_773_748_800_000  # 2026-03-17 12:00 UTC: New York has summer time, Europe has not


@pytest.mark.parametrize(
    ("day", "winter", "march", "summer"),
    [(US_DAY, 2, 3, 3), (EU_DAY, 2, 2, 3), ("00:00 UTC", 0, 0, 0), ("00:00 Etc/GMT-3", 3, 3, 3)],
)
def test_offsets_of_a_day(day: str, winter: int, march: int, summer: int) -> None:
    known = rule(day)
    assert [known.offset_at(t) // HOUR for t in (JANUARY, MARCH, JUNE)] == [winter, march, summer]


@given(st.integers(1_577_836_800, 1_893_456_000), st.sampled_from([US_DAY, EU_DAY, "00:00 UTC"]))
def test_there_and_back(second: int, day: str) -> None:
    """2020 to 2030: every second but those of the hour that the clock shows twice."""
    clock = BrokerClock(rule(day))
    back = clock.to_utc_ms(clock.to_broker(second * 1000))
    assert back in (second * 1000, second * 1000 - HOUR)
    assert clock.to_broker(back) == clock.to_broker(second * 1000)


def test_fixed_offsets_have_a_name_where_the_zones_have_one() -> None:
    found = [fixed_rule(hours * HOUR) for hours in (0, 2, -5)]
    assert [r.text for r in found if r] == ["00:00 UTC", "00:00 Etc/GMT-2", "00:00 Etc/GMT+5"]
    assert [r.offset_at(JUNE) // HOUR for r in found if r] == [0, 2, -5]
    assert fixed_rule(HOUR // 2) is None


def weeks_of(day: str, count: int = 52) -> list[WeekOpen]:
    """H1 opens of a year as a broker with that day shows them, one week with a holiday at its start."""
    profile = load_profiles()["eurusd"]
    starts = MarketCalendar(profile).hours.starts
    known = rule(day)
    found = starts[(starts > JUNE - 364 * DAY) & (starts <= JUNE)]
    opened = found[np.concatenate([[True], np.diff(found) > 36 * HOUR])][-count:]
    hours = []
    for week, utc in enumerate(opened.tolist()):
        first = utc + (20 * HOUR if week == 7 else 0)
        hours += [t + known.offset_at(t) for t in range(first, utc + 119 * HOUR, HOUR)]
    return week_opens(np.array(hours), starts)


@pytest.mark.parametrize("day", [US_DAY, EU_DAY, "00:00 UTC"])
def test_a_year_of_week_opens_tells_the_rule(day: str) -> None:
    weeks = weeks_of(day)
    assert len(weeks) > 45
    rules = (rule("00:00 UTC"), rule(US_DAY), rule(EU_DAY))
    assert best_rule(rules, None, JUNE, weeks).text == day
    assert best_rule(rules, rule(day).offset_at(JUNE), JUNE, weeks).text == day


def measured(clock: BrokerClock, offset: int, at: int = JUNE) -> None:
    """Two looks at quotes that move, by a machine whose clock is right."""
    for look in range(2):
        clock.observe(at + 500 * look, at + 500 * look + offset - 40)


def test_summer_time_of_another_continent_is_found_though_today_is_alike() -> None:
    clock = BrokerClock(rule(US_DAY))
    measured(clock, 3 * HOUR)
    clock.settle(JUNE, weeks_of(EU_DAY))
    assert clock.rule.text == EU_DAY
    told = clock.complaint(JUNE)
    assert told is not None
    assert "by the opens of past weeks" in told
    assert f'--server-day "{EU_DAY}"' in told


def test_a_broker_as_the_profiles_say_is_nothing_to_tell() -> None:
    clock = BrokerClock(rule(EU_DAY))
    measured(clock, 3 * HOUR)
    clock.settle(JUNE, weeks_of(EU_DAY))
    assert clock.complaint(JUNE) is None
    assert clock.skew == -40


def test_bars_that_fit_the_profiles_stay_where_they_are_when_quotes_do_not() -> None:
    """This machine is an hour behind: quotes seem to come at UTC+4, the bars of a year say UTC+3."""
    clock = BrokerClock(rule(US_DAY))
    measured(clock, 4 * HOUR)
    clock.settle(JUNE, weeks_of(US_DAY))
    assert clock.rule.text == US_DAY
    told = clock.complaint(JUNE)
    assert told is not None
    assert "quotes come at UTC+4 h" in told
    assert not clock.agrees(JUNE)


def test_a_quote_that_stands_still_or_is_old_tells_nothing() -> None:
    clock = BrokerClock(rule(US_DAY))
    for look in range(5):
        assert clock.observe(JUNE + 250 * look, JUNE + 3 * HOUR) is False  # it never moves
    assert clock.offset is None
    clock.observe(JUNE + 10_000, JUNE + 3 * HOUR - 700_000)  # it moves, and is more than five minutes old
    assert clock.offset is None


def test_another_offset_is_believed_at_the_third_look() -> None:
    clock = BrokerClock(rule(US_DAY))
    measured(clock, 3 * HOUR)
    told = [clock.observe(JUNE + 1_000 * n, JUNE + 1_000 * n + 5 * HOUR) for n in range(2, 6)]
    assert told == [False, False, True, False]
    assert clock.offset == 5 * HOUR


def test_the_best_of_fresh_quotes_tells_how_far_the_clocks_are_apart() -> None:
    """Quotes are never early, so the least old one is the nearest; one after a long silence may be any age."""
    clock = BrokerClock(rule(US_DAY))
    for at, age in ((0, 100), (500, 300), (1_000, 80), (1_500, 200), (60_000, 5)):
        clock.observe(JUNE + at, JUNE + at + 3 * HOUR - age)
    assert clock.skew == -80
