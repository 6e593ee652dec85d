"""Finds large levels of a book that vanish soon after they appeared without having been traded."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np
from tradeplan.runtime.market.streams.events import Book, Times, Trades
from tradeplan.runtime.market.streams.grown import Grown
from tradeplan.runtime.market.streams.levels import DEPTH, Levels
from tradeplan.runtime.market.streams.replay import messages


class _Traded:
    """Volume traded at a price against a side of the book, between two times, both included."""

    def __init__(self) -> None:
        self._rows = 0
        self._times: dict[tuple[int, float], list[int]] = {}
        self._sums: dict[tuple[int, float], list[float]] = {}

    def upto(self, trades: Trades) -> None:
        """Take in what is new."""
        columns = (trades.time, trades.side, trades.price, trades.size)
        for time, side, price, size in zip(*(column[self._rows :].tolist() for column in columns), strict=True):
            # who sells hits the bids, who buys takes the asks; a trade without a side may have met either
            for met in (-side,) if side else (1, -1):
                self._times.setdefault((met, price), []).append(time)
                sums = self._sums.setdefault((met, price), [0.0])
                sums.append(sums[-1] + size)
        self._rows = len(trades)

    def between(self, side: int, price: float, start: int, end: int) -> float:
        """The volume."""
        times = self._times.get((side, price))
        if times is None:
            return 0.0
        sums = self._sums[side, price]
        return sums[bisect_right(times, end)] - sums[bisect_left(times, start)]


def spoofs(book: Book, trades: Trades, large: float, within: int, shrink: float) -> Times:
    """When levels of a recorded book were pulled, see `SpoofWatch`."""
    return SpoofWatch(large, within, shrink).upto(book, trades)


class SpoofWatch:
    """Finds when levels were pulled: times of the messages that did it, in order; it goes on where the book grows.

    A level of at least `large` (price times size) appears among the DEPTH best of its side in one message that finds it
    smaller; within `within` ms it falls below `1 - shrink` of the most that it held; and less than half of what it lost
    was traded at its price against its side since it appeared. What a snapshot shows has not appeared.

    INVARIANT: trades up to the newest message are there before it is looked at, and none comes later.
    """

    def __init__(self, large: float, within: int, shrink: float) -> None:
        self._large, self._within, self._left = large, within, 1.0 - shrink
        self._levels, self._traded = Levels(), _Traded()
        self._watched: dict[tuple[int, float], tuple[int, float]] = {}
        self._found = Grown(np.int64)
        self._rows = 0

    def upto(self, book: Book, trades: Trades) -> Times:
        """All that were found in a book and trades that go on with those looked at before."""
        self._traded.upto(trades)
        first, self._rows = self._rows, len(book)
        sides, prices, sizes = (column[first:].tolist() for column in (book.side, book.price, book.size))
        for time, snapshot, rows in messages(book, first):
            part = slice(rows.start - first, rows.stop - first)
            self._look(time, snapshot, list(zip(sides[part], prices[part], sizes[part], strict=True)))
        return self._found.rows

    def _look(self, time: int, snapshot: bool, changes: list[tuple[int, float, float]]) -> None:
        levels, watched = self._levels, self._watched
        if snapshot:
            levels.clear()
            watched.clear()
        appeared: list[tuple[int, float, float]] = []
        for side, price, size in changes:
            before = levels.sizes[side].get(price, 0.0)
            levels.put(side, price, size)
            key = (side, price)
            seen = watched.get(key)
            if seen is not None and time - seen[0] > self._within:
                del watched[key]
                seen = None
            if seen is None:
                if not snapshot and size * price >= self._large > before * price:
                    appeared.append((side, price, size))
                continue
            since, most = seen
            if size > most:
                watched[key] = (since, size)
            elif size < self._left * most:
                del watched[key]
                if self._traded.between(side, price, since, time) < 0.5 * (most - size):
                    self._found.append([time])
        for side, price, size in appeared:
            if levels.is_near(side, price, DEPTH):
                watched[side, price] = (time, size)
