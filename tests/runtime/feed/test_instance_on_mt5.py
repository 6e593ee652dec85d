"""A running instance on the feed of a terminal: its trades are the backtest's, after kills and late bars too."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from tradeplan.dsl.graph import Graph
from tradeplan.runtime.cli._past import world_of_run
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Fill
from tradeplan.runtime.feed.mt5_feed import Mt5Feed
from tradeplan.runtime.feed.past import feed_text
from tradeplan.runtime.live.feed import Past
from tradeplan.runtime.live.folder import PlanFolder
from tradeplan.runtime.live.instance import Instance, Settings, Totals
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.growing import LateBar, late_bars
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.store.journal import Journal
from tradeplan.runtime.watch.past import PastJournal, live_why_not
from tradeplan.stdlib.registry import catalog

from tests.runtime.feed.floor import DAY, HOUR, MINUTE, MONDAY, NEW_YORK, Floor, minutes
from tests.runtime.live.grown import begun
from tests.runtime.live.world import Hand, checked

BEGIN = MONDAY + DAY
YEN = """PLAN yen
TRADE usdjpy ON M5
WHEN close > M15.sma(3) AND H1.close > 0 THEN BUY RISK 1% STOP 10 pips TARGET 1R
WHEN held >= 30m THEN CLOSE
COOLDOWN 10m"""
COIN = """PLAN coin
TRADE btc ON M15
WHEN close < sma(4) THEN SELL RISK 1% STOP 2 ATR
WHEN held >= 90m THEN CLOSE"""
ACCOUNT = AccountConfig(record_moves=True)


class Crash(BaseException):
    """Stands for the end of the process."""


class Desk:
    """A folder, its database, and lives over a floor."""

    def __init__(self, folder: Path, bars: Mapping[str, Rates]) -> None:
        self.folder, self.floor = folder, Floor(folder, bars, now=BEGIN)
        self.said: list[str] = []
        self.feed: Mt5Feed | None = None
        self.calendar: str | None = None
        self.instance: Instance | None = None
        self.point: Callable[[str], None] = lambda name: None
        self.plans = folder / "plans"
        self.plans.mkdir()
        for name, text in (("yen", YEN), ("coin", COIN)):
            (self.plans / f"{name}.plan").write_text(text, encoding="utf-8")

    def run(self, until: int, at: Callable[[int], None] = lambda step: None, hands: Hand | None = None) -> Totals:
        """One life, until an instant; `at(n)` is called after step n."""
        steps = 0

        def point(name: str) -> None:
            nonlocal steps
            self.point(name)
            if name == "stepped":
                steps += 1
                at(steps)

        folder = PlanFolder(self.plans, catalog(), load_facts(), Graph())
        folder.scan()
        self.feed = self.floor.feed(calendar=self.calendar)
        settings = Settings(feed_text("Stand-in", NEW_YORK), ACCOUNT, None, MONDAY + 30 * DAY, self.floor.world.now)
        instance = Instance(
            folder,
            self.feed.dataset,
            catalog(),
            settings,
            self.folder / "run.db",
            self.feed,
            self.said.append,
            lambda scan: None,
            lambda: self.floor.world.now >= until,
            point,
        )
        self.instance = instance
        return instance.run(hands or Hand())

    def fills(self) -> list[tuple[object, ...]]:
        """What was filled, as the database has it."""
        db = sqlite3.connect(self.folder / "run.db")
        try:
            return db.execute(
                "select time, plan, leg, reason, price, profit from fill where reason != 'swap'"
                " order by time, plan, leg"
            ).fetchall()
        finally:
            db.close()


@pytest.fixture(scope="module")
def bars() -> Mapping[str, Rates]:
    return minutes(("usdjpy", "btc"))


@pytest.fixture
def desk(tmp_path: Path, bars: Mapping[str, Rates]) -> Desk:
    return Desk(tmp_path, bars)


def expected(desk: Desk, until: int, late: Sequence[LateBar] = ()) -> list[tuple[object, ...]]:
    """The fills of one engine over all that the feed kept, there from the beginning."""
    plans, _, _ = checked(YEN, COIN)
    assert desk.feed is not None
    dataset = begun(desk.feed._keeper.load(), desk.floor.profiles, 1 << 60, late)
    engine = Engine(dataset, ACCOUNT, catalog(), BEGIN, until)
    engine.activate(plans, [])
    fills = [e for e in engine.advance(until) if isinstance(e, Fill)]
    return sorted((f.time, f.plan, f.leg, f.reason, f.price, f.profit) for f in fills)


def test_trades_on_the_feed_are_those_over_the_whole_data(desk: Desk) -> None:
    until = BEGIN + 8 * HOUR
    told = desk.run(until)
    assert told.fills > 10
    assert desk.fills() == expected(desk, told.time)
    assert desk.said[0].endswith("the feed goes on")


def test_a_kill_and_a_quick_restart_change_nothing(desk: Desk) -> None:
    def kill(step: int) -> None:
        if step == 100:
            raise Crash

    until = BEGIN + 6 * HOUR
    with pytest.raises(Crash):
        desk.run(until, kill)
    told = desk.run(until)
    assert desk.fills() == expected(desk, told.time)


def test_late_bars_are_in_the_journal_and_a_restart_finds_the_same_orders(desk: Desk) -> None:
    def hide(step: int) -> None:
        faults = desk.floor.world.faults
        if step in (61, 130, 199):
            faults.add("hidden", "*", times=-1, bars=1)
        elif step in (62, 132, 203):
            faults.clear()

    until = BEGIN + 5 * HOUR
    first = desk.run(until, hide)
    journal = Journal(desk.folder / "run.db")
    late = late_bars(event.body for event in journal.events() if event.kind == "late")
    journal.close()
    assert len(late) >= 3
    fills = desk.fills()
    assert fills == expected(desk, first.time, late)
    desk.run(until + HOUR)  # recovery finds the same intents, or it refuses
    assert desk.fills()[: len(fills)] == fills


def test_three_hours_asleep_open_nothing_late_and_exits_are_made(desk: Desk) -> None:
    def sleep(step: int) -> None:
        if step == 60:
            desk.floor.wall.sleep_through(3 * HOUR)

    told = desk.run(BEGIN + 6 * HOUR, sleep)
    assert any("was away for" in text for text in desk.said)
    slept = (BEGIN + 61 * MINUTE, BEGIN + 61 * MINUTE + 3 * HOUR)
    entries = [f[0] for f in desk.fills() if f[3] == "entry"]
    assert not any(slept[0] <= int(str(time)) < slept[1] for time in entries)
    assert told.fills > 4


def test_a_changed_specification_halts_the_market_in_the_journal(desk: Desk) -> None:
    def change(step: int) -> None:
        if step == 30:
            desk.floor.world.specify(desk.floor.symbol("btc"), volume_step=0.1)

    desk.run(BEGIN + 5 * HOUR, change)
    assert any("`btc` is halted: the broker changed btc: volume_step was 0.01, is 0.1" in text for text in desk.said)
    after = [f for f in desk.fills() if f[1] == "coin" and f[3] == "entry" and int(str(f[0])) > BEGIN + 35 * MINUTE]
    assert not after


def test_a_plan_that_comes_later_brings_its_series(desk: Desk) -> None:
    def add(step: int) -> None:
        if step == 20:
            text = YEN.replace("PLAN yen", "PLAN more").replace("M15.sma(3)", "M30.sma(3)")
            (desk.plans / "more.plan").write_text(text, encoding="utf-8")

    (desk.plans / "more.plan").unlink(missing_ok=True)
    hands = Hand()

    def at(step: int) -> None:
        add(step)
        hands.changed = step == 20

    desk.run(BEGIN + 10 * MINUTE)
    assert desk.feed is not None
    assert ("usdjpy", "M30") not in desk.feed._roster.polled
    add(20)
    desk.run(BEGIN + 3 * HOUR, at)
    assert desk.feed is not None
    assert ("usdjpy", "M30") in desk.feed._roster.polled
    assert any(f[1] == "more" for f in desk.fills())


def test_a_killed_run_is_asked_why_it_did_nothing_from_the_bars_that_it_saw(desk: Desk) -> None:
    """The bars of the newest hour are in the tail alone: nobody has folded it."""
    until = BEGIN + 2 * HOUR
    desk.run(until)
    assert desk.feed is not None
    before = len(desk.fills())
    again = desk.floor.feed()
    again.open(Past(), checked(YEN, COIN)[0], [])
    again.start(until, [], [])
    desk.floor.world.advance(600)
    assert again.wait_until(until + 10 * MINUTE, lambda seconds: False)
    again.arrivals(until)
    again.deliver()
    journal = PastJournal(desk.folder / "run.db")
    world = world_of_run(journal, None)
    told = live_why_not(journal, world, "yen", None)
    journal.close()
    newest, fed = world.dataset.bars("usdjpy", "M1"), again.dataset.bars("usdjpy", "M1")
    assert newest is not None
    assert fed is not None
    assert newest.close.tolist() == fed.close.tolist()
    assert told.plan == "yen"
    assert before == len(desk.fills())


QUIET = """PLAN yen
TRADE usdjpy ON M5
WHEN close > sma(3) AND NOT news.blackout(before=30m, after=30m) THEN BUY RISK 1% STOP 10 pips
WHEN held >= 5m THEN CLOSE"""
NEWS = """time,currency,impact,event
2026-05-25 12:00,USD,high,CPI
2026-05-25 12:00,JPY,high,CPI
2026-06-10 12:00,USD,low,A
2026-06-10 12:00,JPY,low,A
2026-07-05 13:00,USD,high,CPI
2026-07-05 13:00,JPY,high,CPI
"""
LEARNT = NEWS + "2026-06-22 23:00,USD,high,NFP\n"


def test_an_event_that_the_calendar_learns_of_keeps_away_and_a_replay_knows_when(desk: Desk) -> None:
    """The run begins at 21:00 UTC; after an hour the calendar lists an event at 23:00: nothing from 22:30 to 23:30."""
    calendar = desk.folder / "news.csv"
    calendar.write_text(NEWS, encoding="utf-8")
    desk.calendar = str(calendar)
    (desk.plans / "yen.plan").write_text(QUIET, encoding="utf-8")
    (desk.plans / "coin.plan").unlink()

    def learn(step: int) -> None:
        if step == 20:
            calendar.write_text(LEARNT, encoding="utf-8")
        assert desk.feed is not None
        assert desk.feed._news is not None
        if desk.feed._news._thread is not None:
            desk.feed._news._thread.join()  # time flies here, and must not pass the thread that reads

    desk.run(BEGIN + 4 * HOUR, learn)
    journal = Journal(desk.folder / "run.db")
    events = [event for event in journal.events() if event.kind == "news"]
    journal.close()
    first, second = (event.time for event in events)
    assert first == BEGIN
    assert second - BEGIN in (60 * MINUTE, 61 * MINUTE)  # asked for at the hour; the answer may come a step later
    entries = [int(str(f[0])) for f in desk.fills() if f[3] == "entry"]
    away = [BEGIN + 90 * MINUTE <= t <= BEGIN + 150 * MINUTE for t in entries]
    assert not any(away)
    assert min(entries) < BEGIN + 90 * MINUTE
    assert max(entries) > BEGIN + 150 * MINUTE
    desk.run(BEGIN + 5 * HOUR)  # recovery finds the same orders, or it refuses


def test_a_plan_that_is_saved_while_nobody_answers_begins_when_somebody_does(tmp_path: Path) -> None:
    """It needs a market that nobody fed before; until its bars are there another version of it runs, or none."""
    desk = Desk(tmp_path, minutes(("usdjpy", "btc", "eurusd")))
    ran: list[dict[str, str]] = []

    def at(step: int) -> None:
        assert desk.instance is not None
        run = desk.instance._run_state
        assert run is not None
        ran.append({p.name: p.market for p in run.active.plans})
        if step == 20:
            desk.floor.world.faults.add("error", "*", times=60, code=-10004)
            (desk.plans / "euro.plan").write_text(COIN.replace("coin", "euro").replace("btc", "eurusd"), "utf-8")
            (desk.plans / "coin.plan").write_text(COIN.replace("btc", "eurusd"), encoding="utf-8")
            desk.instance.reload()

    desk.run(BEGIN + 2 * HOUR, at)
    assert desk.feed is not None
    assert desk.feed.readings.away >= 1
    assert ran[20] == {"yen": "usdjpy", "coin": "btc"}
    assert ran[-1] == {"yen": "usdjpy", "coin": "eurusd", "euro": "eurusd"}
    assert [text for text in desk.said if "begins when somebody does" in text and "`euro`" in text]
    assert not [text for text in desk.said if "put aside" in text]
    again = desk.run(BEGIN + 3 * HOUR)  # and a restart finds the same again
    assert again.steps > 50
