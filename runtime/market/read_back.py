"""Columns made from streams on disk: read slice by slice, with no more in memory than what columns look at."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.dataset import cut
from tradeplan.runtime.market.features.feature import Arguments, Request
from tradeplan.runtime.market.features.registry import all_features
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.streams.events import Stream
from tradeplan.runtime.market.streams.growing import GrowingStreams, Slice
from tradeplan.runtime.market.streams.grown import Grown


class Column(NamedTuple):
    """A feature's column on the bars of a market."""

    market: str
    timeframe: str
    name: str
    stream: str
    arguments: Arguments


@dataclass(slots=True)
class Players:
    """What was made from the streams of a market and goes on with them, by what it was asked for."""

    made: dict[Hashable, Any] = field(default_factory=dict)

    def keep(self, key: Hashable, make: Callable[[], object]) -> object:
        """What was made under a key, made now if it was not."""
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]


class Read(NamedTuple):
    """The streams of a market as they stand, with nothing in memory that is not needed, and what was made of them."""

    streams: GrowingStreams
    players: Players
    columns: dict[Column, Grown]


def value_of(
    column: Column,
    bars: Bars,
    profile: SymbolProfile | None,
    find: Callable[[str], Stream | None],
    players: Players,
) -> NDArray[np.float64] | None:
    """A column on some bars, None if what it is made from is not there; raises NotInMemory."""
    times = bars.open_time, bars.close_time
    request = Request(column.market, profile, *times, column.stream, column.arguments, find, players.keep)
    return all_features()[column.name].column(request)


def looks_at(column: Column, bars: Bars, count: int, calendar: MarketCalendar) -> int:
    """Events at or before this time (UTC ms) are not read by the column from the bar of a number on; the bar may be one
    that has not come yet."""
    if count < len(bars):
        opens = int(bars.open_time[count])
    else:  # the next one opens when the newest is due to close, or later
        opens = int(calendar.close_of(bars.open_time[-1:], column.timeframe)[0])
    return opens - all_features()[column.name].back(column.arguments)


def read_back(
    slices: Iterable[Slice],
    wanted: Mapping[Column, Bars],
    profile: SymbolProfile | None,
    calendar: MarketCalendar,
) -> Read:
    """Columns of one market, on all their bars, and its streams and players as they stand after that."""
    read = Read(GrowingStreams(), Players(), {column: Grown(np.float64) for column in wanted})
    for part in slices:
        for market in {column.market for column in wanted}:
            read.streams.go_on(market, part.events)
            find = _finder(read.streams, market)
            oldest = part.until
            for column, bars in wanted.items():
                grown = read.columns[column]
                last = int(np.searchsorted(bars.close_time, part.until, side="right"))
                if last > grown.count:
                    some = cut(bars, slice(grown.count, last))
                    found = value_of(column, some, profile, find, read.players)
                    grown.append(np.full(len(some), np.nan) if found is None else found)
                oldest = min(oldest, looks_at(column, bars, grown.count, calendar))
            read.streams.let_go(market, oldest)
    return read


def _finder(streams: GrowingStreams, market: str) -> Callable[[str], Stream | None]:
    return lambda name: streams.stream(market, name)
