"""Plays a recorded book again: its best levels after every message, and its depth on every whole second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.streams.events import SNAPSHOT, Book, Times
from tradeplan.runtime.market.streams.levels import ASKS, BIDS, DEPTH, Levels

SECOND = 1000


@dataclass(frozen=True, slots=True)
class BookHistory:
    """What is kept of a replay; NaN where a side is empty.

    `best` holds bid, its size, ask, its size after the message at `time`; `fresh` says that it was a snapshot.
    `depth[i, side, n]` is the size of the best n + 1 levels at `seconds[i]`, of bids (0) and asks (1). DEPTH levels and
    whole seconds are all that is kept: a day takes 14 MB, and 40 bytes a message.
    """

    time: Times
    best: NDArray[np.float64]
    fresh: NDArray[np.bool_]
    seconds: Times
    depth: NDArray[np.float64]

    def at(self, times: Times, side: int, levels: int) -> NDArray[np.float64]:
        """Depth of a side at whole seconds; NaN where the book is not known."""
        found = np.full(len(times), np.nan)
        if len(self.seconds):
            rows = np.minimum(np.searchsorted(self.seconds, times), len(self.seconds) - 1)
            hit = self.seconds[rows] == times
            found[hit] = self.depth[rows[hit], 0 if side == BIDS else 1, levels - 1]
        return found


def messages(book: Book) -> Iterator[tuple[int, bool, slice]]:
    """Time, whether it is a snapshot, and the rows of every message."""
    if not len(book):
        return
    starts = np.flatnonzero(np.append(True, book.message[1:] != book.message[:-1]))
    ends = np.append(starts[1:], len(book))
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield int(book.time[start]), bool(book.kind[start] == SNAPSHOT), slice(start, end)


def replay(book: Book) -> BookHistory:
    """The history of a recorded book."""
    levels = Levels()
    times: list[int] = []
    best: list[tuple[float, float, float, float]] = []
    fresh: list[bool] = []
    seconds: list[int] = []
    depth: list[tuple[list[float], list[float]]] = []
    sides, prices, sizes = book.side.tolist(), book.price.tolist(), book.size.tolist()
    spans = book.spans.tolist()
    span = 0
    due = 0  # the next whole second to keep

    def keep(before: int) -> None:
        """The seconds of the span that end before a time, with the book as it stands."""
        nonlocal due
        last = min(before - 1, spans[span][1])
        if due <= last:
            state = (_depth(levels, BIDS), _depth(levels, ASKS))
            while due <= last:
                seconds.append(due)
                depth.append(state)
                due += SECOND

    for time, snapshot, rows in messages(book):
        while span < len(spans) and time > spans[span][1]:
            keep(spans[span][1] + 1)
            span += 1
            due = 0
        if span == len(spans):
            break
        if due:
            keep(time)
        else:
            due = -(-time // SECOND) * SECOND
        if snapshot:
            levels.clear()
        for i in range(rows.start, rows.stop):
            levels.put(sides[i], prices[i], sizes[i])
        bid, ask = levels.best(BIDS, 1), levels.best(ASKS, 1)
        times.append(time)
        best.append((*(bid[0] if bid else (np.nan, np.nan)), *(ask[0] if ask else (np.nan, np.nan))))
        fresh.append(snapshot)
    if span < len(spans) and due:
        keep(spans[span][1] + 1)
    return BookHistory(
        np.array(times, dtype=np.int64),
        np.array(best, dtype=np.float64).reshape(-1, 4),
        np.array(fresh, dtype=np.bool_),
        np.array(seconds, dtype=np.int64),
        np.array(depth, dtype=np.float64).reshape(-1, 2, DEPTH),
    )


def _depth(levels: Levels, side: int) -> list[float]:
    sizes = [size for _, size in levels.best(side)]
    sums = list(accumulate(sizes)) or [0.0]
    return sums + [sums[-1]] * (DEPTH - len(sums))
