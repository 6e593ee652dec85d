"""Order flow on the feed of a terminal: decisions are those of a backtest over what was recorded, after kills too."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tradeplan.runtime import backtest
from tradeplan.runtime.cli._past import world_of_run
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Fill
from tradeplan.runtime.feed import stream_keeper
from tradeplan.runtime.feed.keeper import Keeper
from tradeplan.runtime.feed.past import bars_folder, fed_before
from tradeplan.runtime.feed.stream_keeper import StreamKeeper
from tradeplan.runtime.feed.tail import Tail
from tradeplan.runtime.live.feed import Past
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.growing import late_bars
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.simulator.flow import Flow
from tradeplan.runtime.market.streams.events import Book, Ticks, columns_of
from tradeplan.runtime.store.errors import trouble
from tradeplan.runtime.store.journal import Journal
from tradeplan.runtime.watch.past import PastJournal, live_why_not
from tradeplan.stdlib.registry import catalog

from tests.runtime.feed.floor import HOUR, MINUTE, minutes
from tests.runtime.feed.flows import Told, tell, told_by
from tests.runtime.feed.test_instance_on_mt5 import ACCOUNT, BEGIN, Crash, Desk
from tests.runtime.feed.test_mt5_feed import go
from tests.runtime.live.world import Hand, checked

MADE: dict[float, Told] = {}  # the same for every desk, and slow to make
PLAN = Path(__file__).resolve().parents[3] / "plans" / "btc_order_flow.plan"


@pytest.fixture(scope="module")
def bars() -> Mapping[str, Rates]:
    return minutes(("btc",))


class FlowDesk(Desk):
    """A desk with the order-flow plan alone, and a terminal that tells ticks and books of btc."""

    def __init__(self, folder: Path, bars: Mapping[str, Rates], hours: float = 1.0) -> None:
        super().__init__(folder, bars)
        for old in self.plans.glob("*.plan"):
            old.unlink()
        self.text = PLAN.read_text(encoding="utf-8").replace("COOLDOWN 10m\nMAX 10 PER day", "COOLDOWN 1m")
        (self.plans / "flow.plan").write_text(self.text, encoding="utf-8")
        if hours not in MADE:
            span = (BEGIN - 20 * MINUTE, BEGIN + int(hours * HOUR))
            MADE[hours] = told_by(bars["btc"], self.floor.profiles["btc"], *span)
        tell(self.floor, "btc", MADE[hours])
        self.flow: Flow = MADE[hours].flow

    def again(self, until: int) -> list[tuple[object, ...]]:
        """The fills of one engine over all that the feed kept, there from the beginning."""
        journal = Journal(self.folder / "run.db")
        late = late_bars(event.body for event in journal.events() if event.kind == "late")
        journal.close()
        dataset = fed_before(bars_folder(self.folder / "run.db"), self.floor.profiles, Past(late))
        engine = Engine(dataset, ACCOUNT, catalog(), BEGIN, until)
        engine.activate(checked(self.text)[0], [])
        fills = [e for e in engine.advance(until) if isinstance(e, Fill)]
        return sorted((f.time, f.plan, f.leg, f.reason, f.price, f.profit) for f in fills)


@pytest.fixture
def desk(tmp_path: Path, bars: Mapping[str, Rates]) -> FlowDesk:
    return FlowDesk(tmp_path, bars)


def recorded(desk: FlowDesk) -> tuple[Ticks, Book]:
    """What stands in the store of the run."""
    stored = Dataset.open(bars_folder(desk.folder / "run.db"), desk.floor.profiles)
    ticks, book = (stored._streams.stream("btc", name) for name in ("ticks", "book"))
    assert isinstance(ticks, Ticks)
    assert isinstance(book, Book)
    return ticks, book


def assert_same_ticks(ticks: Ticks, flow: Flow, until: int) -> None:
    """From the first one on, each tick that happened is there once."""
    first, last = np.searchsorted(flow.ticks.time, ticks.time[0]), np.searchsorted(flow.ticks.time, until, "right")
    for name, column in columns_of(ticks).items():
        np.testing.assert_array_equal(column, columns_of(flow.ticks)[name][first:last], err_msg=name)


def test_the_order_flow_plan_trades_live_as_over_what_was_recorded(desk: FlowDesk) -> None:
    told = desk.run(BEGIN + 35 * MINUTE)
    assert told.fills >= 4
    assert desk.fills() == desk.again(told.time)
    # nothing was read back, and little is in memory: the newest minutes of what was told
    assert desk.feed is not None
    whole = sum(column.nbytes for stream in recorded(desk) for column in columns_of(stream).values())
    assert desk.feed.readings.read_backs == 0
    assert 0 < desk.feed.readings.stream_bytes < whole / 4
    # and a plain backtest over the folder of the run, as anybody can make it, opens the same trades
    stored = Dataset.open(bars_folder(desk.folder / "run.db"), desk.floor.profiles)
    result = backtest(desk.text, stored, start=BEGIN, end=told.time, account=ACCOUNT)
    entries = [f[0] for f in desk.fills() if f[3] == "entry"]
    assert [trade.opened for trade in result.trades] == entries
    # what was recorded is what happened, from five minutes before the first step: five bars of cvd are known there
    ticks, book = recorded(desk)
    assert_same_ticks(ticks, desk.flow, told.time)
    assert ticks.spans.tolist() == [[int(ticks.time[0]) - 1, told.time]]
    assert ticks.time[0] <= BEGIN - 5 * MINUTE
    ((start, end),) = book.spans.tolist()
    assert BEGIN - 1 <= start <= BEGIN + 30_000  # once the clock has been measured
    assert end == told.time


def test_a_kill_costs_the_book_of_that_time_and_no_tick_and_a_replay_decides_the_same(desk: FlowDesk) -> None:
    def kill(step: int) -> None:
        if step == 12:
            raise Crash

    until = BEGIN + 25 * MINUTE
    with pytest.raises(Crash):
        desk.run(until, kill)
    before = desk.fills()
    desk.floor.world.advance(150)  # two and a half minutes away
    told = desk.run(until)
    fills = desk.fills()
    assert fills[: len(before)] == before
    assert desk.feed is not None
    assert desk.feed.readings.read_backs == 1  # for the replay
    assert fills == desk.again(told.time)
    ticks, book = recorded(desk)
    assert_same_ticks(ticks, desk.flow, told.time)
    assert len(ticks.spans) == 1
    assert len(book.spans) == 2
    assert book.spans[0, 1] == BEGIN + 12 * MINUTE  # up to the newest bar that was told
    assert book.spans[1, 0] >= BEGIN + 12 * MINUTE + 150_000 - 1


def test_many_short_lives_decide_as_one_replay(desk: FlowDesk) -> None:
    chance = np.random.default_rng(5)
    until = BEGIN + 30 * MINUTE
    away: list[tuple[int, int]] = []
    while desk.floor.world.now < until - 6 * MINUTE:
        last = int(chance.integers(1, 6))

        def kill(step: int, last: int = last) -> None:
            if step == last:
                raise Crash

        with pytest.raises(Crash):
            desk.run(until, kill)
        died = desk.floor.world.now
        desk.floor.world.advance(float(chance.integers(0, 90)))
        away.append((died, desk.floor.world.now))
    told = desk.run(until)
    assert len(away) >= 5
    assert desk.fills() == desk.again(told.time)
    ticks, book = recorded(desk)
    assert_same_ticks(ticks, desk.flow, told.time)
    assert len(ticks.spans) == 1
    # nobody has a book of a time in which nobody lived; a life that told no new bar leaves none
    assert len(book.spans) >= 5
    for start, end in book.spans.tolist():
        assert all(end <= died or start >= back for died, back in away)


@pytest.mark.parametrize("writes", [8, 9])
def test_a_kill_between_the_streams_and_the_bars_of_a_step_loses_no_tick(desk: FlowDesk, writes: int) -> None:
    """One of the two is on disk and the other is not: the next life tells the bar, and has each tick once."""
    left = writes

    def dies_after(add: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        def added(self: object, new: object) -> None:
            nonlocal left
            add(self, new)
            left -= 1
            if not left:
                raise Crash

        return added

    until = BEGIN + 14 * MINUTE
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Keeper, "add", dies_after(Keeper.add))
        patch.setattr(StreamKeeper, "add", dies_after(StreamKeeper.add))
        with pytest.raises(Crash):
            desk.run(until)
    told = desk.run(until)
    assert desk.fills() == desk.again(told.time)
    ticks, _ = recorded(desk)
    assert_same_ticks(ticks, desk.flow, told.time)
    assert len(ticks.spans) == 1


def test_a_disk_that_is_full_for_a_while_costs_nothing(desk: FlowDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    append, tries = Tail.append, 0

    def full(self: Tail, text: str) -> None:
        nonlocal tries
        tries += self.path.name == stream_keeper.TAIL
        if tries in (5, 6) and self.path.name == stream_keeper.TAIL:
            raise trouble(self.path, OSError(28, "no space left on device"))
        append(self, text)

    monkeypatch.setattr(Tail, "append", full)
    monkeypatch.setattr("tradeplan.runtime.live.patience.Patience.outlast", lambda self, trouble: True)
    told = desk.run(BEGIN + 12 * MINUTE)
    assert tries > 8
    assert desk.fills() == desk.again(told.time)
    ticks, _ = recorded(desk)
    assert_same_ticks(ticks, desk.flow, told.time)


def test_late_bars_and_an_hour_asleep_are_the_same_in_a_replay(tmp_path: Path, bars: Mapping[str, Rates]) -> None:
    desk = FlowDesk(tmp_path, bars, hours=2.0)
    faults = desk.floor.world.faults

    def disturb(step: int) -> None:
        if step in (6, 15):
            faults.add("hidden", "*", times=-1, bars=1)
        elif step in (7, 18):
            faults.clear()
        elif step == 25:
            desk.floor.wall.sleep_through(HOUR)

    told = desk.run(BEGIN + 100 * MINUTE, disturb)
    assert told.fills >= 4
    assert any("was away for" in text for text in desk.said)
    assert desk.fills() == desk.again(told.time)
    ticks, book = recorded(desk)
    assert_same_ticks(ticks, desk.flow, told.time)
    assert len(book.spans) >= 2
    desk.run(BEGIN + 105 * MINUTE)  # recovery finds the same intents, or it refuses


def test_ticks_that_come_after_the_limit_are_a_hole_for_ever(desk: FlowDesk) -> None:
    faults = desk.floor.world.faults

    def hide(step: int) -> None:
        if step == 9:
            faults.add("withheld", "copy_ticks*", times=-1, milliseconds=10_000)
        elif step == 10:
            faults.clear()

    told = desk.run(BEGIN + 16 * MINUTE, hide)
    assert desk.feed is not None
    assert desk.feed.readings.holes >= 1
    assert sum("the ticks of btc up to 2026-06-22 21:10 UTC did not come in time" in text for text in desk.said) == 1
    ticks, _ = recorded(desk)
    assert len(ticks.spans) >= 2
    assert desk.fills() == desk.again(told.time)
    dataset = fed_before(bars_folder(desk.folder / "run.db"), desk.floor.profiles, Past())
    bars, known = dataset.bars("btc", "M1"), dataset.covered("btc", "M1", "ticks")
    assert bars is not None
    assert not known[bars.close_time == BEGIN + 10 * MINUTE].any()
    assert known[bars.close_time == BEGIN + 12 * MINUTE].all()


def test_a_broker_without_a_book_is_told_of_and_nothing_is_bought(desk: FlowDesk) -> None:
    desk.floor.world.books[desk.floor.symbol("btc")] = []
    told = desk.run(BEGIN + 8 * MINUTE)
    assert told.fills == 0
    assert sum("no order book of btc (it is empty): what reads it is UNKNOWN" in text for text in desk.said) == 1
    journal = PastJournal(desk.folder / "run.db")
    why = live_why_not(journal, world_of_run(journal, None), "btc_order_flow", None)
    journal.close()
    reasons = {clause.text: clause.reason for clause in why.rules[0].clauses}
    assert reasons["imbalance(5) >= 1.5"] == "no data: there is no book of btc"


def test_a_version_that_holds_a_position_is_fed_until_it_is_closed(desk: FlowDesk) -> None:
    """The folder's new text reads no book; the old one runs on with its position, whose exit reads one."""
    hands, opened = Hand(), 0

    def edit(step: int) -> None:
        nonlocal opened
        assert desk.feed is not None
        if not opened and any(f[3] == "entry" for f in desk.fills()):
            opened = step
            (desk.plans / "flow.plan").write_text(
                "PLAN btc_order_flow\nTRADE btc ON M1\nWHEN close > 10 * sma(5) THEN BUY RISK 1% STOP 1 ATR\n",
                encoding="utf-8",
            )
        hands.changed = step == opened
        if opened and step == opened + 1:
            assert set(desk.feed._flow._feeds) == {("btc", "ticks"), ("btc", "book")}

    told = desk.run(BEGIN + 20 * MINUTE, edit, hands)
    assert opened
    assert told.fills >= 2  # the old version's exit


def test_a_plan_that_comes_later_and_looks_further_back_decides_as_if_all_were_in_memory(desk: FlowDesk) -> None:
    more = """PLAN more
TRADE btc ON M1
WHEN imbalance(3) > 1 THEN BUY RISK 0.02% STOP 3 ATR
WHEN delta(4 bars) < 0 OR rebuild_speed(bid, window=2m) > 0 OR held >= 2m THEN CLOSE"""
    hands = Hand()

    def edit(step: int) -> None:
        if step == 12:
            (desk.plans / "more.plan").write_text(more, encoding="utf-8")
        hands.changed = step == 12

    until = BEGIN + 25 * MINUTE
    told = desk.run(until, edit, hands)
    fills = desk.fills()
    assert sum(f[1] == "more" for f in fills) >= 2, desk.said
    assert desk.feed is not None
    assert desk.feed.readings.read_backs == 1
    # over all that was kept, with the plan there at the step at which it came
    dataset = fed_before(bars_folder(desk.folder / "run.db"), desk.floor.profiles, Past())
    engine = Engine(dataset, ACCOUNT, catalog(), BEGIN, told.time)
    engine.activate(checked(desk.text)[0], [])
    found = engine.advance(BEGIN + 12 * MINUTE)
    engine.activate(checked(desk.text, more)[0], [])
    found += engine.advance(told.time)
    again = sorted((f.time, f.plan, f.leg, f.reason, f.price, f.profit) for f in found if isinstance(f, Fill))
    assert fills == again
    desk.run(until + 5 * MINUTE)  # recovery finds the same intents, or it refuses


def test_a_run_that_kept_no_streams_goes_on_without_their_history(desk: FlowDesk) -> None:
    """What an older program decided without ticks must be decided again in its replay."""
    desk.run(BEGIN + 3 * MINUTE)
    folder = bars_folder(desk.folder / "run.db")
    (folder / stream_keeper.BEGUN).unlink()
    for name in ("ticks", "book"):
        shutil.rmtree(folder / "btc" / name)
    feed = desk.floor.feed()
    feed.open(Past(), checked(desk.text)[0], [])
    bars = feed.dataset.bars("btc", "M1")
    assert bars is not None
    known = feed.dataset.covered("btc", "M1", "ticks")
    assert not known[bars.close_time <= BEGIN + 3 * MINUTE].any()


def test_streams_are_fed_while_a_plan_reads_them_and_not_longer(desk: FlowDesk) -> None:
    plain = checked("PLAN plain\nTRADE btc ON M5\nWHEN close > sma(3) THEN BUY RISK 1% STOP 1 ATR")[0]
    feed = desk.floor.begun(plain)
    calls = desk.floor.world.faults.calls
    assert not {"copy_ticks_from", "market_book_add"} & set(calls)
    flow = checked(desk.text)[0]
    feed.need([*plain, *flow], [])
    assert calls["market_book_add"] == 1
    assert feed.dataset.streams("btc") == ("ticks", "trades", "book")
    feed.need(plain, [])
    assert calls["market_book_release"] == 1
    asked = dict(calls)
    go(feed, desk.floor, 2)
    assert calls["copy_ticks_from"] == asked["copy_ticks_from"]
    assert calls["market_book_get"] == asked["market_book_get"]
