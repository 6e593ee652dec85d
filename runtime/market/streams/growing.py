"""Streams that grow while they are read: what a live feed appends, with the spans that it covers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.streams.events import Book, Stream, Ticks, Trades, columns_of, told_from, trades_of
from tradeplan.runtime.market.streams.grown import Grown
from tradeplan.runtime.market.streams.memory import NAMES

Key = tuple[str, str]
"""Market and name of a stream."""


class GrowingStream:
    """One stream. Rows that are there never change, and no span ever reaches further back than it did."""

    def __init__(self, whole: Ticks | Trades | Book) -> None:
        self._kind = type(whole)
        self._columns = {name: Grown(column.dtype) for name, column in columns_of(whole).items()}
        self._spans = [(int(a), int(b)) for a, b in whole.spans]
        for name, column in columns_of(whole).items():
            self._columns[name].append(column)

    @property
    def covered_to(self) -> int | None:
        """The end of the newest span (UTC ms), None while nothing is covered."""
        return self._spans[-1][1] if self._spans else None

    @property
    def spans(self) -> NDArray[np.int64]:
        """What is covered."""
        return np.array(self._spans, dtype=np.int64).reshape(-1, 2)

    def append(self, columns: Mapping[str, NDArray[Any]], start: int, end: int) -> None:
        """Events of a span that goes on with the newest one (its start is the same), or begins after it."""
        if self._spans and self._spans[-1][0] == start:
            self._spans[-1] = (start, max(end, self._spans[-1][1]))
        else:
            if self._spans and start < self._spans[-1][1]:
                raise ValueError(f"a span that begins at {start} lies before the end of the newest one")
            self._spans.append((start, end))
        for name, column in columns.items():
            self._columns[name].append(column)

    def events(self) -> Ticks | Trades | Book:
        """All of it, as views."""
        return self._kind(**{name: grown.rows for name, grown in self._columns.items()}, spans=self.spans)


class GrowingStreams:
    """Ticks and books by market, and the trades among the ticks from the first one on."""

    def __init__(self) -> None:
        self._streams: dict[Key, GrowingStream] = {}
        self._trades: dict[str, dict[str, Grown]] = {}

    def begin(self, market: str, name: str, whole: Ticks | Book) -> None:
        """A new stream with what there is of it; raises ValueError for one that has begun."""
        if (market, name) in self._streams:
            raise ValueError(f"{market} {name} has begun before")
        self._streams[market, name] = GrowingStream(whole)
        if isinstance(whole, Ticks):
            self._take_trades(market, whole)

    def append(self, market: str, name: str, columns: Mapping[str, NDArray[Any]], start: int, end: int) -> None:
        """Events of a span, see `GrowingStream`."""
        stream = self._streams[market, name]
        stream.append(columns, start, end)
        if name == "ticks" and len(columns["time"]):
            self._take_trades(market, Ticks(**columns, spans=stream.spans))

    def begun(self, market: str, name: str) -> GrowingStream | None:
        """A stream that has begun, None for another."""
        return self._streams.get((market, name))

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
        return told_from(Trades(**{column: grown.rows for column, grown in trades.items()}, spans=ticks.spans))

    def _take_trades(self, market: str, ticks: Ticks) -> None:
        told = trades_of(ticks)
        if told is None:
            return
        columns = columns_of(told)
        held = self._trades.setdefault(market, {name: Grown(column.dtype) for name, column in columns.items()})
        for name, column in columns.items():
            held[name].append(column)
