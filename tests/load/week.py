"""A run of many plans on the feed and the account of a terminal, which disturbers edit and command while it goes on.

The real bridge and client over TCP, the stand-in behind it, simulated markets, the database on disk; time runs as
fast as the parts hold, and the broker is looked at several times a minute of it.
"""

from __future__ import annotations

import sqlite3
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tradeplan.dsl.graph import Graph
from tradeplan.runtime.broker.account import AccountName, AccountRule
from tradeplan.runtime.broker.limits import UNLIMITED
from tradeplan.runtime.broker.mt5 import Markets, Mt5Broker
from tradeplan.runtime.cli._broker_mt5 import FeedTimes
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.feed.wall import Sleep, Wall
from tradeplan.runtime.live.folder import PlanFolder, Scan
from tradeplan.runtime.live.instance import Instance, Settings, Totals
from tradeplan.runtime.market.facts import load_facts
from tradeplan.runtime.market.news_windows import NewsClock
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.simulator import simulated_dataset
from tradeplan.runtime.market.simulator.models import MARKETS
from tradeplan.runtime.market.simulator.news import simulated_news
from tradeplan.stdlib.registry import catalog

from tests.load.meter import Held, TimedFeed, resident
from tests.load.overheard import Overheard
from tests.load.plans import name_of, texts
from tests.mt5.served import Control, Served
from tests.runtime.feed.floor import DAY, HOUR, MONDAY, NEW_YORK, array_of
from tests.runtime.live.world import Hand

HISTORY_DAYS = 20
BALANCE = 10_000_000.0
POLL_SECONDS = 20.0
"""How often the broker is looked at between two instants, in seconds of the run's time."""
PAPER_SECONDS = 120.0


class ServedWall(Wall):
    """Time that moves by waiting alone, in the stand-in's process and here."""

    def __init__(self, control: Control, now: int, longest: float, real_from: int) -> None:
        self._control, self._now, self.longest = control, now, longest
        self.real_from = real_from  # from here on a second takes a second

    def now(self) -> int:
        return self._now

    def steady(self) -> float:
        return self._now / 1000.0

    def pause(self, seconds: float, sleep: Sleep) -> bool:
        if self._now < self.real_from:
            self._now += max(1, round(seconds * 1000))
            self._control("advance_to", self._now)
            return sleep(0.0)
        began, self.longest = time.monotonic(), Wall.longest
        woken = sleep(seconds)
        self._now += max(1, round(1000.0 * (time.monotonic() - began)))
        self._control("advance_to", self._now)
        return woken


class Editor(Hand):
    """Says that files changed when they did; `sleeps` where a second takes a second."""

    sleeps = False

    def wait(self, seconds: float) -> bool:
        if self.sleeps and not self.changed:
            time.sleep(seconds)
        return super().wait(seconds)


class Disturber:
    """Somebody who does something to a run between two of its instants."""

    def begin(self, week: Week) -> None:
        """The run has recovered and steps from now on."""

    def stepped(self, week: Week) -> None:
        """An instant was handled."""

    def end(self, week: Week) -> None:
        """It is over, and its database closed."""


@dataclass
class Week:
    """What is run, and what it came to."""

    folder: Path
    plans: int = 60
    markets: int = 16
    hours: float = 120.0
    trades: bool = True
    disturbers: Sequence[Disturber] = ()
    said: list[str] = field(default_factory=list)
    instants: array[int] = field(default_factory=lambda: array("q"))
    steps: array[float] = field(default_factory=lambda: array("d"))  # ms from the delivered bars to the decisions
    memory: array[float] = field(default_factory=lambda: array("d"))  # MB
    begun_with: Held = field(default_factory=Held)  # when a fifth was over
    ended_with: Held = field(default_factory=Held)
    seconds: float = 0.0
    real_seconds: float = 0.0  # so long at the end it goes at real speed
    real_lasted: float = 0.0
    real_busy: float = 0.0  # of them, processor time of this process
    fed: tuple[int, int, int] = (0, 0, 0)  # markets, timeframes, series
    hand: Editor = field(default_factory=Editor)
    wall: ServedWall = field(init=False)
    feed: TimedFeed = field(init=False)
    instance: Instance = field(init=False)
    broker: Mt5Broker | None = None
    overheard: Overheard | None = None
    totals: Totals = field(init=False)
    account: dict[str, Any] = field(default_factory=dict)  # the stand-in's state at the end

    def __post_init__(self) -> None:
        self.profiles = load_profiles().with_day(NEW_YORK)
        tradable = [name for name in sorted(MARKETS) if self.profiles[name].tradable]
        self.names = tradable[: self.markets]

    @property
    def database(self) -> Path:
        """The database of the run."""
        return self.folder / "run.db"

    @property
    def files(self) -> Path:
        """The folder of plans."""
        return self.folder / "plans"

    def write(self, number: int, text: str) -> None:
        """Save a plan, as an editor does."""
        (self.files / self.file(number)).write_text(text, encoding="utf-8")

    def file(self, number: int) -> str:
        """The file of a plan."""
        return f"{number:02}.plan"

    def name(self, number: int) -> str:
        """The name of a plan."""
        return name_of(number, self.names)

    def run(self) -> Week:
        """All of it."""
        start, fast = MONDAY, MONDAY + round(self.hours * HOUR)
        end = fast + round(1000 * self.real_seconds)
        data = simulated_dataset(self.names, days=HISTORY_DAYS + round(self.hours / 24) + 1, seed=5, end_ms=end + HOUR)
        fed = data.markets()
        symbols = [symbol_of(self.profiles[m]) for m in fed]
        bars = {self.profiles[m].symbols[0]: {"M1": array_of(data.rates(m, "M1"))} for m in fed}
        news = simulated_news(start - HISTORY_DAYS * DAY, end + DAY)
        del data
        self.files.mkdir(parents=True)
        for i, text in enumerate(texts(self.names, self.plans)):
            self.write(i, text)
        scenario: dict[str, Any] = {"now": start, "zone": "America/New_York+7", "account": {"balance": BALANCE}}
        with Served(self.folder / "terminal", symbols=symbols, bars=bars, **scenario) as served:
            del bars
            self.wall = ServedWall(served.control, start, POLL_SECONDS if self.trades else PAPER_SECONDS, fast)
            bars_folder = self.folder / "bars"
            self.feed = TimedFeed(served.client, self.profiles, bars_folder, wall=self.wall, history_bars=1_000)
            self.feed.control = served.control
            self.feed.dataset.news = NewsClock(lambda: news)
            if self.trades:
                rule = AccountRule(AccountName(5_001, "StandIn-Demo"), "USD", False)
                traded, times = Markets(served.client, self.profiles), FeedTimes(self.feed)
                steady = self.wall.steady
                self.overheard = line = Overheard(served.client, self.held)
                self.broker = Mt5Broker(line, times, rule, UNLIMITED, traded, self.said.append, timer=steady)
            self._live(start, fast, end)
            series = list(self.feed._roster.polled)
            self.fed = len({m for m, _ in series}), len({t for _, t in series}), len(series)
            self.account = served.control.state()
        for disturber in self.disturbers:
            disturber.end(self)
        return self

    def _live(self, start: int, fast: int, end: int) -> None:
        folder = PlanFolder(self.files, catalog(), load_facts(), Graph())
        scan = folder.scan()
        assert not scan.broken, scan.broken
        began, real = time.perf_counter(), (0.0, 0.0)

        def point(name: str) -> None:
            nonlocal began
            if name == "recovered":
                self.feed.begin()
                began = time.perf_counter()
            elif name == "decided":
                self.steps.append(1000.0 * (time.perf_counter() - self.feed.delivered))
            elif name == "stepped":
                if not self.instants:
                    for disturber in self.disturbers:
                        disturber.begin(self)
                self.instants.append(self.wall.now())
                self.memory.append(resident())
                if self.wall.now() <= start + (fast - start) // 5:
                    self.begun_with = Held.by(self.feed)
                for disturber in self.disturbers:
                    disturber.stepped(self)

        def over() -> bool:
            nonlocal real
            now = self.wall.now()
            if now > fast and not self.seconds:
                self.hand.sleeps, self.ended_with = True, Held.by(self.feed)
                self.seconds, real = time.perf_counter() - began, (time.perf_counter(), time.process_time())
            return now > end

        settings = Settings("mt5", AccountConfig(balance=BALANCE), start, MONDAY + 30 * DAY)
        self.instance = Instance(
            folder,
            self.feed.dataset,
            catalog(),
            settings,
            self.database,
            self.feed,
            self.said.append,
            self._seen,
            over,
            point,
            broker=self.broker,
        )
        self.totals = self.instance.run(self.hand)
        self.real_lasted, self.real_busy = time.perf_counter() - real[0], time.process_time() - real[1]

    def _seen(self, scan: Scan) -> None:
        self.said += scan.problems

    def held(self) -> frozenset[str]:
        """The scopes that are halted by hand at this moment."""
        run = self.instance._run_state
        return frozenset() if run is None else run.engine.held

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        db = sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)
        try:
            return db.execute(query, values).fetchall()
        finally:
            db.close()


def symbol_of(profile: SymbolProfile) -> dict[str, Any]:
    """The stand-in's symbol of a market."""
    forex = profile.contract_size == 100_000.0
    return {
        "name": profile.symbols[0],
        "digits": profile.digits,
        "contract": profile.contract_size,
        "base": profile.base_currency,
        "profit": profile.profit_currency,
        "volume_min": profile.lot_min,
        "volume_step": profile.lot_step,
        "volume_max": profile.lot_max,
        "tick_size": profile.tick_size,
        "calc_mode": 0 if forex else 4,
    }
