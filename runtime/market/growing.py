"""A dataset whose bars arrive while it is read: what a running instance on a live feed runs over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.timeframe import TIMEFRAMES
from tradeplan.runtime.market.appearing import Appearance
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.columns import take
from tradeplan.runtime.market.dataset import Dataset, cut
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.growing_bars import GrowingBars, one_after_the_other
from tradeplan.runtime.market.news import NewsCalendar
from tradeplan.runtime.market.news_windows import NewsClock
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.read_back import Column, Players, looks_at, read_back, value_of
from tradeplan.runtime.market.ready import ready_bars
from tradeplan.runtime.market.sources import MemorySource, Series
from tradeplan.runtime.market.streams.events import NotInMemory
from tradeplan.runtime.market.streams.growing import GrowingStreams
from tradeplan.runtime.market.streams.grown import Grown
from tradeplan.runtime.market.streams.memory import Streams

LAGS = 86_400_000
"""A column that lies so far behind its bars, in ms, is not read any more: nothing is kept in memory for it."""


@dataclass(frozen=True, slots=True)
class LateBar:
    """A bar that came after an instant at which it should have been there: it counts from `closes` (UTC ms) on."""

    market: str
    timeframe: str
    opens: int
    closes: int


class Growing(Dataset):
    """Series that are fed bar by bar. What is not fed is not there: nothing is aggregated.

    A bar that arrives late is a bar that closes when it came: no step before its arrival sees it, now or in a replay,
    which is given the same late bars at the start.
    """

    def __init__(
        self,
        profiles: Profiles,
        late: Iterable[LateBar] = (),
        streams: Streams | None = None,
        news: NewsClock | None = None,
        versions: Callable[[str], NewsCalendar] | None = None,
    ) -> None:
        """`versions` gives a calendar of news by its digest, where the calendar changes while the run goes on."""
        if versions is not None:
            news = NewsClock(lambda: None)
        super().__init__(MemorySource({}, profiles), profiles, streams, news)
        self._growing: dict[Series, GrowingBars] = {}
        self._late: dict[Series, dict[int, int]] = {}
        self._whole: dict[Series, Bars] = {}  # of series that appear, while not all of it is seen
        self._at_first: dict[Series, int | None] = {}  # of these, the oldest open that is seen at the beginning
        self._versions = versions
        self._columns: dict[Column, Grown] = {}
        self._foreseen: set[Column] = set()
        self._players: dict[str, Players] = {}
        self.read_backs = 0  # how often streams were read again from where they stand on disk
        self.expect_late(late)

    @property
    def grows(self) -> bool:
        """Bars arrive while this is read."""
        return True

    def expect_late(self, late: Iterable[LateBar]) -> None:
        """What a journal says of bars that came late, before their series are fed."""
        for bar in late:
            self._late.setdefault((bar.market, bar.timeframe), {})[bar.opens] = bar.closes

    def expect_series(self, later: Iterable[Appearance]) -> None:
        """What a journal says of series that came to be known later, before they are fed."""
        for came in later:
            self._at_first.setdefault(came.key, came.before)

    def rewind(self) -> None:
        """Show what was known at the beginning: a replay begins."""
        for key, opens in self._at_first.items():
            shown, whole = self._growing.get(key), self._whole.get(key)
            if shown is not None and whole is None:
                self._whole[key] = shown.bars
            self._show(key, opens)

    def appear(self, came: Appearance) -> None:
        """From here on these bars are seen; nothing happens where they are not there."""
        if came.key in self._whole:
            self._show(came.key, came.opens)

    def bring(self, came: Appearance, rates: Rates) -> None:
        """Bars that appear now: a series, or bars that are older than those of one."""
        self._at_first.setdefault(came.key, came.before)
        shown, bars = self._growing.get(came.key), self._ready(came.key, rates)
        if shown is not None:
            older = bars.close_time < shown.bars.close_time[0]
            bars = one_after_the_other(cut(bars, slice(0, int(older.sum()))), shown.bars)
        self._whole[came.key] = bars
        self._show(came.key, came.opens)

    def use_news(self, digest: str | None) -> None:
        """Another version of the calendar of news from the next step on, None: none; raises NewsError without it."""
        if self._versions is not None and self.news is not None:
            self.news.use(None if digest is None else self._versions(digest))

    def feed(self, market: str, timeframe: str, rates: Rates) -> None:
        """Begin a series with its history; raises DataError for one that is there or has no bars."""
        key = (self._name(market), timeframe)
        if key in self._growing or timeframe not in TIMEFRAMES:
            raise DataError(f"{market}.{timeframe}: expected a timeframe that is not fed yet")
        bars = self._ready(key, rates)
        known = self._late.get(key)
        if known:
            closes = bars.close_time.copy()
            rows = np.flatnonzero(np.isin(bars.open_time, np.array(list(known), dtype=np.int64)))
            closes[rows] = [known[int(opens)] for opens in bars.open_time[rows]]
            bars = replace(bars, close_time=closes)
        if not len(bars):
            raise DataError(f"{market}.{timeframe}: a series begins with at least one bar")
        if key in self._at_first:
            self._whole[key] = bars
            self._show(key, self._at_first[key])
        else:
            self._place(key, bars)

    def late(self, market: str, timeframe: str, rates: Rates, after: int) -> list[LateBar]:
        """Which of new bars are late at an instant that has been handled, and when they count; nothing is added."""
        key = (self._name(market), timeframe)
        new = self._new(key, rates, None)
        scheduled = self.calendar(key[0]).close_of(new.open_time, timeframe)
        closes = self._counted(key, scheduled, after)
        rows = np.flatnonzero(closes != scheduled)
        return [LateBar(*key, int(new.open_time[i]), int(closes[i])) for i in rows]

    def append(self, market: str, timeframe: str, rates: Rates, after: int | None = None) -> int:
        """Add closed bars that are newer than those there; returns how many. `after`: the instant handled last, at
        which bars that should have been there by then are late; None: nothing has been handled yet."""
        key = (self._name(market), timeframe)
        new = self._new(key, rates, after)
        self._growing[key].append(new)
        return len(new)

    def bars(self, market: str, timeframe: str) -> Bars | None:
        """The bars there are now, None for a series that is not fed."""
        found = self._growing.get((self._name(market), timeframe))
        return None if found is None else found.bars

    def rates(self, market: str, timeframe: str) -> Rates:
        """Not kept: raises DataError."""
        raise DataError(f"{market}.{timeframe}: bars that still arrive are read with `bars`")

    def tested_on(self, market: str, own: str) -> str | None:
        """The finest timeframe that is fed, `own` or finer: which bars will cover the run cannot be asked."""
        names = (t for t in self.timeframes(market) if TIMEFRAMES[t] <= TIMEFRAMES[own])
        return next(names, None)

    def feature_from(
        self, market: str, timeframe: str, first: int, name: str, stream: str, arguments: tuple[float | str, ...]
    ) -> NDArray[np.float64] | None:
        """A feature's column from one row on."""
        column = Column(self._name(market), timeframe, name, stream, arguments)
        bars = self.bars(market, timeframe)
        if bars is None:
            return None
        if stream == "calendar":
            return self._feature_over(column.market, cut(bars, slice(first, None)), name, stream, arguments)
        held = self._columns.get(column)
        if held is None or held.count < len(bars):
            rest = cut(bars, slice(first if held is None else held.count, None))
            players = self._players.setdefault(column.market, Players())
            profile = self._profiles.get(column.market)
            try:
                new = value_of(column, rest, profile, lambda s: self._stream(column.market, s), players)
            except NotInMemory:
                return self._read_back(column).rows[first:]
            if new is None:
                return None
            if held is None:
                if first:
                    return new  # who had nothing before asks for the rest alone: that is no whole column
                held = self._columns[column] = Grown(np.float64)
            held.append(new)
        return held.rows[first:]

    def foresee(self, columns: Iterable[Column]) -> None:
        """These are about to be asked for: if one of them has to be read from disk, all are at once."""
        self._foreseen = {column._replace(market=self._name(column.market)) for column in columns}

    def let_go(self) -> None:
        """Keep those events of streams in memory alone that are still looked at: by columns that are read, from the
        first bar on that they have not got; where there are none, of the last day. Who needs others reads them back."""
        streams = self._streams
        if not isinstance(streams, GrowingStreams) or streams.recorded is None:
            return
        for market in streams.markets():
            told = [int(b.close_time[-1]) for t in self.timeframes(market) if (b := self.bars(market, t)) is not None]
            if not told:
                continue
            looks = []
            for column, held in self._columns.items():
                bars = self.bars(market, column.timeframe)
                if column.market != market or bars is None:
                    continue
                if int(bars.close_time[-1]) - int(bars.close_time[held.count - 1]) <= LAGS:
                    looks.append(looks_at(column, bars, held.count, self.calendar(market)))
            streams.let_go(market, min(looks, default=max(told) - LAGS))

    def _read_back(self, column: Column) -> Grown:
        """A column made from what stands on disk, and with it all others of the market that are or will be read."""
        streams = self._streams
        assert isinstance(streams, GrowingStreams)
        assert streams.recorded is not None
        wanted = {}
        for other in {column, *self._columns, *self._foreseen}:
            bars = self.bars(other.market, other.timeframe)
            if other.market == column.market and bars is not None and other.stream != "calendar":
                wanted[other] = bars
        slices = streams.recorded.slices(column.market)
        read = read_back(slices, wanted, self._profiles.get(column.market), self.calendar(column.market))
        streams.take_over(column.market, read.streams)
        self._players[column.market] = read.players
        self._columns |= read.columns
        self.read_backs += 1
        return self._columns[column]

    def _for_account(self, currency: str) -> Dataset:
        raise DataError(f"bars that arrive are fed for one account: begin with profiles kept in {currency}")

    def _show(self, key: Series, opens: int | None) -> None:
        """Of a series that appears, what opens at a time or later; None: nothing."""
        whole = self._whole.get(key)
        row = 0 if whole is None or opens is None else int(np.searchsorted(whole.open_time, opens))
        shown = None if whole is None or opens is None or row == len(whole) else cut(whole, slice(row, None))
        self._place(key, shown)
        if whole is not None and shown is not None and len(shown) == len(whole):
            del self._whole[key]  # bars that arrive are added to what is seen

    def _place(self, key: Series, bars: Bars | None) -> None:
        """Let a series begin with these bars, or not be there."""
        market, timeframe = key
        self._kept.pop(("traded", *key), None)
        # INVARIANT: a column counts the bars from the first one on, and that may be another now
        self._columns = {c: held for c, held in self._columns.items() if (c.market, c.timeframe) != key}
        names = {*self._stored.pop(market, ())} - {timeframe}
        self._growing.pop(key, None)
        if bars is not None:
            self._growing[key] = GrowingBars(bars)
            names.add(timeframe)
        if names:
            self._stored[market] = tuple(sorted(names, key=TIMEFRAMES.__getitem__))
        self._stored = dict(sorted(self._stored.items()))

    def _ready(self, key: Series, rates: Rates) -> Bars:
        bars, notices = ready_bars(*key, rates, self._profiles[key[0]], self.calendar(key[0]))
        self._notices += notices
        return bars

    def _new(self, key: Series, rates: Rates, after: int | None) -> Bars:
        there = self._growing[key].bars
        bars = self._ready(key, take(rates, rates.time > there.open_time[-1]))
        if after is None or not len(bars):
            return bars
        return replace(bars, close_time=self._counted(key, bars.close_time, after))

    def _counted(self, key: Series, closes: NDArray[np.int64], after: int) -> NDArray[np.int64]:
        """Closes of new bars, later ones for those that are late: each a millisecond after the one before."""
        newest = int(self._growing[key].bars.close_time[-1])
        counted = closes.copy()
        for i, close in enumerate(closes.tolist()):
            if close > after and close > newest:
                break
            newest = counted[i] = max(after, newest) + 1
        return counted


def late_bars(bodies: Iterable[Mapping[str, object]]) -> list[LateBar]:
    """Late bars as journals keep them."""
    return [LateBar(str(b["market"]), str(b["timeframe"]), int(str(b["opens"])), int(str(b["closes"]))) for b in bodies]
