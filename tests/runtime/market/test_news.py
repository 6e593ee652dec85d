"""Calendars of news: windows across a change of the clock by hand, files in any zone, and a brute-force oracle."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np
import pytest
from tradeplan.dsl.catalog import ENUMERATIONS
from tradeplan.runtime.market.importers.news import is_news, news_files, read_news
from tradeplan.runtime.market.news import NewsCalendar, NewsError, calendar_of, kinds_of
from tradeplan.runtime.market.news_store import NewsStore
from tradeplan.runtime.market.news_windows import Choice, NewsClock, currencies_of, windows_of

MINUTE = 60_000
DAY = 86_400_000
HIGH = 3
NEW_YORK = """date,time,currency,impact,event
2024-03-01,08:30,USD,low,something to begin with
2024-03-08,08:30,USD,high,Nonfarm Payrolls
2024-03-12,08:30,USD,high,CPI m/m
2024-03-29,08:30,USD,low,something to end with
"""
"""Winter time until 10 March 2024 in New York (UTC-5), summer time from then on (UTC-4)."""


def utc(text: str) -> int:
    """Milliseconds of a UTC time."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def usd(before: int, after: int, event: str = "any", impact: int = HIGH) -> Choice:
    """Events of the dollar."""
    return Choice(impact, frozenset({"USD"}), ENUMERATIONS["event"][event], before * MINUTE, after * MINUTE)


def written(folder: Path, text: str, name: str = "news.csv") -> Path:
    """A file with a text."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def inside(calendar: NewsCalendar, choice: Choice, *texts: str) -> list[bool | None]:
    """Whether times lie in a window; None where that is not known."""
    times = np.array([utc(text) for text in texts], dtype=np.int64)
    return [None if math.isnan(left) else left >= 0 for left in windows_of(calendar, choice).left(times)]


def test_half_past_eight_in_new_york_is_another_hour_in_utc_after_the_clocks_change(tmp_path: Path) -> None:
    calendar = read_news(written(tmp_path, NEW_YORK), "America/New_York")
    found = windows_of(calendar, usd(30, 15))
    # 8:30 is 13:30 UTC on the 8th and 12:30 UTC on the 12th; half an hour before, a quarter after
    assert found.starts.tolist() == [utc("2024-03-08T13:00"), utc("2024-03-12T12:00")]
    assert found.ends.tolist() == [utc("2024-03-08T13:45"), utc("2024-03-12T12:45")]


def test_both_ends_of_a_window_belong_to_it(tmp_path: Path) -> None:
    calendar = read_news(written(tmp_path, NEW_YORK), "America/New_York")
    days = ["2024-03-08T12:59:59", "2024-03-08T13:00", "2024-03-08T13:45", "2024-03-08T13:45:01"]
    assert inside(calendar, usd(30, 15), *days) == [False, True, True, False]
    # the same wall clock four days later: 13:30 UTC is an hour after the release
    assert inside(calendar, usd(30, 15), "2024-03-12T12:30", "2024-03-12T13:30") == [True, False]


def test_what_the_calendar_does_not_cover_is_not_known(tmp_path: Path) -> None:
    calendar = read_news(written(tmp_path, NEW_YORK), "America/New_York")
    choice = usd(30, 15)
    # listed from 1 March 13:30 to 29 March 12:30 UTC: known from 15 minutes after the first to 30 before the last
    asked = ["2024-03-01T13:44", "2024-03-01T13:45", "2024-03-29T12:00", "2024-03-29T12:01", "2025-01-01T00:00"]
    assert inside(calendar, choice, *asked) == [None, False, False, None, None]
    euro = Choice(HIGH, frozenset({"USD", "EUR"}), 0, 0, 0)
    assert inside(calendar, euro, "2024-03-08T13:30") == [None]  # nothing is listed for the euro
    assert inside(calendar, usd(30, 15, event="gdp"), "2024-03-08T13:30") == [None]  # and no such event


def test_a_hole_of_more_than_a_month_is_not_known() -> None:
    first, second = utc("2024-01-01T12:00"), utc("2024-02-01T12:00")  # 31 days: no hole yet
    third = second + 31 * DAY + 1
    calendar = calendar_of("x", [(t, "USD", HIGH, "CPI") for t in (first, second, third)])
    found = windows_of(calendar, usd(0, 0))
    assert found.known_from.tolist() == [first, third]
    assert found.known_to.tolist() == [second, third]


def test_windows_that_touch_are_one() -> None:
    at = utc("2024-03-08T13:30")
    calendar = calendar_of("x", [(at + m * MINUTE, "USD", HIGH, "") for m in (0, 30, 61)])
    found = windows_of(calendar, usd(15, 15))
    # 13:15 to 13:45 touches 13:45 to 14:15; 14:16 to 14:46 stands apart by a minute
    assert [(a - at) // MINUTE for a in found.starts.tolist()] == [-15, 46]
    assert [(a - at) // MINUTE for a in found.ends.tolist()] == [45, 76]


def test_what_is_told_of_a_window() -> None:
    at = utc("2024-03-08T13:30")
    events = [(at - 5 * DAY, "USD", 1, ""), (at, "USD", HIGH, ""), (at + 5 * DAY, "USD", 1, "")]
    found = windows_of(calendar_of("x", events), usd(15, 15))
    times = np.array([at - 16 * MINUTE, at - 15 * MINUTE, at + 20 * MINUTE], dtype=np.int64)
    assert found.number(times).tolist() == [0, 1, 1]
    assert found.began(times).tolist() == [math.inf, 0, 35 * MINUTE]
    assert found.left(times).tolist() == [-math.inf, 30 * MINUTE, -5 * MINUTE]


def test_an_hour_that_the_clocks_repeat_counts_twice_and_one_that_they_skip_at_its_end(tmp_path: Path) -> None:
    # Berlin: 27 October 2024, 02:30 was at 00:30 and at 01:30 UTC; 31 March, 02:30 never was, 03:00 was 01:00 UTC
    text = "time;currency;importance;name\n2024.10.27 02:30;EUR;3;ECB\n2024.03.31 02:30;EUR;moderate;x\n"
    calendar = read_news(written(tmp_path, text), "Europe/Berlin")
    assert calendar.times.tolist() == [utc("2024-03-31T01:00"), utc("2024-10-27T00:30"), utc("2024-10-27T01:30")]
    assert calendar.impact.tolist() == [2, 3, 3]


def test_times_with_an_offset_and_epoch_times_keep_to_themselves(tmp_path: Path) -> None:
    text = "time,currency,impact,event\n2024-03-08T13:30:00+00:00,USD,high,a\n1709904600,USD,high,b\n"
    calendar = read_news(written(tmp_path, text), "Asia/Tokyo")
    assert calendar.times.tolist() == [utc("2024-03-08T13:30")] * 2  # 1709904600 is that second


def test_events_for_everyone_count_for_each_currency() -> None:
    at = utc("2024-03-08T13:30")
    events = [(at - DAY, "USD", 1, ""), (at, "ALL", HIGH, "OPEC meeting"), (at + DAY, "USD", 1, "")]
    assert inside(calendar_of("x", events), usd(0, 0), "2024-03-08T13:30") == [True]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Nonfarm Payrolls", {"nfp", "jobs"}),
        ("ADP Non-Farm Employment Change", {"jobs"}),
        ("Core CPI m/m", {"cpi"}),
        ("Fed Interest Rate Decision", {"rate", "fomc"}),
        ("FOMC Press Conference", {"fomc", "speech"}),
        ("ECB President Lagarde Speaks", {"speech"}),
        ("MPC Official Bank Rate Votes", set()),
        ("Gross Domestic Product (QoQ)", {"gdp"}),
        ("Flash Manufacturing PMI", {"pmi"}),
    ],
)
def test_names_tell_the_kind_of_event(name: str, words: set[str]) -> None:
    bits = int(kinds_of([name])[0])
    assert {word for word, number in ENUMERATIONS["event"].items() if number and bits >> number & 1} == words


def test_currencies_of_a_market_are_those_that_have_news() -> None:
    assert currencies_of(0, frozenset({"XAU", "USD"})) == {"USD"}
    assert currencies_of(0, frozenset({"EUR", "JPY"})) == {"EUR", "JPY"}
    assert currencies_of(0, frozenset({"BTC", "ETH"})) == {"USD"}  # neither: what moves all of them
    assert currencies_of(ENUMERATIONS["currency"]["gbp"], frozenset({"EUR"})) == {"GBP"}
    assert currencies_of(ENUMERATIONS["currency"]["any"], frozenset({"EUR"})) == frozenset()


def test_without_a_calendar_nothing_is_known() -> None:
    times = np.arange(5, dtype=np.int64)
    assert np.isnan(NewsClock(lambda: None).windows(usd(15, 15)).left(times)).all()


@pytest.mark.parametrize("seed", range(12))
def test_windows_equal_every_event_asked_at_every_time(seed: int) -> None:
    r = Random(seed)
    events = [
        (r.randrange(0, 60 * DAY, 5 * MINUTE), r.choice(["USD", "EUR", "JPY"]), r.randrange(4), r.choice(["CPI", "x"]))
        for _ in range(r.choice([30, 120, 400]))
    ]
    choice = Choice(
        r.choice([1, 2, 3]),
        r.choice([frozenset({"USD"}), frozenset({"USD", "JPY"}), frozenset()]),
        r.choice([0, ENUMERATIONS["event"]["cpi"]]),
        r.randrange(0, 180) * MINUTE,
        r.randrange(0, 180) * MINUTE,
    )
    times = np.array([r.randrange(-DAY, 61 * DAY, 60_000) for _ in range(3000)], dtype=np.int64)
    found = windows_of(calendar_of("x", events), choice)
    mine = [
        (t, c)
        for t, c, impact, name in set(events)
        if (not choice.currencies or c in choice.currencies)
        and impact >= choice.impact
        and (not choice.event or name == "CPI")
    ]
    held = [[t for t, c, *_ in events if c == currency] for currency in sorted(choice.currencies)]
    spans = [(min(ts), max(ts)) for ts in held or [[t for t, *_ in events]]]
    for time, left in zip(times.tolist(), found.left(times).tolist(), strict=True):
        known = all(a <= time - choice.after and time + choice.before <= b for a, b in spans)
        assert math.isnan(left) == (not known)
        if known:
            assert (left >= 0) == any(e - choice.before <= time <= e + choice.after for e, _ in mine)


def test_a_store_takes_a_calendar_in_and_keeps_what_it_has(tmp_path: Path) -> None:
    store = NewsStore(tmp_path)
    assert store.read() is None
    first = read_news(written(tmp_path, NEW_YORK), "America/New_York")
    assert store.merge(first) == (4, 0, 0)
    assert store.merge(first) == (0, 4, 0)
    at = utc("2024-03-12T12:30")
    low = utc("2024-03-29T12:30")
    later = [(at, "USD", 2, "CPI m/m"), (at, "USD", 3, "Core CPI m/m"), (low, "USD", 3, "something to end with")]
    # one is new, one is known as more important than that, one is raised from low to high
    assert store.merge(calendar_of("later", later)) == (1, 1, 1)
    assert store.merge(calendar_of("later", later)) == (0, 3, 0)
    stored = store.read()
    assert stored is not None
    assert stored.source == "news.csv; later"
    impacts = dict(zip(stored.names, stored.impact.tolist(), strict=True))
    assert (impacts["CPI m/m"], impacts["something to end with"]) == (3, 3)
    assert len(stored.times) == 5


def test_a_damaged_store_is_told_in_words(tmp_path: Path) -> None:
    store = NewsStore(tmp_path)
    store.path.parent.mkdir()
    store.path.write_bytes(b"no archive")
    with pytest.raises(NewsError, match="import again"):
        store.read()


def test_files_are_known_by_their_columns(tmp_path: Path) -> None:
    news = written(tmp_path, NEW_YORK)
    bars = written(tmp_path, "time,open,high,low,close\n", "bars.csv")
    assert [is_news(news), is_news(bars)] == [True, False]
    assert news_files(tmp_path) == [news]


def test_the_real_calendars_are_read(real_data: Path) -> None:
    files = news_files(real_data)
    assert [(f.stem, len(read_news(f).times)) for f in files][1:] == [
        ("forexfactory_2019-11_2020-06", 2887),
        ("us_official_2021_2024", 412),
    ]
    calendar = read_news(files[0])
    # the payrolls of 5 July 2013 at 12:30 UTC: 8:30 in New York in summer
    assert inside(calendar, usd(15, 15, "nfp"), "2013-07-05T12:14", "2013-07-05T12:15") == [False, True]
    # and of 6 December 2013 at 13:30 UTC: winter
    assert inside(calendar, usd(15, 15, "nfp"), "2013-12-06T12:30", "2013-12-06T13:45") == [False, True]
