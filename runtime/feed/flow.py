"""Ticks and books of the markets whose plans read them: asked for, waited for, written down, and told to the dataset.

The law: once a bar has been told, nothing that happened up to its close is added to a stream of its market. What was
not there by then is left out, and the streams' spans say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.feed.asking import TerminalAway
from tradeplan.runtime.feed.book_feed import BookFeed
from tradeplan.runtime.feed.broker_clock import BrokerClock
from tradeplan.runtime.feed.look import Look
from tradeplan.runtime.feed.readings import FeedReadings
from tradeplan.runtime.feed.stream_keeper import Part, StreamKeeper
from tradeplan.runtime.feed.stream_need import streams_needed
from tradeplan.runtime.feed.tick_feed import TickFeed
from tradeplan.runtime.market.growing import Growing
from tradeplan.runtime.market.streams.events import empty
from tradeplan.runtime.market.streams.growing import GrowingStreams, Key
from tradeplan.runtime.mt5.terminal import Call, Reply

LONGEST_MS = 7 * 86_400_000
"""Further back no ticks are asked for at a start, however far plans look back."""
POLL_SECONDS = 0.1
COLD_LOOKS = 8
COLD_SECONDS = 0.25
"""A terminal that must ask its server for ticks first gives few of them, or none."""
AWAY_MS = 2_000
"""How soon books are looked at again after nobody answered."""
TOLD = {"ticks": "ticks", "book": "order book"}


class Flow:
    """The streams of a run. Times are UTC ms; `streams` are what its dataset reads."""

    def __init__(
        self,
        look: Look,
        clock: BrokerClock,
        keeper: StreamKeeper,
        readings: FeedReadings,
        tell: Callable[[str], None],
        pause: Callable[[float], object],
    ) -> None:
        """`tell` takes words for people, `pause` waits so many seconds."""
        self.streams = GrowingStreams(keeper)
        self._look, self._clock, self._keeper, self._readings = look, clock, keeper, readings
        self._tell, self._pause = tell, pause
        self._feeds: dict[Key, TickFeed | BookFeed] = {}
        self._asked: list[tuple[Key, int]] = []
        self._unwritten: list[tuple[Key, Part]] = []
        self._lacking: set[Key] = set()
        self._holes: frozenset[Key] = frozenset()
        self._with_history = True
        self._not_before = 0

    def load(self, continued: bool) -> None:
        """Have what was kept; `continued`: the run has bars that were told before."""
        for (market, name), kept in self._keeper.load().items():
            self.streams.rest(market, name, kept)
        # a run of a program that kept no streams decided without them, and must do so again
        self._with_history = not (continued and self._keeper.is_new)
        if self._keeper.is_new:
            self._keeper.begin()

    def need(self, blocks: Iterable[CheckedPlan | CheckedGuard], dataset: Growing) -> None:
        """Begin what plans and guards need, as far back as they look, and end what none needs any more."""
        wanted = streams_needed(blocks)
        for key in [key for key in self._feeds if key not in wanted]:
            self._end(key)
        for key, back in wanted.items():
            if key not in self._feeds and key[0] in self._look.symbols:
                self._begin(key, back, dataset)

    @property
    def markets(self) -> frozenset[str]:
        """Those with streams."""
        return frozenset(market for market, _ in self._feeds)

    def glance(self) -> None:
        """Look at books, if it is time. That nobody answers is told at the next instant, which asks again."""
        now = self._look.now()
        due = [key for key, feed in self._feeds.items() if isinstance(feed, BookFeed) and feed.due(now)]
        if due and now >= self._not_before:
            try:
                self._ask(due)
            except TerminalAway:
                self._not_before = now + AWAY_MS

    def calls(self, until: Mapping[str, int]) -> list[Call]:
        """What to ask so that streams are known up to a time by market; the answers are for `take`."""
        return self._calls([key for key, feed in self._feeds.items() if feed.waits(until.get(key[0], 0))])

    def take(self, replies: list[Reply], past: int, now: int) -> None:
        """The answers. `past`: what the broker's clock has certainly passed; `now` by the same clock."""
        first = 0
        for key, count in self._asked:
            feed, before = self._feeds[key], self._feeds[key].late
            part = replies[first : first + count]
            first += count
            if isinstance(feed, TickFeed):
                feed.take(part, past, self._look.newest.get(key[0], 0))
            else:
                feed.take(part, now)
            self._readings.late_events += feed.late - before
            self._tell_of(key, feed.wrong)
        self._asked = []

    def waits(self, until: Mapping[str, int]) -> bool:
        """Whether anything may still come that happened up to a time, by market."""
        return any(feed.waits(until.get(market, 0)) for (market, _), feed in self._feeds.items())

    def goes_on(self, until: Mapping[str, int]) -> bool:
        """Whether there is more than one answer holds."""
        return any(f.more and f.waits(until.get(market, 0)) for (market, _), f in self._feeds.items())

    def allow(self, until: Mapping[str, int]) -> None:
        """The limit has passed: what was not told up to these times did not happen, where the terminal answers."""
        for (market, _), feed in self._feeds.items():
            feed.allow(until.get(market, 0))

    def settle(self, until: Mapping[str, int], limit: int, trusted: Callable[[], bool]) -> None:
        """Ask for what is lacking up to these times until it is there, or for `limit` ms at most after each of them.

        `trusted`: whether this machine's clock may be believed. Raises TerminalAway.
        """
        began = self._look.now()
        while self.waits(until):
            self._ask([key for key, feed in self._feeds.items() if feed.waits(until.get(key[0], 0))])
            if self.goes_on(until):
                continue
            now = self._look.now()
            if trusted():
                self.allow({market: time for market, time in until.items() if now - time >= limit})
            if now - began >= limit:
                return
            if self.waits(until):
                self._pause(POLL_SECONDS)

    def seal(self, until: Mapping[str, int], dataset: Growing) -> None:
        """Bars up to these closes are about to be told: write down what happened up to them, and let it be seen. What
        nobody looks at any more goes from memory."""
        dataset.let_go()  # before there is more: all that was told has been read
        for (market, name), feed in self._feeds.items():
            sealed = until.get(market, 0)
            if sealed > feed.since:
                self._note_hole((market, name), feed.known < sealed and not feed.wrong, sealed)
                self._unwritten += [((market, name), part) for part in feed.seal(sealed)]
        self._keeper.add(self._unwritten)
        for (market, name), part in self._unwritten:
            self.streams.append(market, name, part.columns, part.start, part.end)
            self._readings.events += len(part.columns["time"])
        self._unwritten = []
        self._readings.stream_bytes, self._readings.read_backs = self.streams.bytes, dataset.read_backs

    def close(self) -> None:
        """Bring the tail into the store."""
        self._keeper.fold()

    # --- inside ---

    def _begin(self, key: Key, back: Mapping[str, int], dataset: Growing) -> None:
        market, name = key
        symbol, told = self._look.symbols[market], _told(dataset, market)
        stream = self.streams.begun(market, name)
        if stream is None:
            self.streams.begin(market, name, empty(name))
            self._keeper.begin(key)
            covered = None
        else:
            covered = stream.covered_to
        since = max(told, covered or 0) or self._look.now()
        if name == "book":
            self._feeds[key] = BookFeed(symbol, since, 0 if stream is None else stream.message)
            self._ask([key])
        elif stream is None and self._with_history:
            self._feeds[key] = self._history(key, _back(dataset, market, back, since), since)
        else:
            goes_on = stream is not None and covered is not None and covered >= told
            start = int(stream.spans[-1, 0]) if stream is not None and goes_on else since
            self._feeds[key] = TickFeed(symbol, self._clock, start, since)

    def _history(self, key: Key, first: int, since: int) -> TickFeed:
        """Ticks from a time on, covered from the first that the broker has."""
        feed = TickFeed(self._look.symbols[key[0]], self._clock, first, first)
        self._feeds[key] = feed
        try:
            seen = -1
            for _ in range(COLD_LOOKS):  # until the terminal gives no more than before
                (reply,) = self._look.ask(feed.calls())
                count = 0 if reply.value is None else len(reply.value)
                if count and count == seen:
                    break
                seen = count
                self._pause(COLD_SECONDS)
            self._ask([key])
            while feed.more:
                self._ask([key])
        except TerminalAway as gone:
            self._tell(f"the terminal gives no ticks of {key[0]} ({gone}): they begin now")
            return TickFeed(feed.symbol, self._clock, since, since)
        feed.start = feed.known if feed.first is None else feed.first - 1
        return feed

    def _end(self, key: Key) -> None:
        calls = self._feeds.pop(key).close()
        self._lacking.discard(key)
        if calls:
            try:
                self._look.ask(calls)
            except TerminalAway:
                return  # a terminal that is gone shows no book

    def _calls(self, keys: Iterable[Key]) -> list[Call]:
        found: list[Call] = []
        self._asked = []
        for key in keys:
            calls = self._feeds[key].calls()
            self._asked.append((key, len(calls)))
            found += calls
        return found

    def _ask(self, keys: list[Key]) -> None:
        """A round trip of its own."""
        markets = sorted({market for market, _ in keys})
        calls = [*self._look.calls(markets), *self._calls(keys)]
        replies = self._look.ask(calls)
        self._look.see_quotes(markets, replies[: len(markets)])
        self.take(replies[len(markets) :], self._look.past(), self._look.now())

    def _note_hole(self, key: Key, is_one: bool, sealed: int) -> None:
        """Count bars that are told before what happened in them, and tell of the first of several."""
        market, name = key
        self._readings.holes += is_one
        if is_one and key not in self._holes:
            until = np.datetime_as_string(np.datetime64(sealed, "ms"), unit="m").replace("T", " ")
            self._tell(f"the {TOLD[name]} of {market} up to {until} UTC did not come in time: UNKNOWN there")
        self._holes = self._holes | {key} if is_one else self._holes - {key}

    def _tell_of(self, key: Key, wrong: str) -> None:
        market, name = key
        if wrong and key not in self._lacking:
            self._lacking.add(key)
            self._tell(f"the terminal gives no {TOLD[name]} of {market} ({wrong}): what reads it is UNKNOWN")
        elif not wrong and key in self._lacking:
            self._lacking.discard(key)
            self._tell(f"the terminal gives the {TOLD[name]} of {market} again")


def _told(dataset: Growing, market: str) -> int:
    """The newest close of a market's bars, 0 without any."""
    closes = [int(b.close_time[-1]) for t in dataset.timeframes(market) if (b := dataset.bars(market, t)) is not None]
    return max(closes, default=0)


def newest_told(dataset: Growing, markets: Iterable[str]) -> dict[str, int]:
    """The newest close of the bars of markets."""
    return {market: _told(dataset, market) for market in markets}


def _back(dataset: Growing, market: str, back: Mapping[str, int], now: int) -> int:
    """When the oldest bar that is looked back on opened, but not too long ago."""
    opens = [now]
    for timeframe, count in back.items():
        bars = dataset.bars(market, timeframe)
        if bars is not None:
            opens.append(int(bars.open_time[max(0, len(bars) - count - 1)]))
    return int(np.clip(min(opens), now - LONGEST_MS, now)) - 1
