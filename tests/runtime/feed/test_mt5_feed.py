"""The feed of a terminal against the stand-in: closed bars only, one round trip, gaps, restarts, and faults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.feed import history
from tradeplan.runtime.feed.mt5_feed import Mt5Feed
from tradeplan.runtime.live.feed import Arrivals, Past, Sleep
from tradeplan.runtime.live.words import Urgent
from tradeplan.runtime.market.columns import take
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.rates import Rates

from tests.runtime.feed.floor import DAY, HOUR, MINUTE, MONDAY, Floor, minutes
from tests.runtime.live.world import checked

PLAN = """PLAN yen
TRADE usdjpy ON M5
WHEN close > H1.sma(3) AND D1.close > 0 AND H4.close > 0 AND btc.M15.close > 0 THEN BUY RISK 1% STOP 10 pips
WHEN held >= 30m THEN CLOSE"""
SERIES = {("btc", "M15"), ("usdjpy", "M1"), ("usdjpy", "M5"), ("usdjpy", "H1"), ("usdjpy", "H4"), ("usdjpy", "D1")}


@pytest.fixture(scope="module")
def bars() -> Mapping[str, Rates]:
    return minutes(("usdjpy", "btc"))


@pytest.fixture(scope="module")
def plans() -> list[CheckedPlan]:
    return checked(PLAN)[0]


@pytest.fixture
def floor(tmp_path: Path, bars: Mapping[str, Rates]) -> Floor:
    return Floor(tmp_path, bars)


def never(seconds: float) -> bool:
    return False


def go(feed: Mt5Feed, floor: Floor, minutes_on: int, after: int | None = None) -> list[Arrivals]:
    """So many minutes, one instant a minute, as a run would have it; everything that was told."""
    handled = floor.world.now if after is None else after
    told = []
    first = handled - handled % MINUTE + MINUTE
    for instant in range(first, first + minutes_on * MINUTE, MINUTE):
        assert feed.wait_until(instant, never)
        told.append(feed.arrivals(handled))
        feed.deliver()
        handled = instant
    return told


def assert_as_stored(feed: Mt5Feed, floor: Floor, until: int) -> None:
    """Every fed series has the bars of the whole data that close up to a time, as the aggregator makes them."""
    whole = Dataset.from_rates({(m, "M1"): rates for m, rates in floor.bars.items()}, floor.profiles)
    for market, timeframe in SERIES:
        fed, stored = feed.dataset.bars(market, timeframe), whole.bars(market, timeframe)
        assert fed is not None
        assert stored is not None
        assert int(fed.close_time[-1]) <= until
        first, last = (
            np.searchsorted(stored.open_time, fed.open_time[0]),
            np.searchsorted(stored.close_time, until, "right"),
        )
        for name in ("open_time", "close_time", "open", "high", "low", "close", "tick_volume"):
            have, want = getattr(fed, name), getattr(stored, name)[first:last]
            assert np.array_equal(have[-len(want) :], want), (market, timeframe, name)


def test_every_series_is_fed_as_it_closes(floor: Floor, plans: list[CheckedPlan]) -> None:
    feed = floor.begun(plans)
    assert set(feed._roster.polled) == SERIES
    told = go(feed, floor, 260)  # over four hours: an H4 bar closes in it
    assert not any(came.late or came.halts or came.told for came in told)
    assert_as_stored(feed, floor, MONDAY + DAY + 260 * MINUTE)
    assert 0 <= feed.readings.bar_age < 1  # seconds since the newest close


def test_an_instant_is_one_round_trip_and_asks_only_for_what_is_due(floor: Floor, plans: list[CheckedPlan]) -> None:
    feed = floor.begun(plans)
    go(feed, floor, 3)
    floor.terminal.trips.clear()
    misses, hits = feed.readings.misses, feed.readings.hits
    go(feed, floor, 1)  # minute 4: only M1 is due
    (trip,) = floor.terminal.trips
    assert [c.name for c in trip if c.name != "symbol_info"] == ["symbol_info_tick"] * 2 + ["copy_rates_from_pos"]
    assert (feed.readings.misses - misses, feed.readings.hits - hits) == (1, len(SERIES) - 1)


def test_a_series_that_an_edit_needs_has_all_that_closed_at_the_instant(tmp_path: Path) -> None:
    """The market rests from the sixteenth minute on: no quote of its own says that its M15 bar has closed."""
    bars = minutes(("usdjpy", "btc"))
    rests = MONDAY + DAY + 15 * MINUTE
    yen = bars["usdjpy"]
    bars["usdjpy"] = take(yen, (yen.time < rests) | (yen.time >= rests + HOUR))
    floor = Floor(tmp_path, bars)
    feed = floor.begun(checked(PLAN)[0])
    go(feed, floor, 15)
    assert floor.world.now == rests
    feed.need(checked(PLAN.replace("D1.close > 0", "M15.close > 0"))[0], [])
    feed.show()
    fed = feed.dataset.bars("usdjpy", "M15")
    assert fed is not None
    assert int(fed.close_time[-1]) == rests
    told = go(feed, floor, 61, rests)
    assert not any(came.late for came in told)


def test_a_forming_bar_is_never_fed(floor: Floor, plans: list[CheckedPlan]) -> None:
    feed = floor.begun(plans)
    floor.world.advance(37)
    go(feed, floor, 3)
    for market, timeframe in SERIES:
        found = feed.dataset.bars(market, timeframe)
        assert found is not None
        assert int(found.close_time[-1]) <= floor.world.now


def test_a_broker_in_athens(tmp_path: Path, bars: Mapping[str, Rates], plans: list[CheckedPlan]) -> None:
    floor = Floor(tmp_path, bars, zone="Europe/Athens", day="00:00 Europe/Athens")
    feed = floor.begun(plans)
    told = go(feed, floor, 70)
    assert not any(came.late or came.halts or came.told for came in told)
    assert_as_stored(feed, floor, MONDAY + DAY + 70 * MINUTE)


def test_a_suffix_is_another_contract_and_is_named(
    tmp_path: Path, bars: Mapping[str, Rates], plans: list[CheckedPlan]
) -> None:
    floor = Floor(tmp_path, bars, suffix=".m")
    told = floor.begun(plans).arrivals(MONDAY + DAY).told
    assert any("no symbol for usdjpy" in text and "it has `USDJPY.m`" in text for text in told)


def test_a_restart_fetches_only_what_is_missing_and_keeps_what_was_seen(floor: Floor, plans: list[CheckedPlan]) -> None:
    feed = floor.begun(plans)
    go(feed, floor, 30)
    seen = {key: feed.dataset.bars(*key) for key in SERIES}
    floor.world.advance(45 * 60)  # no close: the process was killed
    floor.terminal.trips.clear()
    again = floor.feed()
    again.open(Past(), plans, [])
    again.start(MONDAY + DAY + 30 * MINUTE, [], [])
    asked = [
        c for trip in floor.terminal.trips for c in trip if c.name == "copy_rates_from_pos" and c.arguments[1] == 1
    ]
    assert max(c.arguments[3] for c in asked) <= 50  # 45 minutes and a few rows, not the history
    for key, before in seen.items():
        now = again.dataset.bars(*key)
        assert before is not None
        assert now is not None
        assert np.array_equal(now.close[: len(before)], before.close)
        assert np.array_equal(now.close_time[: len(before)], before.close_time)
    told = go(again, floor, 50, after=MONDAY + DAY + 30 * MINUTE)
    assert not any(came.late for came in told)
    assert_as_stored(again, floor, MONDAY + DAY + 80 * MINUTE)


def test_cold_history_that_grows_is_asked_for_until_it_is_whole(floor: Floor, plans: list[CheckedPlan]) -> None:
    floor.world.faults.add("cold", "*", times=-1, bars=40)
    feed = floor.begun(plans, history_bars=1_000)
    found = feed.dataset.bars("usdjpy", "M1")
    assert found is not None
    assert len(found) >= 999  # 1,000 rows, the forming one left out


def test_history_is_paged_and_the_pages_fit(
    floor: Floor, plans: list[CheckedPlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE", 150)
    feed = floor.begun(plans, history_bars=1_000)
    asked = [c.arguments[3] for trip in floor.terminal.trips for c in trip if c.name == "copy_rates_from_pos"]
    assert max(asked) == 150
    found = feed.dataset.bars("usdjpy", "M1")
    assert found is not None
    assert len(found) >= 999
    assert bool((np.diff(found.open_time) > 0).all())


def test_no_call_asks_for_the_terminals_limit_which_would_fail_whole(floor: Floor, plans: list[CheckedPlan]) -> None:
    floor.world.switches["maxbars"] = 300
    feed = floor.begun(plans, history_bars=1_000)
    found = feed.dataset.bars("usdjpy", "M1")
    assert found is not None
    assert 290 <= len(found) <= 300


def test_a_bar_that_comes_after_the_limit_is_late_and_counts_from_then(floor: Floor, plans: list[CheckedPlan]) -> None:
    feed = floor.begun(plans)
    go(feed, floor, 4)
    floor.world.faults.add("hidden", "*", times=-1, bars=1, symbol="USDJPY")
    told = go(feed, floor, 1)
    assert not told[0].late
    floor.world.faults.clear()
    (came,) = go(feed, floor, 1, after=MONDAY + DAY + 5 * MINUTE)
    handled = MONDAY + DAY + 5 * MINUTE
    assert {(b.timeframe, b.opens, b.closes) for b in came.late} == {
        ("M1", handled - MINUTE, handled + 1),
        ("M5", handled - 5 * MINUTE, handled + 1),
    }
    assert feed.readings.late == 2
    found = feed.dataset.bars("usdjpy", "M1")
    assert found is not None
    assert found.close_time[-2:].tolist() == [handled + 1, handled + MINUTE]


def test_a_clock_that_is_two_hours_off_blocks_and_says_so(floor: Floor, plans: list[CheckedPlan]) -> None:
    feed = floor.begun(plans)
    go(feed, floor, 2)
    floor.world.clock.shift = 2 * HOUR
    told = go(feed, floor, 6)
    ((scope, why),) = [halt for came in told for halt in came.halts]
    assert scope == ""
    assert "quotes come at UTC+5 h" in why
    assert "UTC+3 h" in why
    assert_as_stored(feed, floor, MONDAY + DAY + 8 * MINUTE)  # bars are told as before, none of them forming


def test_a_machine_whose_clock_is_two_hours_off_at_the_start_blocks(floor: Floor, plans: list[CheckedPlan]) -> None:
    floor.wall.error = 2 * HOUR
    feed = floor.feed()
    feed.open(Past(), plans, [])
    ((scope, why),) = feed.arrivals(0).halts
    assert scope == ""
    assert "UTC+1 h" in why


def test_profiles_of_another_zone_block_and_are_told_the_right_one(
    tmp_path: Path, bars: Mapping[str, Rates], plans: list[CheckedPlan]
) -> None:
    floor = Floor(tmp_path, bars, day=None)
    feed = floor.begun(plans)
    ((scope, why),) = feed.arrivals(MONDAY + DAY).halts
    assert scope == ""
    assert '--server-day "17:00 America/New_York"' in why


def test_three_hours_asleep_are_caught_up_and_told_as_an_absence(floor: Floor, plans: list[CheckedPlan]) -> None:
    feed = floor.begun(plans)
    go(feed, floor, 5)
    floor.wall.sleep_through(3 * HOUR)
    came = go(feed, floor, 1, after=MONDAY + DAY + 5 * MINUTE)
    assert feed.readings.resyncs == 1
    assert came[0].away_until is not None
    assert came[0].away_until >= MONDAY + DAY + 5 * MINUTE + 3 * HOUR
    more = go(feed, floor, 200, after=MONDAY + DAY + 6 * MINUTE)
    assert not any(c.away_until or c.late for c in more)
    assert_as_stored(feed, floor, MONDAY + DAY + 206 * MINUTE)


def test_a_clock_that_was_set_is_measured_again(floor: Floor, plans: list[CheckedPlan]) -> None:
    feed = floor.begun(plans)
    go(feed, floor, 5)
    floor.wall.error = 90_000  # the machine's clock is put a minute and a half ahead
    go(feed, floor, 5)
    assert feed.readings.resyncs == 1
    assert abs(feed.now() - floor.world.now) < 1_500
    assert_as_stored(feed, floor, MONDAY + DAY + 10 * MINUTE)


def test_a_terminal_that_restarts_is_waited_for(floor: Floor, plans: list[CheckedPlan]) -> None:
    feed = floor.begun(plans)
    go(feed, floor, 5)
    floor.world.faults.add("error", "*", times=120, code=-10004)
    told = go(feed, floor, 10)
    assert feed.readings.away == 1
    words = [text for came in told for text in came.told]
    assert "does not answer" in words[0]
    assert words[1] == "the terminal answers again"
    assert_as_stored(feed, floor, MONDAY + DAY + 15 * MINUTE)


def test_that_nobody_answers_is_told_while_it_is_so(floor: Floor, plans: list[CheckedPlan]) -> None:
    feed = floor.begun(plans)
    handled = floor.world.now
    floor.world.faults.add("error", "*", times=120, code=-10004)
    told: list[str] = []
    pause = floor.wall.pause

    def looks_about(seconds: float, sleep: Sleep) -> bool:
        told.extend(feed.tidings())  # as a run does in every pause
        return pause(seconds, sleep)

    floor.wall.pause = looks_about  # type: ignore[method-assign]  # one test's eye on the pauses
    assert feed.wait_until(handled - handled % MINUTE + MINUTE, never)
    # both came in the pauses, and neither is told again
    first, second = told
    assert first.startswith("the terminal does not answer")
    assert isinstance(first, Urgent)
    assert second == "the terminal answers again"
    assert feed.arrivals(handled).told == ()


def test_a_changed_specification_disarms_its_market_once(floor: Floor, plans: list[CheckedPlan]) -> None:
    feed = floor.begun(plans)
    go(feed, floor, 2)
    floor.world.specify(floor.symbol("usdjpy"), contract=10_000.0)
    told = go(feed, floor, 4)
    ((scope, why),) = [halt for came in told for halt in came.halts]
    assert scope == "usdjpy"
    assert "trade_contract_size was 100000.0, is 10000.0" in why


def test_a_specification_that_changed_while_away_is_noticed(floor: Floor, plans: list[CheckedPlan]) -> None:
    floor.begun(plans).close()
    floor.world.specify(floor.symbol("btc"), digits=1)
    halts = floor.begun(plans).arrivals(MONDAY + DAY).halts
    assert [scope for scope, _ in halts] == ["btc"]


def test_a_stale_quote_is_told_by_its_age_and_the_others_go_on(floor: Floor, plans: list[CheckedPlan]) -> None:
    feed = floor.begun(plans)
    go(feed, floor, 2)
    floor.world.faults.add("stale", "*", times=-1, symbol=floor.symbol("btc"))
    go(feed, floor, 10)
    assert feed.readings.quote_age["btc"] >= 8 * 60
    assert feed.readings.quote_age["usdjpy"] < 60
    assert_as_stored(feed, floor, MONDAY + DAY + 12 * MINUTE)


def test_a_market_that_the_broker_does_not_have_is_said(floor: Floor, plans: list[CheckedPlan]) -> None:
    other = checked("PLAN g\nTRADE gold ON M5\nWHEN close > 0 THEN BUY RISK 1% STOP 1 ATR")[0]
    feed = floor.begun([*plans, *other])
    told = feed.arrivals(MONDAY + DAY).told
    assert any("no symbol for gold" in text and "XAUUSD" in text for text in told)
    assert set(feed._roster.polled) == SERIES


def test_who_is_woken_while_bars_come_asks_only_for_the_rest(floor: Floor, plans: list[CheckedPlan]) -> None:
    """An edit ends the wait for a bar that is not there yet; what had come by then is not asked for again."""
    feed = floor.begun(plans)
    go(feed, floor, 14)
    instant = MONDAY + DAY + 15 * MINUTE
    assert feed.wait_until(instant - 1, never)
    floor.world.faults.add("hidden", "*", times=-1, bars=1, symbol=floor.symbol("btc"))
    floor.world.advance_to(instant + 50)
    floor.wall.wakes = True
    assert not feed.wait_until(instant, never)
    floor.wall.wakes = False
    floor.world.faults.clear()
    floor.terminal.trips.clear()
    assert feed.wait_until(instant, never)
    asked = [c.arguments[:2] for trip in floor.terminal.trips for c in trip if c.name == "copy_rates_from_pos"]
    assert asked == [(floor.symbol("btc"), 15)]
    assert not feed.arrivals(instant - MINUTE).late
    feed.deliver()
    assert_as_stored(feed, floor, instant)
