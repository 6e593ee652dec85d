"""Finds large levels of a book that vanish soon after they appeared without having been traded."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from math import fsum

import numpy as np
from tradeplan.runtime.market.streams.events import Book, NotInMemory, Times, Trades
from tradeplan.runtime.market.streams.grown import Grown
from tradeplan.runtime.market.streams.levels import DEPTH, Levels
from tradeplan.runtime.market.streams.replay import messages

_SWEEP = 10_000


class _Traded:
    """Volume traded at a price against a side of the book, between two times, both included."""

    def __init__(self) -> None:
        self._rows = self._count = 0
        self._sweep_at = _SWEEP
        self._met: dict[tuple[int, float], tuple[list[int], list[float]]] = {}  # times, sizes

    def upto(self, trades: Trades) -> None:
        """Take in what is new."""
        if self._rows < trades.gone.rows:
            raise NotInMemory
        first = self._rows - trades.gone.rows
        columns = (trades.time, trades.side, trades.price, trades.size)
        for time, side, price, size in zip(*(column[first:].tolist() for column in columns), strict=True):
            # who sells hits the bids, who buys takes the asks; a trade without a side may have met either
            for met in (-side,) if side else (1, -1):
                times, sizes = self._met.setdefault((met, price), ([], []))
                times.append(time)
                sizes.append(size)
                self._count += 1
        self._rows = trades.gone.rows + len(trades)

    def between(self, side: int, price: float, start: int, end: int) -> float:
        """The volume."""
        times, sizes = self._met.get((side, price), ((), ()))
        # a sum of these trades alone: what else was traded at the price leaves no trace of rounding in it
        return fsum(sizes[bisect_left(times, start) : bisect_right(times, end)])

    def forget(self, before: int) -> None:
        """Nobody asks for trades before a time any more."""
        if self._count < self._sweep_at:
            return
        left: dict[tuple[int, float], tuple[list[int], list[float]]] = {}
        for key, (times, sizes) in self._met.items():
            if times[-1] >= before:
                first = bisect_left(times, before)
                left[key] = times[first:], sizes[first:]
        self._met = left
        self._count = sum(len(times) for times, _ in left.values())
        self._sweep_at = 2 * self._count + _SWEEP


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
        self._rows = self._looked = 0

    def upto(self, book: Book, trades: Trades) -> Times:
        """All that were found in a book and trades that go on with those looked at before, as far back as the book's
        events are in memory. Raises NotInMemory if some were never looked at and are not there any more."""
        if self._rows < book.gone.rows:
            raise NotInMemory
        self._traded.upto(trades)
        first, self._rows = self._rows - book.gone.rows, book.gone.rows + len(book)
        sides, prices, sizes = (column[first:].tolist() for column in (book.side, book.price, book.size))
        for time, snapshot, rows in messages(book, first):
            part = slice(rows.start - first, rows.stop - first)
            self._look(time, snapshot, list(zip(sides[part], prices[part], sizes[part], strict=True)))
            self._looked = time
        # no level that is watched appeared earlier, and none will
        self._traded.forget(max(self._looked - self._within, trades.gone.until))
        old = int(np.searchsorted(self._found.rows, book.gone.until, side="right"))
        self._found.let_go(self._found.gone + old)
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
