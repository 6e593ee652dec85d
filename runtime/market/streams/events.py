"""Events of a market in columns, oldest first: ticks, trades, changes of the order book; and the calendar of news."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.news_windows import NewsClock

Times = NDArray[np.int64]

BID, ASK, LAST, VOLUME, BUY, SELL = 2, 4, 8, 16, 32, 64
"""The flags of MetaTrader 5 ticks: what changed, and the side of the trade."""

SNAPSHOT, DIFF = 0, 1
"""Kinds of book messages: a whole book, or the levels that changed."""

_NO_SPANS = np.zeros((0, 2), dtype=np.int64)
_EVER = (-(1 << 62), 1 << 62)


class Gone(NamedTuple):
    """What is not in memory any more of a stream that is read while it grows: so many rows before those that are, all
    of them at or before a time (UTC ms)."""

    rows: int = 0
    until: int = _EVER[0]


_NOTHING = Gone()


class NotInMemory(Exception):
    """What is asked for reads events that are on disk alone."""


@dataclass(frozen=True, slots=True)
class Trades:
    """Trades; `side` is the aggressor's: 1 bought, -1 sold, 0 not known.

    `spans`: rows of (start, end), UTC milliseconds: everything that happened at start < t <= end was recorded.
    """

    time: Times
    price: NDArray[np.float64]
    size: NDArray[np.float64]
    side: NDArray[np.int8]
    spans: Times = field(default_factory=_NO_SPANS.copy)
    gone: Gone = field(default=_NOTHING, init=False, compare=False)

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class Ticks:
    """Ticks in the layout of MetaTrader 5; `last` and `volume` are 0 where the feed has none. `spans` as of trades."""

    time: Times
    bid: NDArray[np.float64]
    ask: NDArray[np.float64]
    last: NDArray[np.float64]
    volume: NDArray[np.float64]
    flags: NDArray[np.int32]
    spans: Times = field(default_factory=_NO_SPANS.copy)
    gone: Gone = field(default=_NOTHING, init=False, compare=False)

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class Book:
    """Changes of the order book, one row a price level; rows with the same `message` belong together.

    `kind` is SNAPSHOT or DIFF, `side` 1 bid and -1 ask, `size` 0 removes the level. `spans` as of trades, of the times
    at which the book is known: from a snapshot on, and no longer than no message is missing.
    """

    time: Times
    message: Times
    kind: NDArray[np.int8]
    side: NDArray[np.int8]
    price: NDArray[np.float64]
    size: NDArray[np.float64]
    spans: Times = field(default_factory=_NO_SPANS.copy)
    gone: Gone = field(default=_NOTHING, init=False, compare=False)

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class News:
    """The calendar of news, the same for every market. It tells itself where it covers, by currency."""

    clock: NewsClock
    spans: Times = field(default_factory=np.array([_EVER], dtype=np.int64).copy)


Events = Ticks | Trades | Book
Stream = Events | News
AnyStream = TypeVar("AnyStream", Ticks, Trades, Book)
AnyEvents = TypeVar("AnyEvents", bound=Events)


def columns_of(stream: Events) -> dict[str, NDArray[Any]]:
    """The columns of a stream by name, without its spans."""
    return {f.name: getattr(stream, f.name) for f in fields(stream) if f.name not in ("spans", "gone")}


def without(stream: AnyEvents, gone: Gone) -> AnyEvents:
    """A stream that was just made, of which so much is not in memory."""
    object.__setattr__(stream, "gone", gone)  # no argument of the classes: those are the columns, and the spans
    return stream


def until(stream: AnyStream, time: int) -> AnyStream:
    """What was known of a stream at a time: events at or before it, and no span beyond it."""
    last = int(np.searchsorted(stream.time, time, side="right"))
    columns = {name: column[:last] for name, column in columns_of(stream).items()}
    return type(stream)(**columns, spans=spans_until(stream.spans, time))


def spans_until(spans: Times, time: int) -> Times:
    """No span beyond a time."""
    known = spans[spans[:, 0] < time]
    return np.column_stack([known[:, 0], np.minimum(known[:, 1], time)])


def covered(spans: Times, opens: Times, closes: Times) -> NDArray[np.bool_]:
    """Which of the intervals (open, close] lie inside one span; spans are disjoint and in order."""
    if not len(spans):
        return np.zeros(len(opens), dtype=np.bool_)
    at = np.searchsorted(spans[:, 0], opens, side="right") - 1
    known: NDArray[np.bool_] = (at >= 0) & (closes <= spans[np.maximum(at, 0), 1])
    return known


def trades_of(ticks: Ticks) -> Trades | None:
    """The trades among ticks that carry the aggressor's side, covered from the first on; None if none does."""
    rows = np.flatnonzero((ticks.flags & (BUY | SELL)) != 0)
    if not len(rows):
        return None
    flags = ticks.flags[rows]
    bought, sold = (flags & BUY) != 0, (flags & SELL) != 0
    side = bought.astype(np.int8) - sold.astype(np.int8)
    trades = Trades(ticks.time[rows], ticks.last[rows], ticks.volume[rows], side, ticks.spans)
    return told_from(trades, int(trades.time[0]))


def told_from(trades: Trades, first: int) -> Trades:
    """The same trades, covered from the first on, at a time: before it nobody knew that the ticks tell trades."""
    known = trades.spans[trades.spans[:, 1] > first]
    spans = np.column_stack([np.maximum(known[:, 0], first), known[:, 1]])
    return without(replace(trades, spans=spans), trades.gone)


def empty(name: str) -> Ticks | Book:
    """Ticks or a book of which nothing is known yet."""
    times, none, codes = np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int8)
    if name == "ticks":
        return Ticks(times, none, none, none, none, np.zeros(0, np.int32))
    return Book(times, times, codes, codes, none, none)
