"""Functions of news by hand, across a change of the clocks, without a calendar, and on a year of real quotes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from tradeplan.dsl.graph import Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.engine.news_read import news_warnings
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.tables import Tables
from tradeplan.runtime.market.columns import from_columns
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.importers.news import read_news
from tradeplan.runtime.market.news import NewsCalendar, calendar_of
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.simulator import simulated_dataset
from tradeplan.stdlib.registry import catalog

PROFILES = load_profiles()
QUARTER = timedelta(minutes=15)
HIGH = 3


def utc(text: str) -> datetime:
    """A UTC time."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ms(time: datetime) -> int:
    """Milliseconds of a time."""
    return round(time.timestamp() * 1000)


def releases(*texts: str, currencies: tuple[str, ...] = ("USD", "JPY"), name: str = "CPI") -> NewsCalendar:
    """High-impact events of the dollar, in a calendar that covers March to May 2024 for both currencies."""
    every_week = [utc("2024-03-01") + timedelta(weeks=i) for i in range(12)]
    fill = [(ms(time), currency, 1, "filling") for time in every_week for currency in currencies]
    return calendar_of("made up", [*fill, *((ms(utc(text)), "USD", HIGH, name) for text in texts)])


def bars(first: str, closes: list[float], news: NewsCalendar | None) -> Dataset:
    """Bars of M15 of `usdjpy` with these closes."""
    times = np.array([ms(utc(first) + i * QUARTER) for i in range(len(closes))], dtype=np.int64)
    close = np.array(closes)
    columns = {"time": times, "open": close, "high": close + 0.05, "low": close - 0.05, "close": close}
    return Dataset.from_rates({("usdjpy", "M15"): from_columns(columns)}, PROFILES, news=news)


def conditions(text: str, data: Dataset, end: int | None = None, timeframe: str = "M15") -> list[int]:
    """A condition at every step: 0 FALSE, 1 UNKNOWN, 2 TRUE."""
    source = Source("n.plan", f"PLAN n\nTRADE usdjpy ON {timeframe}\nWHEN {text} THEN BUY RISK 0.5% STOP 20 pips\n")
    checked = check_source(source, catalog(), load_facts(), Graph())
    assert checked.ok, checked.diagnostics
    node = checked.plans[0].rules[0].clauses[0].node
    span = data.span("usdjpy")
    assert span is not None
    evaluator = Evaluator(Tables.build([node], catalog()), LaneData(data), Kernels("interpreted"))
    found: list[int] = []
    for _ in evaluator.run(span[1] if end is None else end):
        found += evaluator.conditions_of(node).tolist()
    return found


# Winter time in New York until 10 March 2024: 8:30 there is 13:30 UTC on the 8th and 12:30 UTC on the 12th.
BEFORE_AND_AFTER = releases("2024-03-08T13:30", "2024-03-12T12:30")


@pytest.mark.parametrize(
    ("first", "want"),
    [
        # closes from 13:00 on; 13:15, 13:30 and 13:45 lie within 15 minutes of 13:30
        ("2024-03-08T12:45", [0, 2, 2, 2, 0]),
        # four days later an hour earlier: closes from 12:00 on, 12:15 to 12:45 are inside
        ("2024-03-12T11:45", [0, 2, 2, 2, 0]),
        # at the hour of the winter nothing is left of it
        ("2024-03-12T12:45", [0, 0, 0, 0, 0]),
    ],
)
def test_a_blackout_follows_the_clock_of_the_release(first: str, want: list[int]) -> None:
    data = bars(first, [150.0] * 5, BEFORE_AND_AFTER)
    assert conditions("news.blackout", data) == want
    assert conditions("news.absorption", data) == [2 - w for w in want]
    assert conditions("NOT news.blackout(impact=high)", data) == [2 - w for w in want]


def test_a_blackout_has_two_lengths_and_a_choice() -> None:
    data = bars("2024-03-08T12:45", [150.0] * 5, BEFORE_AND_AFTER)  # closes 13:00 to 14:00
    assert conditions("news.blackout(before=30m, after=0m)", data) == [2, 2, 2, 0, 0]
    assert conditions("news.blackout(event=cpi, before=0m)", data) == [0, 0, 2, 2, 0]
    assert conditions("news.blackout(currency=jpy, impact=low)", data) == [0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("news.blackout(event=nfp)", "no such event is ever listed"),
        ("news.blackout(currency=eur)", "nothing is listed for the euro"),
    ],
)
def test_what_the_calendar_cannot_tell_is_a_blackout(text: str, why: str) -> None:
    data = bars("2024-03-08T12:45", [150.0] * 5, BEFORE_AND_AFTER)
    assert conditions(text, data) == [2] * 5, why


def test_without_a_calendar_and_behind_its_end_it_is_a_blackout_and_the_reason_is_told() -> None:
    for data in (
        bars("2024-03-08T12:45", [150.0] * 5, None),
        bars("2024-06-03T12:45", [150.0] * 5, BEFORE_AND_AFTER),  # it ends on 17 May
        bars("2024-02-05T12:45", [150.0] * 5, BEFORE_AND_AFTER),  # it begins on 1 March
    ):
        assert conditions("news.blackout", data) == [2] * 5
        assert conditions("news.absorption", data) == [0] * 5
        assert conditions("post_news_reclaim", data) == [0] * 5
        assert conditions("known(news.pre_level)", data) == [0] * 5


def warnings(data: Dataset) -> list[str]:
    """What is told before a run of a plan that reads news."""
    text = "PLAN n\nTRADE usdjpy ON M15\nWHEN NOT news.blackout THEN BUY RISK 0.5% STOP 20 pips\n"
    plans = check_source(Source("n.plan", text), catalog(), load_facts(), Graph()).plans
    span = data.span("usdjpy")
    assert span is not None
    return news_warnings(plans, data, *span)


def test_the_reason_is_told_before_a_run() -> None:
    (missing,) = warnings(bars("2024-03-08T12:45", [150.0] * 5, None))
    assert "there is no calendar of news" in missing
    assert "`news.blackout` is TRUE" in missing
    (ended,) = warnings(bars("2024-05-17T00:00", [150.0] * 96, BEFORE_AND_AFTER))  # its last event is at midnight
    assert "does not cover 100 % of the run" in ended
    assert warnings(bars("2024-03-08T12:45", [150.0] * 5, BEFORE_AND_AFTER)) == []


# Closes from 13:00 on, news at 13:30: the window is 13:15 to 13:45, so the price before it is that of 13:15.
CLOSES = [150.0, 150.1, 151.0, 151.5, 150.9, 150.2, 150.1, 152.0, 150.0]
DAY = bars("2024-03-08T12:45", CLOSES, BEFORE_AND_AFTER)


def test_the_price_before_news_by_hand() -> None:
    # UNKNOWN before the first window, then 150.1
    assert conditions("news.pre_level = 150.1", DAY) == [1, 2, 2, 2, 2, 2, 2, 2, 2]
    # with a window from 13:10 on the newest close at or before it is that of 13:00, known at 13:15
    assert conditions("news.pre_level(before=20m) = 150", DAY) == [1, 2, 2, 2, 2, 2, 2, 2, 2]
    # an hour after 13:15 it is of no use any more: 14:15 is the last close
    assert conditions("known(news.pre_level(expires=1h))", DAY) == [0, 2, 2, 2, 2, 2, 0, 0, 0]


def test_a_reclaim_by_hand() -> None:
    # 0.2 % of 150.1 is 0.3: closes up to 150.4 are back. The ATR is not known yet, so that too far is UNKNOWN
    assert conditions("price_reclaim(news.pre_level, 0.2%)", DAY) == [1, 2, 1, 1, 1, 2, 2, 1, 2]
    # 60 quiet bars before make the ATR known: the range of a bar is 0.1, half of it less than 0.3
    long = bars("2024-03-07T21:45", [150.0] * 60 + CLOSES, BEFORE_AND_AFTER)
    assert conditions("price_reclaim(news.pre_level, 0.2%)", long)[60:] == [1, 2, 0, 0, 0, 2, 2, 0, 2]
    # post news: the window is over after 13:45; back at 14:15 and 14:30, and at 15:00 again
    assert conditions("post_news_reclaim(percent=0.2%, multiple=0.001)", long)[60:] == [0, 0, 0, 0, 0, 2, 2, 0, 2]
    # who never left has reclaimed nothing: within 2 % all closes are near
    assert conditions("post_news_reclaim(percent=2%)", long)[60:] == [0] * 9


def test_a_history_that_begins_inside_a_window_does_not_know_the_price_before_it() -> None:
    inside = bars("2024-03-08T13:15", [151.0] * 30, BEFORE_AND_AFTER)  # closes from 13:30 on
    assert conditions("known(news.pre_level)", inside) == [0] * 30
    later = conditions("post_news_reclaim(multiple=0.001)", inside)
    # the ATR is known from the 15th bar on; what the level was is not, for a day
    assert later[14:] == [1] * 16


def test_the_weekend_by_hand() -> None:
    dataset = Dataset.from_rates({("btc", "H1"): _hours("2024-03-08T20:00", 60)}, PROFILES)
    source = Source("w.plan", "PLAN w\nTRADE btc ON H1\nWHEN weekend THEN BUY RISK 0.5% STOP 20 pips\n")
    node = check_source(source, catalog(), load_facts(), Graph()).plans[0].rules[0].condition
    evaluator = Evaluator(Tables.build([node], catalog()), LaneData(dataset), Kernels("interpreted"))
    span = dataset.span("btc")
    assert span is not None
    got = [c for _ in evaluator.run(span[1]) for c in evaluator.conditions_of(node).tolist()]
    # closes from Friday 21:00 on: 21 and 22 are not, 23:00 to Monday 02:00 (52 hours) are, from 03:00 on not
    assert got == [0, 0, *[2] * 52, *[0] * 6]


def _hours(first: str, count: int):
    times = np.array([ms(utc(first)) + i * 3_600_000 for i in range(count)], dtype=np.int64)
    close = np.full(count, 60_000.0)
    return from_columns({"time": times, "open": close, "high": close + 1, "low": close - 1, "close": close})


def test_the_simulator_has_a_calendar_that_covers_it() -> None:
    data = simulated_dataset(["usdjpy"], days=30)
    found = conditions("news.blackout", data)
    assert set(found) == {0, 2}
    # in 30 days one Friday of payrolls, one of consumer prices, one decision of the Bank of Japan: three windows, each
    # with the closes 15 minutes before, at and after the release
    assert found.count(2) == 9
    assert warnings(data) == []


@pytest.fixture(scope="module")
def yen(real_data: Path) -> Dataset:
    """A year of USDJPY M15 with the calendar of 2008 to 2020."""
    data = Dataset.open(real_data, PROFILES)
    rates = data.rates("usdjpy", "M15")
    news = read_news(real_data / "calendar" / "economic_2008_2020.parquet")
    return Dataset.from_rates({("usdjpy", "M15"): rates}, PROFILES, news=news)


RATES = {
    # of 24,744 steps in 2013: TRUE, FALSE, UNKNOWN
    "news.blackout": (519, 24_225, 0),  # 2.1 %; every one of them is asked for below
    "news.absorption": (24_225, 519, 0),
    "known(news.pre_level)": (11_421, 13_323, 0),  # 46 %: for a day from each window on
    "price_reclaim": (2_987, 8_434, 13_323),  # UNKNOWN exactly where the level is
    "post_news_reclaim": (2_141, 22_445, 158),  # UNKNOWN for 14 bars without an ATR, else where a bar is missing
}


@pytest.mark.parametrize("text", RATES)
def test_rates_on_a_year_of_real_quotes(yen: Dataset, text: str) -> None:
    found = conditions(text, yen)
    assert (found.count(2), found.count(0), found.count(1)) == RATES[text]


def test_blackouts_of_a_year_equal_every_event_asked_at_every_step(yen: Dataset, real_data: Path) -> None:
    calendar = read_news(real_data / "calendar" / "economic_2008_2020.parquet")
    assert yen.news is not None
    events = [
        t
        for t, c, i in zip(calendar.times.tolist(), calendar.currencies, calendar.impact.tolist(), strict=True)
        if c in ("USD", "JPY") and i == HIGH
    ]
    span = yen.span("usdjpy")
    bars_ = yen.bars("usdjpy", "M15")
    assert span is not None
    assert bars_ is not None
    steps = yen.calendar("usdjpy").scheduled_closes("M15", int(bars_.close_time[0]) - 1, span[1])
    near = np.abs(np.array(events)[None, :] - steps[:, None]).min(axis=1) <= 15 * 60_000
    assert conditions("news.blackout", yen) == [2 if n else 0 for n in near]


@pytest.mark.parametrize("cut", ["2013-03-08T13:30", "2013-07-05T12:45", "2013-11-08T15:00"])
def test_no_value_changes_when_later_bars_are_cut_off(yen: Dataset, cut: str) -> None:
    for text in RATES:
        whole = conditions(text, yen, ms(utc(cut)))
        part = conditions(text, yen.window(None, ms(utc(cut))))
        assert part == whole[: len(part)]
        assert len(part) >= len(whole) - 1
