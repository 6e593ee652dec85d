"""What a feature is: a name, the streams it can be made from, and how a bar's events become its value."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.streams.events import Book, Gone, News, NotInMemory, Stream, Ticks, Times, Trades, covered

T = TypeVar("T")
Values = NDArray[np.float64]
Arguments = tuple[float | str, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A column that is asked for: one value for each interval (open, close], from events at or before its close.

    `stream`: the name of the one to make it from. `find` gives a stream of the market by name, None if it is not
    there. `kept(key, make)` keeps what is made from a stream alone, such as a replayed book, for other features.
    """

    market: str
    profile: SymbolProfile | None  # None: the account's clock, which has no market
    opens: Times
    closes: Times
    stream: str
    arguments: Arguments
    find: Callable[[str], Stream | None]
    keep: Callable[[Hashable, Callable[[], object]], object]

    def ticks(self) -> Ticks:
        """The ticks; raises LookupError if there are none."""
        return _of(Ticks, self.find("ticks"))

    def trades(self) -> Trades:
        """The trades; raises LookupError if there are none."""
        return _of(Trades, self.find("trades"))

    def book(self) -> Book:
        """The book; raises LookupError if there is none."""
        return _of(Book, self.find("book"))

    def news(self) -> News:
        """The calendar of news; raises LookupError if there is none."""
        return _of(News, self.find("calendar"))

    def kept(self, key: Hashable, kind: type[T], make: Callable[[], T]) -> T:
        """What was made for this market under a key, made now if it was not."""
        found = self.keep((self.market, key), make)
        assert isinstance(found, kind)
        return found

    def rows(self, times: Times) -> tuple[Times, Times]:
        """For every interval: the first event that lies in it, and the one after the last."""
        return np.searchsorted(times, self.opens, side="right"), np.searchsorted(times, self.closes, side="right")

    def part(self, times: Times) -> tuple[slice, Times, Times]:
        """The events that lie in any interval, and `rows` counted from the first of them."""
        first, last = self.rows(times)
        if not len(first):
            return slice(0, 0), first, last
        begins = int(first.min())
        return slice(begins, int(last.max())), first - begins, last - begins


def no_further(arguments: Arguments) -> int:
    """The bar's own events are all that is read."""
    return 0


@dataclass(frozen=True, slots=True)
class BarFeature:
    """A feature. `aggregate` may give anything for intervals that its stream does not cover: they become UNKNOWN.

    A value must depend on nothing but events at or before the close: the suite replays prefixes of every stream.
    `back`: how many ms before a bar's open it reads, but for what players of the streams remember.
    """

    name: str
    streams: tuple[str, ...]
    aggregate: Callable[[Request], Values]
    back: Callable[[Arguments], int] = no_further

    def column(self, request: Request) -> Values | None:
        """The column, None if what it is made from is not there; raises NotInMemory if it is on disk alone."""
        stream = request.find(request.stream)
        if stream is None:
            return None
        gone = Gone() if isinstance(stream, News) else stream.gone
        if len(request.opens) and int(request.opens[0]) - self.back(request.arguments) < gone.until:
            raise NotInMemory
        values = np.array(self.aggregate(request), dtype=np.float64)
        values[~covered(stream.spans, request.opens, request.closes)] = np.nan
        return values


def sums(values: Values, first: Times, last: Times) -> Values:
    """The sum of values[first:last] for every pair, each by itself, so that none depends on what came before it."""
    if not len(first):
        return np.zeros(0)
    padded = np.append(values, 0.0)  # an index may be one past the end
    found: Values = np.add.reduceat(padded, np.column_stack([first, last]).ravel())[::2]
    return np.where(last > first, found, 0.0)


def _of(kind: type[T], stream: Stream | None) -> T:
    if not isinstance(stream, kind):
        raise LookupError(f"no {kind.__name__.lower()} here")
    return stream
