"""Series that no plan reads are not asked for; when one reads them again nothing of them lacks, now or in a replay."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.store.journal import Journal

from tests.runtime.feed.floor import HOUR, MINUTE, minutes
from tests.runtime.feed.test_instance_on_mt5 import BEGIN, Desk
from tests.runtime.live.world import Hand

COIN = """PLAN coin
TRADE btc ON M5
WHEN close < sma(4) THEN SELL RISK 1% STOP 2 ATR
WHEN held >= 20m THEN CLOSE"""


@pytest.fixture(scope="module")
def bars() -> Mapping[str, Rates]:
    return minutes(("usdjpy", "btc"))


@pytest.fixture
def desk(tmp_path: Path, bars: Mapping[str, Rates]) -> Desk:
    made = Desk(tmp_path, bars)
    (made.plans / "coin.plan").write_text(COIN, encoding="utf-8")
    return made


def asked(desk: Desk, market: str) -> int:
    """How many calls of the newest hour were about a market."""
    return sum(c.arguments[:1] == (desk.floor.symbol(market),) for trip in desk.floor.terminal.trips for c in trip)


def coins(desk: Desk) -> list[tuple[object, ...]]:
    return [fill for fill in desk.fills() if fill[1] == "coin"]


def test_a_market_whose_plan_was_removed_rests_and_goes_on_whole(desk: Desk, bars: Mapping[str, Rates]) -> None:
    """The plan is away from 00:30 to 01:30 of the run; what it held it still manages, for 20 minutes at most."""
    hands = Hand()
    file = desk.plans / "coin.plan"
    asks: dict[int, int] = {}

    def hand(step: int) -> None:
        if step == 30:
            file.unlink()
        elif step == 90:
            file.write_text(COIN, encoding="utf-8")
        hands.changed = step in (30, 90)
        if step in (29, 89, 110):
            asks[step] = asked(desk, "btc")
        if step == 55:
            assert desk.feed is not None
            assert "btc" not in desk.feed.readings.quote_age
            assert {market for market, _ in desk.feed._roster.polled} == {"usdjpy"}
            assert (desk.feed.readings.polled, desk.feed.readings.resting, desk.feed.readings.lacking) == (4, 2, 0)
            desk.floor.terminal.trips.clear()

    desk.run(BEGIN + 3 * HOUR, hand, hands)
    assert asks[29] > 0
    assert asks[89] == 0
    assert asks[110] > 0
    journal = Journal(desk.folder / "run.db")
    kinds = {event.kind for event in journal.events()}
    journal.close()
    assert not kinds & {"late", "series"}
    assert desk.feed is not None
    for timeframe, every in (("M1", MINUTE), ("M5", 5 * MINUTE)):
        seen = desk.feed.dataset.bars("btc", timeframe)
        assert seen is not None
        had = np.unique(bars["btc"].time // every * every)
        assert seen.open_time.tolist() == had[(had >= seen.open_time[0]) & (had <= seen.open_time[-1])].tolist()
        assert np.array_equal(seen.close_time, seen.open_time + every)
    times = [int(str(fill[0])) - BEGIN for fill in coins(desk) if fill[3] == "entry"]
    assert any(t > 90 * MINUTE for t in times)
    assert not any(31 * MINUTE < t <= 90 * MINUTE for t in times)
    before = desk.fills()
    desk.run(BEGIN + 4 * HOUR)
    assert desk.fills()[: len(before)] == before
    assert len(desk.fills()) > len(before)


def test_a_market_that_rested_before_a_restart_is_whole_when_a_plan_comes_back_with_it(desk: Desk) -> None:
    file = desk.plans / "coin.plan"
    desk.run(BEGIN + HOUR // 2)
    file.unlink()
    desk.run(BEGIN + 90 * MINUTE)
    assert desk.feed is not None
    assert {market for market, _ in desk.feed._roster.polled} == {"usdjpy"}
    file.write_text(COIN, encoding="utf-8")
    for hours in (3, 4):
        before = desk.fills()
        desk.run(BEGIN + hours * HOUR)
        assert desk.fills()[: len(before)] == before
        seen = desk.feed.dataset.bars("btc", "M5")
        assert seen is not None
        assert np.array_equal(seen.close_time, seen.open_time + 5 * MINUTE)
        assert np.all(np.diff(seen.open_time) == 5 * MINUTE)
    journal = Journal(desk.folder / "run.db")
    assert not [event for event in journal.events() if event.kind == "late"]
    journal.close()
