"""Finds large levels of a book that vanish soon after they appeared without having been traded."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate

import numpy as np
from tradeplan.runtime.market.streams.events import Book, Times, Trades
from tradeplan.runtime.market.streams.levels import DEPTH, Levels
from tradeplan.runtime.market.streams.replay import messages


class _Traded:
    """Volume traded at a price against a side of the book, between two times, both included."""

    def __init__(self, trades: Trades) -> None:
        self._times: dict[tuple[int, float], list[int]] = {}
        sizes: dict[tuple[int, float], list[float]] = {}
        columns = (trades.time.tolist(), trades.side.tolist(), trades.price.tolist(), trades.size.tolist())
        for time, side, price, size in zip(*columns, strict=True):
            # who sells hits the bids, who buys takes the asks; a trade without a side may have met either
            for met in (-side,) if side else (1, -1):
                self._times.setdefault((met, price), []).append(time)
                sizes.setdefault((met, price), []).append(size)
        self._sums = {key: [0.0, *accumulate(values)] for key, values in sizes.items()}

    def between(self, side: int, price: float, start: int, end: int) -> float:
        """The volume."""
        times = self._times.get((side, price))
        if times is None:
            return 0.0
        sums = self._sums[side, price]
        return sums[bisect_right(times, end)] - sums[bisect_left(times, start)]


def spoofs(book: Book, trades: Trades, large: float, within: int, shrink: float) -> Times:
    """When levels were pulled: times of the messages that did it, in order.

    A level of at least `large` (price times size) appears among the DEPTH best of its side in one message that finds it
    smaller; within `within` ms it falls below `1 - shrink` of the most that it held; and less than half of what it lost
    was traded at its price against its side since it appeared. What a snapshot shows has not appeared.
    """
    levels = Levels()
    traded = _Traded(trades)
    watched: dict[tuple[int, float], tuple[int, float]] = {}
    found: list[int] = []
    sides, prices, sizes = book.side.tolist(), book.price.tolist(), book.size.tolist()
    for time, snapshot, rows in messages(book):
        if snapshot:
            levels.clear()
            watched.clear()
        appeared: list[tuple[int, float, float]] = []
        for i in range(rows.start, rows.stop):
            side, price, size = sides[i], prices[i], sizes[i]
            before = levels.sizes[side].get(price, 0.0)
            levels.put(side, price, size)
            key = (side, price)
            seen = watched.get(key)
            if seen is not None and time - seen[0] > within:
                del watched[key]
                seen = None
            if seen is None:
                if not snapshot and size * price >= large > before * price:
                    appeared.append((side, price, size))
                continue
            since, most = seen
            if size > most:
                watched[key] = (since, size)
            elif size < (1.0 - shrink) * most:
                del watched[key]
                if traded.between(side, price, since, time) < 0.5 * (most - size):
                    found.append(time)
        for side, price, size in appeared:
            if levels.is_near(side, price, DEPTH):
                watched[side, price] = (time, size)
    return np.array(found, dtype=np.int64)
