"""A trading floor for feeds: a stand-in terminal over simulated or given bars, and a wall clock that moves with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.feed.mt5_feed import Mt5Feed
from tradeplan.runtime.feed.past import bars_folder
from tradeplan.runtime.feed.wall import Sleep, Wall
from tradeplan.runtime.live.feed import Past
from tradeplan.runtime.market.profiles import Profiles, load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.simulator import simulated_dataset
from tradeplan.runtime.mt5.terminal import Call, Reply

from tests.mt5.in_process import InProcess
from tests.mt5.stand_in.MetaTrader5.symbol import Symbol
from tests.mt5.stand_in.MetaTrader5.terminal import StandIn
from tests.mt5.stand_in.MetaTrader5.world import World

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
MONDAY = 1_782_075_600_000  # 2026-06-21 21:00 UTC: the week opens in New York
NEW_YORK = "17:00 America/New_York"


class MovingWall(Wall):
    """A wall clock that moves only by waiting, and moves the world with it. `error`: how far it is ahead, in ms."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.error = 0
        self.wakes = False  # whether somebody wants to be looked at during waits
        self._steady = 0.0

    def now(self) -> int:
        return self.world.now + self.error

    def steady(self) -> float:
        return self._steady

    def pause(self, seconds: float, sleep: Sleep) -> bool:
        step = max(1, round(seconds * 1000))
        self.world.advance_to(self.world.now + step)
        self._steady += step / 1000.0
        return self.wakes

    def sleep_through(self, milliseconds: int) -> None:
        """The machine sleeps: the world goes on, the steady clock stands still."""
        self.world.advance_to(self.world.now + milliseconds)


class Counting(InProcess):
    """Counts round trips and keeps the calls of each."""

    def __init__(self, stand_in: StandIn) -> None:
        super().__init__(stand_in)
        self.trips: list[list[Call]] = []

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        self.trips.append(list(calls))
        return super().batch(calls)


def array_of(rates: Rates) -> np.ndarray:
    """Rates as the stand-in takes them: UTC seconds."""
    names = ("open", "high", "low", "close", "tick_volume", "spread", "real_volume")
    kinds = [("time", "<i8"), *((n, "<f8") for n in names[:4]), *((n, "<i8") for n in names[4:])]
    rows = np.zeros(len(rates), dtype=kinds)
    rows["time"] = rates.time // 1000
    for name in names:
        rows[name] = getattr(rates, name)
    return rows


def minutes(markets: Sequence[str], days: int = 5, seed: int = 3, end: int = MONDAY + 3 * DAY) -> dict[str, Rates]:
    """M1 bars of simulated markets, with whole volumes as a terminal has them."""
    data = simulated_dataset(markets, days=days, seed=seed, end_ms=end)
    found = {}
    for market in markets:
        rates = data.rates(market, "M1")
        volume = np.maximum(np.rint(rates.tick_volume), 4.0)
        spread = np.maximum(rates.spread, 1).astype(np.int32)
        prices = rates.open, rates.high, rates.low, rates.close
        found[market] = Rates(rates.time, *prices, volume, spread, np.rint(rates.real_volume))
    return found


@dataclass
class Floor:
    """A world with markets, and feeds over it that share a folder, one life after the other."""

    folder: Path
    bars: Mapping[str, Rates]
    now: int = MONDAY + DAY
    zone: str = "America/New_York+7"
    day: str | None = NEW_YORK
    suffix: str = ""
    profiles: Profiles = field(init=False)
    world: World = field(init=False)
    terminal: Counting = field(init=False)
    wall: MovingWall = field(init=False)

    def __post_init__(self) -> None:
        shipped = load_profiles()
        self.profiles = shipped if self.day is None else shipped.with_day(self.day)
        self.world = World(self.now, self.zone)
        for market, rates in self.bars.items():
            self.world.add(Symbol(self.symbol(market), digits=self.profiles[market].digits), array_of(rates), "M1")
        self.terminal = Counting(StandIn(self.world))
        self.wall = MovingWall(self.world)

    def symbol(self, market: str) -> str:
        """What this broker calls a market."""
        return self.profiles[market].symbols[0] + self.suffix

    def feed(self, history_bars: int = 500, calendar: str | None = None) -> Mt5Feed:
        """A new life of the feed."""
        return Mt5Feed(
            self.terminal,
            self.profiles,
            bars_folder(self.folder / "run.db"),
            wall=self.wall,
            history_bars=history_bars,
            calendar=calendar,
        )

    def begun(
        self, plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard] = (), history_bars: int = 500
    ) -> Mt5Feed:
        """A feed at work from now on."""
        feed = self.feed(history_bars)
        feed.open(Past(), plans, guards)
        feed.start(self.world.now, [], [])
        return feed
