"""All bars a run may read: stored, or aggregated from finer ones, with profiles, calendars and conversions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.timeframe import TIMEFRAMES
from tradeplan.runtime.market.aggregate import aggregate, divides
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.conversion import Conversion
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.features.feature import Request
from tradeplan.runtime.market.features.registry import all_features
from tradeplan.runtime.market.frames import Frame, rates_from_frame, refuse_wrong
from tradeplan.runtime.market.news import NewsCalendar
from tradeplan.runtime.market.news_store import has_news, stored_news
from tradeplan.runtime.market.news_windows import NewsClock
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.ready import ready_bars
from tradeplan.runtime.market.sources import MemorySource, Source, open_source
from tradeplan.runtime.market.streams.events import Book, News, Stream, Ticks, Trades, covered, trades_of
from tradeplan.runtime.market.streams.memory import NoStreams, Streams
from tradeplan.runtime.market.streams.store import StoredStreams, StreamStore
from tradeplan.runtime.market.zones import DAY

T = TypeVar("T")


class Dataset:
    """Bars of several markets. Markets may be asked for by any of their names."""

    def __init__(
        self, source: Source, profiles: Profiles, streams: Streams | None = None, news: NewsClock | None = None
    ) -> None:
        self._source = source
        self._streams = streams or NoStreams()
        self.news = news
        self._profiles = profiles
        stored: dict[str, list[str]] = {}
        for market, timeframe in source.series():
            stored.setdefault(market, []).append(timeframe)
        self._stored = {m: tuple(sorted(stored[m], key=TIMEFRAMES.__getitem__)) for m in sorted(stored)}
        self._calendars: dict[str, MarketCalendar] = {}
        self._bars: dict[tuple[str, str], Bars | None] = {}
        self._conversion = Conversion(self)
        self._notices: list[str] = []
        self._kept: dict[Hashable, Any] = {}

    @staticmethod
    def open(path: Path, profiles: Profiles) -> Dataset:
        """The bars of a bar store, or of a folder with files SYMBOL/TIMEFRAME.parquet; raises DataError."""
        news = NewsClock(lambda: stored_news(path)) if has_news(path) else None
        return Dataset(open_source(path, profiles), profiles, StoredStreams(StreamStore(path), profiles), news)

    @staticmethod
    def from_rates(
        rates: Mapping[tuple[str, str], Rates],
        profiles: Profiles,
        streams: Streams | None = None,
        news: NewsCalendar | None = None,
    ) -> Dataset:
        """Bars in memory, by market and timeframe, and perhaps streams and a calendar of news."""
        return Dataset(
            MemorySource(rates, profiles), profiles, streams, None if news is None else NewsClock(lambda: news)
        )

    @staticmethod
    def from_frames(frames: Mapping[tuple[str, str], Frame], profiles: Profiles) -> Dataset:
        """Bars of pandas frames: UTC index of opens, columns open, high, low, close and perhaps volumes and spread.

        Raises DataError that names the rows when they would give wrong results, and says what to do.
        """
        rates = {key: rates_from_frame(frame, ".".join(key)) for key, frame in frames.items()}
        made = Dataset.from_rates(rates, profiles)
        for (market, timeframe), series in rates.items():
            refuse_wrong(series, market, timeframe, made.calendar(market))
        return made

    def markets(self) -> tuple[str, ...]:
        """Canonical names of markets with data, in order."""
        return tuple(self._stored)

    def timeframes(self, market: str) -> tuple[str, ...]:
        """Stored timeframes of a market, finest first; empty if there is no data."""
        return self._stored.get(self._name(market), ())

    def profile(self, market: str) -> SymbolProfile:
        """The profile of a market; raises ProfileError for an unknown one."""
        return self._profiles[market]

    def profiles(self) -> Profiles:
        """All profiles, with data or without."""
        return self._profiles

    def calendar(self, market: str) -> MarketCalendar:
        """The calendar of a market."""
        name = self._name(market)
        if name not in self._calendars:
            self._calendars[name] = MarketCalendar(self._profiles[name])
        return self._calendars[name]

    def bars(self, market: str, timeframe: str) -> Bars | None:
        """Bars as stored, else aggregated from the finest stored timeframe that divides; None if there is none."""
        key = (self._name(market), timeframe)
        if key not in self._bars:
            self._bars[key] = self._load(*key)
        return self._bars[key]

    def rates(self, market: str, timeframe: str) -> Rates:
        """A stored series as delivered, the whole of it; raises DataError if it is not stored."""
        name = self._name(market)
        if timeframe not in self.timeframes(name):
            stored = ", ".join(self.timeframes(name)) or "nothing"
            raise DataError(f"there is no {market}.{timeframe}: stored is {stored}")
        return self._source.rates(name, timeframe)

    def finest(self, market: str, at_least_from: int | None = None) -> str | None:
        """The finest stored timeframe that has bars, at that time (UTC ms) or at most a day of sessions after it."""
        for timeframe in self.timeframes(market):
            bars = self.bars(market, timeframe)
            if bars is None or not len(bars):
                continue
            if at_least_from is None:
                return timeframe
            row = int(np.searchsorted(bars.close_time, at_least_from, side="right"))
            clock = self.calendar(market).session_clock_at
            if row < len(bars) and clock(int(bars.open_time[row])) - clock(at_least_from) <= DAY:
                return timeframe
        return None

    def span(self, market: str) -> tuple[int, int] | None:
        """First open and last close over all stored timeframes, in UTC milliseconds; None without bars."""
        stored = [self.bars(market, timeframe) for timeframe in self.timeframes(market)]
        found = [bars for bars in stored if bars is not None and len(bars)]
        if not found:
            return None
        return min(int(b.open_time[0]) for b in found), max(int(b.close_time[-1]) for b in found)

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made from these bars alone, kept for every further run over them; it must not change."""
        if key not in self._kept:
            self._kept[key] = make()
        found: T = self._kept[key]
        return found

    @property
    def grows(self) -> bool:
        """Whether bars may arrive while this is read; `Growing` is such a dataset."""
        return False

    def tested_on(self, market: str, own: str) -> str | None:
        """The timeframe on which fills are tested whatever its bars cover; None: the one that covers a run best."""
        return None

    def streams(self, market: str) -> tuple[str, ...]:
        """What there is of a market beyond bars: some of `ticks`, `trades`, `book`, `calendar`."""
        name = self._name(market)
        found = dict.fromkeys(self._streams.names(name))
        if "trades" not in found and "ticks" in found and self._stream(name, "trades") is not None:
            found["trades"] = None
        return (*found, "calendar") if self.news is not None else tuple(found)

    def feature(
        self, market: str, timeframe: str, name: str, stream: str, arguments: tuple[float | str, ...] = ()
    ) -> NDArray[np.float64] | None:
        """A column made from a stream, as long as the bars, UNKNOWN where the stream has no data; None without it.

        Made once and shared: it must not change. Raises KeyError for a feature that does not exist.
        """
        market = self._name(market)
        key = ("feature", market, timeframe, name, stream, arguments)
        return self.kept(key, lambda: self._feature(market, timeframe, name, stream, arguments))

    def covered(self, market: str, timeframe: str, stream: str) -> NDArray[np.bool_]:
        """Which bars lie wholly inside a recording of a stream of events; raises KeyError if there are no bars."""
        bars = self.bars(market, timeframe)
        if bars is None:
            raise KeyError(f"{market}.{timeframe}")
        found = self._stream(self._name(market), stream)
        if not isinstance(found, Ticks | Trades | Book):
            return np.zeros(len(bars), dtype=np.bool_)
        return covered(found.spans, bars.open_time, bars.close_time)

    def clocked(
        self,
        market: str,
        opens: NDArray[np.int64],
        closes: NDArray[np.int64],
        name: str,
        arguments: tuple[float | str, ...] = (),
    ) -> NDArray[np.float64] | None:
        """What a feature of the economic calendar says for intervals of any clock; None without a calendar."""
        return all_features()[name].column(self._request(market, opens, closes, "calendar", arguments))

    def _feature(
        self, market: str, timeframe: str, name: str, stream: str, arguments: tuple[float | str, ...]
    ) -> NDArray[np.float64] | None:
        bars = self.bars(market, timeframe)
        return None if bars is None else self._feature_over(market, bars, name, stream, arguments)

    def _feature_over(
        self, market: str, bars: Bars, name: str, stream: str, arguments: tuple[float | str, ...]
    ) -> NDArray[np.float64] | None:
        return all_features()[name].column(self._request(market, bars.open_time, bars.close_time, stream, arguments))

    def _request(
        self,
        market: str,
        opens: NDArray[np.int64],
        closes: NDArray[np.int64],
        stream: str,
        arguments: tuple[float | str, ...],
    ) -> Request:
        profile = self._profiles.get(market)
        return Request(market, profile, opens, closes, stream, arguments, lambda s: self._stream(market, s), self.kept)

    def _stream(self, market: str, name: str) -> Stream | None:
        if name == "calendar":
            return None if self.news is None or self.news.calendar is None else News(self.news)
        found = self._streams.stream(market, name)
        if found is None and name == "trades":
            ticks = self._streams.stream(market, "ticks")
            if isinstance(ticks, Ticks):  # they tell trades too where they carry the aggressor's side
                return self.kept(("trades of ticks", market), lambda: trades_of(ticks))
        return found

    def window(self, start: int | None = None, end: int | None = None) -> Dataset:
        """The bars with open >= start and close <= end; aggregated bars are those of the whole data, so cut alike."""
        return _Window(self, start, end)

    def with_account(self, currency: str) -> Dataset:
        """The same bars for an account kept in another currency or unit; this dataset if it is kept in that one."""
        traded = [self._profiles[market] for market in self._stored]
        if all(profile.account_currency == currency for profile in traded):
            return self
        return self.kept(("account", currency), lambda: self._for_account(currency))

    def _for_account(self, currency: str) -> Dataset:
        return Dataset(self._source, self._profiles.with_account(currency), self._streams, self.news)

    def notices(self) -> tuple[str, ...]:
        """What a person should know about the bars read so far."""
        return tuple(self._notices)

    def conversion_market(self, market: str) -> str | None:
        """The market whose price converts this one's profit into the account currency; None if none is needed or known.

        `needs_conversion` tells the two apart.
        """
        return self._conversion.market(self._profiles[market])

    def needs_conversion(self, market: str) -> bool:
        """Whether profits of a market are in another currency than the account (cents of the same are no other)."""
        return self._conversion.is_needed(self._profiles[market])

    def rate_to_account(self, market: str, times: NDArray[np.int64]) -> NDArray[np.float64]:
        """What one unit of the market's profit currency is in account units at each time; NaN where it is not known."""
        return self._conversion.rates(self._profiles[market], times)

    def _name(self, market: str) -> str:
        profile = self._profiles.get(market)
        return market if profile is None else profile.name

    def _load(self, market: str, timeframe: str) -> Bars | None:
        stored = self.timeframes(market)
        if timeframe not in TIMEFRAMES:
            raise DataError(f"unknown timeframe `{timeframe}`: expected one of {', '.join(TIMEFRAMES)}")
        if timeframe in stored:
            rates = self._source.rates(market, timeframe)
            problems = self._source.refusals(market, timeframe)
            if problems:
                lines = "".join(f"\n  {problem}" for problem in problems)
                raise DataError(
                    f"{market}.{timeframe}: these bars cannot be used as they are:{lines}\n  mend the files, or bring "
                    "them into a store with `plan data import`, where `--accept` keeps what you take as it is"
                )
            bars, notices = ready_bars(market, timeframe, rates, self._profiles[market], self.calendar(market))
            self._notices += notices
            return bars
        finer = next((name for name in stored if divides(name, timeframe)), None)
        source = self.bars(market, finer) if finer else None
        return None if source is None else aggregate(source, timeframe, self.calendar(market), complete=True)


class _Window(Dataset):
    """A dataset cut to a span of time; rows are views of the whole one's."""

    def __init__(self, whole: Dataset, start: int | None, end: int | None) -> None:
        super().__init__(whole._source, whole._profiles, whole._streams, whole.news)
        self._whole = whole
        self._from, self._to = start, end
        self._calendars = whole._calendars
        # A rate needs the newest close at a time, which may lie before the window; it never reads past that time.
        self._conversion = whole._conversion

    def _for_account(self, currency: str) -> Dataset:
        return _Window(self._whole.with_account(currency), self._from, self._to)

    def notices(self) -> tuple[str, ...]:
        """Those of the whole dataset."""
        return self._whole.notices()

    def _load(self, market: str, timeframe: str) -> Bars | None:
        bars = self._whole.bars(market, timeframe)
        return None if bars is None else cut(bars, self._rows(bars))

    def _feature(
        self, market: str, timeframe: str, name: str, stream: str, arguments: tuple[float | str, ...]
    ) -> NDArray[np.float64] | None:
        bars = self._whole.bars(market, timeframe)
        column = self._whole.feature(market, timeframe, name, stream, arguments)
        return None if bars is None or column is None else column[self._rows(bars)]

    def clocked(
        self,
        market: str,
        opens: NDArray[np.int64],
        closes: NDArray[np.int64],
        name: str,
        arguments: tuple[float | str, ...] = (),
    ) -> NDArray[np.float64] | None:
        """What the whole dataset says."""
        return self._whole.clocked(market, opens, closes, name, arguments)

    def _rows(self, bars: Bars) -> slice:
        first = 0 if self._from is None else int(np.searchsorted(bars.open_time, self._from, side="left"))
        last = len(bars) if self._to is None else int(np.searchsorted(bars.close_time, self._to, side="right"))
        return slice(first, max(first, last))


def cut(bars: Bars, rows: slice) -> Bars:
    """Some rows of bars, as views."""
    return Bars(
        bars.market,
        bars.timeframe,
        bars.open_time[rows],
        bars.close_time[rows],
        bars.open[rows],
        bars.high[rows],
        bars.low[rows],
        bars.close[rows],
        bars.tick_volume[rows],
        bars.real_volume[rows],
        bars.spread[rows],
        bars.spread_known[rows],
    )
