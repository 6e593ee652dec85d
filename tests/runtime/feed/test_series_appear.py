"""Series that a terminal gets while a run goes on, or while it is down: a restart decides as before and goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest
from tradeplan.runtime.feed.coming import Coming
from tradeplan.runtime.market.appearing import Appearance
from tradeplan.runtime.market.columns import take
from tradeplan.runtime.market.growing import Growing
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.store import BarStore
from tradeplan.runtime.store.journal import Journal

from tests.mt5.stand_in.MetaTrader5.symbol import Symbol
from tests.runtime.feed.floor import HOUR, MINUTE, array_of, minutes
from tests.runtime.feed.test_instance_on_mt5 import BEGIN, Crash, Desk
from tests.runtime.live.world import Hand

AFTER = """PLAN yen
TRADE usdjpy ON M5
WHEN close > M15.sma(3) AND eurusd.M15.close > 0 THEN BUY RISK 1% STOP 10 pips TARGET 1R
WHEN held >= 10m THEN CLOSE"""


@pytest.fixture(scope="module")
def bars() -> Mapping[str, Rates]:
    return minutes(("usdjpy", "eurusd"))


def desk_of(folder: Path, bars: Mapping[str, Rates], text: str, **cut: int) -> Desk:
    """A desk with one plan, whose terminal lacks the bars of a market that opened before a time."""
    shown = {m: take(rates, rates.time >= cut.get(m, 0)) for m, rates in bars.items()}
    desk = Desk(folder, {market: rates for market, rates in shown.items() if len(rates)})
    for file in desk.plans.iterdir():
        file.unlink()
    (desk.plans / "yen.plan").write_text(text, encoding="utf-8")
    return desk


def bring(desk: Desk, bars: Mapping[str, Rates], market: str) -> None:
    """The terminal has a market now, and all of its history."""
    symbol = Symbol(desk.floor.symbol(market), digits=desk.floor.profiles[market].digits)
    desk.floor.world.add(symbol, array_of(bars[market]), "M1")


def appeared(desk: Desk) -> list[tuple[int, str, str]]:
    """When series came to be known, by the journal."""
    journal = Journal(desk.folder / "run.db")
    found = [(e.time, str(e.body["market"]), str(e.body["timeframe"])) for e in journal.events() if e.kind == "series"]
    journal.close()
    return found


def entries(desk: Desk) -> list[int]:
    return [int(str(f[0])) for f in desk.fills() if f[3] == "entry"]


def after(step: int, do: Callable[[], object]) -> Callable[[int], None]:
    def look(at: int) -> None:
        if at == step:
            do()

    return look


def nothing(step: int) -> None:
    return


NEVER = 1 << 60


def folder(root: Path, name: str) -> Path:
    (root / name).mkdir()
    return root / name


def test_a_series_that_appears_while_running_is_seen_from_then_on_by_a_replay_too(
    tmp_path: Path, bars: Mapping[str, Rates]
) -> None:
    """Its plan buys only while the other market has a bar; a twin that is not restarted decides the same."""
    desks = [desk_of(folder(tmp_path, name), bars, AFTER, eurusd=NEVER) for name in ("one", "two")]
    for desk, lives in zip(desks, ([3], [1, 2, 3]), strict=True):
        came = after(30, partial(bring, desk, bars, "eurusd"))
        for life, hours in enumerate(lives):
            desk.run(BEGIN + hours * HOUR, nothing if life else came)
    (known,) = appeared(desks[1])
    assert known[1:] == ("eurusd", "M15")
    assert BEGIN + 30 * MINUTE <= known[0] <= BEGIN + 32 * MINUTE
    assert appeared(desks[0]) == [known]
    assert min(entries(desks[0])) >= known[0]
    assert len(entries(desks[0])) >= 4
    assert desks[1].fills() == desks[0].fills()


def test_a_series_that_appears_while_the_program_is_down_was_not_known_before(
    tmp_path: Path, bars: Mapping[str, Rates]
) -> None:
    desk = desk_of(
        tmp_path,
        bars,
        AFTER + '\nWHEN close < M15.sma(3) AND NOT known(eurusd.M15.close) THEN ALERT "alone"',
        eurusd=NEVER,
    )
    desk.run(BEGIN + HOUR // 2)
    assert not entries(desk)
    bring(desk, bars, "eurusd")
    desk.run(BEGIN + 2 * HOUR)
    assert [key[1:] for key in appeared(desk)] == [("eurusd", "M15")]
    first = entries(desk)
    assert min(first) > BEGIN + HOUR // 2
    desk.run(BEGIN + 150 * MINUTE)
    assert entries(desk)[: len(first)] == first
    assert len(appeared(desk)) == 1


LONG = """PLAN yen
TRADE usdjpy ON M5
WHEN close > sma(30) AND eurusd.M15.sma(30) > 0 THEN BUY RISK 1% STOP 10 pips TARGET 1R
WHEN held >= 10m THEN CLOSE"""


def test_history_that_deepens_is_seen_from_then_on_by_a_replay_too(tmp_path: Path, bars: Mapping[str, Rates]) -> None:
    """The terminal knows 20 bars of everything at first; in 45 minutes there come 9 of M5 and 3 of M15: no 30 yet."""
    desks = [desk_of(folder(tmp_path, name), bars, LONG) for name in ("one", "two")]
    for desk, lives in zip(desks, ([3], [1, 3]), strict=True):
        switches = desk.floor.world.switches
        switches["maxbars"] = 20
        for life, hours in enumerate(lives):
            warm = partial(switches.update, maxbars=100_000)
            desk.run(BEGIN + hours * HOUR, nothing if life else after(45, warm))
    known = appeared(desks[0])
    assert {key[1:] for key in known} == {("usdjpy", "M5"), ("eurusd", "M15")}
    assert appeared(desks[1]) == known
    assert min(entries(desks[0])) >= BEGIN + 45 * MINUTE
    assert entries(desks[0])
    assert desks[1].fills() == desks[0].fills()
    assert desks[0].feed is not None
    seen = desks[0].feed.dataset.bars("usdjpy", "M5")
    assert seen is not None
    assert len(seen) > 300  # the week is 28 hours old


def test_a_plan_whose_market_the_broker_gets_later_begins_then(tmp_path: Path, bars: Mapping[str, Rates]) -> None:
    """Nothing runs until then; nothing is decided on the bars from before."""
    desk = desk_of(tmp_path, bars, AFTER, usdjpy=NEVER)
    waits = 0

    class Idle(Hand):
        def wait(self, seconds: float) -> bool:
            nonlocal waits
            waits += 1
            desk.floor.world.advance(20)
            if waits == 60:
                bring(desk, bars, "usdjpy")
            return False

    desk.run(BEGIN + 2 * HOUR, hands=Idle())
    assert any("there are no M1 bars of usdjpy so far: it begins when there are" in text for text in desk.said)
    came = [time for time, market, _ in appeared(desk) if market == "usdjpy"]
    assert len(came) >= 2
    assert min(entries(desk)) > BEGIN + 20 * MINUTE
    first = desk.fills()
    desk.run(BEGIN + 150 * MINUTE, hands=Hand())
    assert desk.fills()[: len(first)] == first


def test_a_kill_between_the_journal_and_the_bars_loses_nothing(tmp_path: Path, bars: Mapping[str, Rates]) -> None:
    desk = desk_of(tmp_path, bars, AFTER, eurusd=NEVER)

    def kill(name: str) -> None:
        if name == "series journalled":
            raise Crash

    desk.point = kill
    with pytest.raises(Crash):
        desk.run(BEGIN + 2 * HOUR, after(30, lambda: bring(desk, bars, "eurusd")))
    desk.point = lambda name: None
    (known,) = appeared(desk)
    desk.run(BEGIN + 2 * HOUR)
    assert appeared(desk) == [known]  # its bars were there, so it is not asked for again
    first = desk.fills()
    assert len(entries(desk)) >= 2
    desk.run(BEGIN + 3 * HOUR)
    assert desk.fills()[: len(first)] == first


def test_bars_that_the_journal_does_not_name_were_never_seen(tmp_path: Path, bars: Mapping[str, Rates]) -> None:
    store = BarStore(tmp_path)
    rates = bars["eurusd"]
    one = Appearance("eurusd", "M1", int(rates.time[0]), int(rates.time[-1]))
    for named in (False, True):
        Coming(store, "test").put(one, rates)
        again = Coming(store, "test")
        again.settle([one] if named else [])
        assert not (tmp_path / "coming").exists()
        assert [m.market for m in store.list()] == (["eurusd"] if named else [])


def test_a_run_goes_on_when_the_broker_has_lost_a_symbol(tmp_path: Path, bars: Mapping[str, Rates]) -> None:
    """What it decided by its bars stays decided; from then on the other market is UNKNOWN."""
    desk = desk_of(tmp_path, bars, AFTER)
    desk.run(BEGIN + 90 * MINUTE)
    first = desk.fills()
    assert first
    del desk.floor.world.markets[desk.floor.symbol("eurusd")]
    desk.run(BEGIN + 3 * HOUR)
    assert desk.fills()[: len(first)] == first
    assert max(entries(desk)) < BEGIN + 150 * MINUTE


def test_two_runs_beside_each_other_know_each_what_they_knew(tmp_path: Path, bars: Mapping[str, Rates]) -> None:
    """One began before the broker had the market, one after it; both restart."""
    early = desk_of(folder(tmp_path, "early"), bars, AFTER, eurusd=NEVER)
    early.run(BEGIN + HOUR // 2)
    bring(early, bars, "eurusd")
    later = desk_of(folder(tmp_path, "later"), bars, AFTER)
    later.floor.world, later.floor.terminal, later.floor.wall = (
        early.floor.world,
        early.floor.terminal,
        early.floor.wall,
    )
    for minutes_on in (60, 90):
        early.run(BEGIN + minutes_on * MINUTE)
        later.run(BEGIN + (minutes_on + 15) * MINUTE)
    assert [key[1:] for key in appeared(early)] == [("eurusd", "M15")]
    assert appeared(later) == []


QUICK = """PLAN yen
TRADE usdjpy ON M1
WHEN close > sma(3) THEN BUY RISK 1% STOP 10 pips
WHEN held >= 2m THEN CLOSE"""


def test_a_plan_put_into_an_idle_run_enters_nothing_on_bars_that_are_past(
    tmp_path: Path, bars: Mapping[str, Rates]
) -> None:
    """It comes after two hours in which nothing ran; a plan that was there from the beginning enters 19 times then."""
    desk = desk_of(tmp_path, bars, QUICK)
    (desk.plans / "yen.plan").unlink()

    class Idle(Hand):
        def wait(self, seconds: float) -> bool:
            self.waits += 1
            desk.floor.wall.pause(60, lambda seconds: False)
            if self.waits == 120:
                (desk.plans / "yen.plan").write_text(QUICK, encoding="utf-8")
                self.changed = True
            return False

    desk.run(BEGIN + 3 * HOUR, hands=Idle())
    assert min(entries(desk)) > BEGIN + 2 * HOUR
    assert len(entries(desk)) > 4


def test_what_appeared_and_grew_is_hidden_from_a_replay_until_it_appears(bars: Mapping[str, Rates]) -> None:
    """First ten bars, then the hundred before them, then ten more; a replay in the same process goes through them."""
    rates = bars["eurusd"]
    times = rates.time
    dataset = Growing(load_profiles())
    first = Appearance("eurusd", "M1", int(times[100]), int(times[109]))
    older = Appearance("eurusd", "M1", int(times[0]), int(times[99]), first.opens)

    def seen() -> list[int]:
        found = dataset.bars("eurusd", "M1")
        return [] if found is None else found.open_time.tolist()

    dataset.bring(first, take(rates, slice(100, 110)))
    dataset.bring(older, take(rates, slice(0, 100)))
    dataset.append("eurusd", "M1", take(rates, slice(110, 120)))
    assert seen() == times[:120].tolist()
    for _ in range(2):
        dataset.rewind()
        assert seen() == []
        assert dataset.markets() == ()
        dataset.appear(first)
        assert seen() == times[100:120].tolist()
        dataset.appear(older)
        assert seen() == times[:120].tolist()
    dataset.append("eurusd", "M1", take(rates, slice(120, 130)))
    dataset.rewind()
    dataset.appear(first)
    assert seen() == times[100:130].tolist()
