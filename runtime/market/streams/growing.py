"""Streams that grow while they are read: what a live feed appends, with the spans that it covers.

What nobody looks at any more may be let go where it stands on disk; who needs it again reads it back from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.streams.events import (
    Book,
    Gone,
    Stream,
    Ticks,
    Times,
    Trades,
    columns_of,
    empty,
    told_from,
    trades_of,
    without,
)
from tradeplan.runtime.market.streams.grown import Grown
from tradeplan.runtime.market.streams.memory import NAMES

Key = tuple[str, str]
"""Market and name of a stream."""
Columns = Mapping[str, NDArray[Any]]


class Kept(NamedTuple):
    """What is known of a stream on disk without its events: spans, how many rows, the number of the next message of a
    book, and when ticks told the first trade."""

    spans: Times
    rows: int
    message: int
    first_trade: int | None


class Slice(NamedTuple):
    """Events of a market up to a time, by stream, beyond those of the slices before; spans: all up to that time."""

    until: int
    events: dict[str, tuple[Columns, Times]]


class Recorded(Protocol):
    """Where streams that grow stand on disk."""

    def slices(self, market: str) -> Iterator[Slice]:
        """All that there is of a market, oldest first; the last slice has all spans."""


class GrowingStream:
    """One stream. Rows never change, and no span ever reaches further back than it did."""

    def __init__(self, whole: Ticks | Trades | Book, gone: Gone | None = None) -> None:
        """`gone`: what there is of it before, None: nothing."""
        self._kind = type(whole)
        self._columns = {name: Grown(column.dtype) for name, column in columns_of(whole).items()}
        self._spans = [(int(a), int(b)) for a, b in whole.spans]
        self._gone = gone or Gone()
        self.message = 0  # the number of the next one of a book
        self._take(columns_of(whole))

    @property
    def covered_to(self) -> int | None:
        """The end of the newest span (UTC ms), None while nothing is covered."""
        return self._spans[-1][1] if self._spans else None

    @property
    def spans(self) -> NDArray[np.int64]:
        """What is covered."""
        return np.array(self._spans, dtype=np.int64).reshape(-1, 2)

    def append(self, columns: Columns, start: int, end: int) -> None:
        """Events of a span that goes on with the newest one (its start is the same), or begins after it."""
        if self._spans and self._spans[-1][0] == start:
            self._spans[-1] = (start, max(end, self._spans[-1][1]))
        else:
            if self._spans and start < self._spans[-1][1]:
                raise ValueError(f"a span that begins at {start} lies before the end of the newest one")
            self._spans.append((start, end))
        self._take(columns)

    def go_on(self, columns: Columns, spans: Times) -> None:
        """More events, and all spans there are now."""
        self._spans = [(int(a), int(b)) for a, b in spans]
        self._take(columns)

    def let_go(self, until: int) -> None:
        """Keep no events at or before a time; what lies beyond all spans stays."""
        until = min(until, self._gone.until if self.covered_to is None else self.covered_to)
        if until > self._gone.until:
            count = int(np.searchsorted(self._columns["time"].rows, until, side="right"))
            for grown in self._columns.values():
                grown.let_go(grown.gone + count)
            self._gone = Gone(self._gone.rows + count, until)

    def events(self) -> Ticks | Trades | Book:
        """All of it that is in memory, as views."""
        made = self._kind(**{name: grown.rows for name, grown in self._columns.items()}, spans=self.spans)
        return without(made, self._gone)

    @property
    def bytes(self) -> int:
        """What its events take in memory."""
        return sum(grown.rows.nbytes for grown in self._columns.values())

    def _take(self, columns: Columns) -> None:
        for name, column in columns.items():
            self._columns[name].append(column)
        if len(columns.get("message", ())):
            self.message = int(columns["message"][-1]) + 1


class GrowingStreams:
    """Ticks and books by market, and the trades among the ticks from the first one on."""

    def __init__(self, recorded: Recorded | None = None) -> None:
        """`recorded`: where all that is here stands on disk as well; None: nowhere."""
        self.recorded = recorded
        self._streams: dict[Key, GrowingStream] = {}
        self._trades: dict[str, GrowingStream] = {}
        self._first_trade: dict[str, int] = {}

    def begin(self, market: str, name: str, whole: Ticks | Book) -> None:
        """A new stream with what there is of it; raises ValueError for one that has begun."""
        if (market, name) in self._streams:
            raise ValueError(f"{market} {name} has begun before")
        self._streams[market, name] = GrowingStream(whole)
        if isinstance(whole, Ticks):
            self._take_trades(market, whole)

    def rest(self, market: str, name: str, kept: Kept) -> None:
        """A stream that goes on and of which nothing is in memory."""
        nothing = empty(name)
        gone = Gone(kept.rows, int(kept.spans[-1, 1])) if len(kept.spans) else Gone()
        stream = GrowingStream(type(nothing)(**columns_of(nothing), spans=kept.spans), gone)
        self._streams[market, name] = stream
        stream.message = kept.message
        if kept.first_trade is not None:
            self._first_trade[market] = kept.first_trade
            # how many there were is not known: who has counted those before must read them again
            self._trades[market] = _no_trades(Gone(1 << 62, gone.until))

    def append(self, market: str, name: str, columns: Columns, start: int, end: int) -> None:
        """Events of a span, see `GrowingStream`."""
        self._streams[market, name].append(columns, start, end)
        if name == "ticks":
            self._take_trades(market, Ticks(**columns))

    def go_on(self, market: str, events: Mapping[str, tuple[Columns, Times]]) -> None:
        """More events of a market, of streams that have begun or begin."""
        for name, (columns, spans) in events.items():
            self._streams.setdefault((market, name), GrowingStream(empty(name))).go_on(columns, spans)
            if name == "ticks":
                self._take_trades(market, Ticks(**columns))

    def let_go(self, market: str, until: int) -> None:
        """Keep no events of a market at or before a time."""
        for (of, _), stream in self._streams.items():
            if of == market:
                stream.let_go(until)
        ticks, trades = self._streams.get((market, "ticks")), self._trades.get(market)
        if ticks is not None and trades is not None:
            trades.go_on({}, ticks.spans)  # it has those of the ticks
            trades.let_go(until)

    def take_over(self, market: str, other: GrowingStreams) -> None:
        """The streams of a market as another has them."""
        self._streams |= {key: stream for key, stream in other._streams.items() if key[0] == market}
        self._trades |= {of: trades for of, trades in other._trades.items() if of == market}
        self._first_trade |= {of: time for of, time in other._first_trade.items() if of == market}

    def begun(self, market: str, name: str) -> GrowingStream | None:
        """A stream that has begun, None for another."""
        return self._streams.get((market, name))

    def markets(self) -> set[str]:
        """Those with a stream."""
        return {market for market, _ in self._streams}

    @property
    def bytes(self) -> int:
        """What the events of all take in memory."""
        return sum(stream.bytes for stream in (*self._streams.values(), *self._trades.values()))

    def names(self, market: str) -> tuple[str, ...]:
        """What is there of a market."""
        return tuple(
            name for name in NAMES if (market, name) in self._streams or (name == "trades" and market in self._trades)
        )

    def stream(self, market: str, name: str) -> Stream | None:
        """One of them, None if it is not there."""
        if name != "trades":
            found = self._streams.get((market, name))
            return None if found is None else found.events()
        trades, ticks = self._trades.get(market), self._streams.get((market, "ticks"))
        if trades is None or ticks is None:
            return None
        told = trades.events()
        assert isinstance(told, Trades)
        return told_from(without(replace(told, spans=ticks.spans), told.gone), self._first_trade[market])

    def _take_trades(self, market: str, ticks: Ticks) -> None:
        told = trades_of(ticks)
        if told is None:
            return
        self._first_trade.setdefault(market, int(told.time[0]))
        ticks_gone = self._streams[market, "ticks"].events().gone.until
        trades = self._trades.setdefault(market, _no_trades(Gone(0, ticks_gone)))
        trades.go_on(columns_of(told), told.spans)


def _no_trades(gone: Gone) -> GrowingStream:
    times, none = np.zeros(0, np.int64), np.zeros(0)
    return GrowingStream(Trades(times, none, none, np.zeros(0, np.int8)), gone)
