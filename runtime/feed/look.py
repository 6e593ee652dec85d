"""What a feed sees of its broker beside bars: quotes, by which the clock is measured, and specifications."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from tradeplan.runtime.feed.asking import ask, newest_bars, raw_bars
from tradeplan.runtime.feed.broker_clock import BrokerClock
from tradeplan.runtime.feed.history import most_bars
from tradeplan.runtime.feed.readings import FeedReadings
from tradeplan.runtime.feed.server_rule import WeekOpen, week_opens
from tradeplan.runtime.feed.symbols import Specifications, specification
from tradeplan.runtime.feed.wall import Watch
from tradeplan.runtime.market.growing import Growing
from tradeplan.runtime.mt5.terminal import Call, Reply, Terminal

SPECIFICATION_MS = 60_000
"""How often specifications are looked at."""
MEASURE_LOOKS = 64
MEASURE_SECONDS = 0.25
HOURS_OF_A_YEAR = 6_500


class Look:
    """The broker through a terminal's eyes. `quotes` is the UTC time of the newest quote of any market, in ms."""

    def __init__(
        self,
        terminal: Terminal,
        clock: BrokerClock,
        watch: Watch,
        now: Callable[[], int],
        specifications: Specifications,
        readings: FeedReadings,
    ) -> None:
        """`now` is this machine's clock in UTC ms."""
        self.symbols: dict[str, str] = {}
        self.quotes = 0
        self.newest: dict[str, int] = {}  # by market, in ms of the broker's clock
        self.halts: list[tuple[str, str]] = []
        self._terminal, self._clock, self._watch, self._now = terminal, clock, watch, now
        self._specifications, self._readings = specifications, readings
        self._weeks: list[WeekOpen] = []
        self._looked = 0
        self._settled = False
        self._wrong: str | None = None

    def now(self) -> int:
        """UTC by the broker's quotes where they have been measured, else by this machine."""
        return self._now() + self._clock.skew

    def past(self) -> int:
        """A time that the broker's clock has certainly passed: its newest quote, and never later than now."""
        return min(self.quotes, self.now()) if self._clock.agrees(self.now()) else 0

    def ask(self, calls: Sequence[Call]) -> list[Reply]:
        """One round trip, counted; raises TerminalAway."""
        began = self._watch.wall.steady()
        replies = ask(self._terminal, calls)
        self._readings.fetched(self._watch.wall.steady() - began)
        return replies

    def calls(self, markets: Sequence[str]) -> list[Call]:
        """What to ask for quotes."""
        return [Call("symbol_info_tick", (self.symbols[market],)) for market in markets]

    def see_quotes(self, markets: Sequence[str], replies: Sequence[Reply]) -> None:
        """Take in quotes: the broker's time, and how old each market's price is."""
        times = {m: int(r.value.time_msc) for m, r in zip(markets, replies, strict=True) if r.value is not None}
        self.newest |= times
        newest = max(times.values(), default=0)
        if not newest:
            return
        if self._clock.observe(self._now(), newest):
            self.agree()
        self.quotes = self._clock.to_utc_ms(newest / 1000.0)
        now = self._now() + self._clock.skew
        for market, time in times.items():
            self._readings.quote_age[market] = max(0.0, (now - self._clock.to_utc_ms(time / 1000.0)) / 1000.0)

    def begin(self, markets: Sequence[str], dataset: Growing) -> None:
        """Know the broker's clock before anything is told by it."""
        self.measure(markets)
        self.learn_weeks(dataset)
        self.settle()

    def measure(self, markets: Sequence[str]) -> None:
        """Look at quotes until some have moved, or for so long that the markets must be closed."""
        for _ in range(MEASURE_LOOKS):
            self.see_quotes(markets, self.ask(self.calls(markets)))
            if self._clock.offset is not None:
                return
            self._watch.pause(MEASURE_SECONDS)

    def learn_weeks(self, dataset: Growing) -> None:
        """A year of week opens of the first market that has weekends: they tell the broker's summer time."""
        most = most_bars(self._terminal)
        for market, symbol in sorted(self.symbols.items()):
            hours = dataset.calendar(market).hours
            if hours.always:
                continue
            (reply,) = self.ask([newest_bars(symbol, "H1", 0, min(HOURS_OF_A_YEAR, most))])
            rows = raw_bars(reply)
            if rows is not None and len(rows):
                self._weeks = week_opens(np.ascontiguousarray(rows["time"]) * 1000, hours.starts)
                return

    def settle(self) -> None:
        """Choose the broker's rule for this run; bars that were told by it must not move afterwards."""
        self._clock.settle(self._now(), self._weeks)
        self._settled = True
        self.agree()

    def agree(self) -> None:
        """Where the broker's rule is not the profiles', or clocks do not agree, nothing more is opened."""
        wrong = self._clock.complaint(self._now()) if self._settled else None
        if wrong is not None and wrong != self._wrong:
            self.halts.append(("", wrong))
        self._wrong = wrong

    def specifications_due(self) -> bool:
        """Whether it is time to look at specifications."""
        return self._now() - self._looked >= SPECIFICATION_MS

    def specification_calls(self, markets: Sequence[str]) -> list[Call]:
        """What to ask for specifications."""
        return [Call("symbol_info", (self.symbols[market],)) for market in markets]

    def see_specifications(self, markets: Sequence[str], replies: Sequence[Reply]) -> None:
        """Compare with what was accepted; a market that is another now opens nothing more."""
        self._looked = self._now()
        for market, reply in zip(markets, replies, strict=True):
            if reply.value is None:
                continue
            changed = self._specifications.changed(market, specification(reply.value))
            if changed:
                why = f"the broker changed {market}: {'; '.join(changed)}; see that the profile fits, then"
                self.halts.append((market, f"{why} `plan resume {market}`"))
