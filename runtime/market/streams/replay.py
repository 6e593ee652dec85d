"""Plays a book, recorded or growing: its best levels after every message, and its depth on every whole second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.streams.events import SNAPSHOT, Book, NotInMemory, Times
from tradeplan.runtime.market.streams.grown import Grown
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


def messages(book: Book, first: int = 0) -> Iterator[tuple[int, bool, slice]]:
    """Time, whether it is a snapshot, and the rows of every message from a row on, at which a message begins."""
    if len(book) <= first:
        return
    numbers = book.message[first:]
    starts = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1])) + first
    ends = np.append(starts[1:], len(book))
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield int(book.time[start]), bool(book.kind[start] == SNAPSHOT), slice(start, end)


def replay(book: Book) -> BookHistory:
    """The history of a recorded book."""
    return BookPlayer().upto(book)


class BookPlayer:
    """Plays on from where it stands, so that a book that grows costs what is new of it.

    INVARIANT: the history of a book that came in parts is that of the whole: an event that comes later lies beyond the
    end of every span that was there.
    """

    def __init__(self) -> None:
        self._levels = Levels()
        self._rows = self._span = 0
        self._due = 0  # the next whole second to keep
        self._time, self._best, self._fresh = Grown(np.int64), Grown(np.float64, 4), Grown(np.bool_)
        self._seconds, self._depth = Grown(np.int64), Grown(np.float64, 2, DEPTH)

    def upto(self, book: Book) -> BookHistory:
        """The history of a book that goes on with the one played before, as far back as its events are in memory.

        Raises NotInMemory if some of them were never played and are not there any more.
        """
        if self._rows < book.gone.rows:
            raise NotInMemory
        if self._rows < book.gone.rows + len(book) or len(book.spans):
            self._play(book)
        self._let_go(book.gone.until)
        columns = (self._time, self._best, self._fresh, self._seconds, self._depth)
        return BookHistory(*(column.rows for column in columns))

    def _let_go(self, until: int) -> None:
        # the message before those that are left stays: what a message adds is told by the book before it
        messages = max(0, int(np.searchsorted(self._time.rows, until, side="right")) - 1)
        seconds = int(np.searchsorted(self._seconds.rows, until, side="left"))
        for column in (self._time, self._best, self._fresh):
            column.let_go(column.gone + messages)
        for column in (self._seconds, self._depth):
            column.let_go(column.gone + seconds)

    def _play(self, book: Book) -> None:
        levels = self._levels
        times: list[int] = []
        best: list[tuple[float, float, float, float]] = []
        fresh: list[bool] = []
        spans = book.spans.tolist()
        first = self._rows - book.gone.rows
        sides, prices, sizes = (column[first:].tolist() for column in (book.side, book.price, book.size))
        for time, snapshot, rows in messages(book, first):
            while self._span < len(spans) and time > spans[self._span][1]:
                if self._due:
                    self._keep(spans[self._span][1] + 1)
                self._span += 1
                self._due = 0
            if self._span == len(spans):
                break
            if self._due:
                self._keep(time)
            else:
                self._due = -(-time // SECOND) * SECOND
            if snapshot:
                levels.clear()
            for i in range(rows.start - first, rows.stop - first):
                levels.put(sides[i], prices[i], sizes[i])
            bid, ask = levels.best(BIDS, 1), levels.best(ASKS, 1)
            times.append(time)
            best.append((*(bid[0] if bid else (np.nan, np.nan)), *(ask[0] if ask else (np.nan, np.nan))))
            fresh.append(snapshot)
            self._rows = rows.stop + book.gone.rows
        if self._span < len(spans) and self._due:
            self._keep(spans[self._span][1] + 1)
        self._time.append(times)
        self._best.append(best)
        self._fresh.append(fresh)

    def _keep(self, before: int) -> None:
        """The seconds that are due before a time, with the book as it stands."""
        count = max(0, -((self._due - before) // SECOND))
        if count:
            self._seconds.append(self._due + SECOND * np.arange(count, dtype=np.int64))
            state = np.array([_depth(self._levels, BIDS), _depth(self._levels, ASKS)])
            self._depth.append(np.broadcast_to(state, (count, *state.shape)))
            self._due += SECOND * count


def _depth(levels: Levels, side: int) -> list[float]:
    sizes = [size for _, size in levels.best(side)]
    sums = list(accumulate(sizes)) or [0.0]
    return sums + [sums[-1]] * (DEPTH - len(sums))
