"""What a market tells beyond bars: ticks and books of a replayed past, as they stand at a moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .clock import ServerClock
from .sequences import TICKS, make

BookRows = list[tuple[int, float, float]]
"""Type, price and volume of every level."""
TRADES, QUOTES = 8 | 16 | 32 | 64, 2 | 4


class Flow:
    """Ticks and books of one symbol; times are given in UTC milliseconds."""

    def __init__(self, clock: ServerClock) -> None:
        self.clock = clock
        self.utc = np.zeros(0, np.int64)
        self._ticks = np.zeros(0, TICKS)
        self._book_times: list[int] = []
        self._books: list[BookRows] = []

    def load_ticks(self, rows: np.ndarray) -> None:
        """Ticks in any fields of the layout, `time_msc` in UTC, oldest first."""
        made = np.zeros(len(rows), TICKS)
        for name in rows.dtype.names or ():
            made[name] = rows[name]
        self.utc = np.asarray(rows["time_msc"], dtype=np.int64).copy()
        made["time_msc"] = self.clock.broker_seconds(self.utc // 1000) * 1000 + self.utc % 1000
        made["time"] = made["time_msc"] // 1000
        self._ticks = made

    def load_books(self, books: Iterable[tuple[int, Sequence[tuple[int, float, float]]]]) -> None:
        """Whole books and when they began to stand, oldest first."""
        for time, rows in books:
            self._book_times.append(time)
            self._books.append(list(rows))

    def ticks(self, first: int, until: int, flags: int) -> np.ndarray:
        """Ticks with first <= broker milliseconds, that came up to `until` (UTC)."""
        start = int(np.searchsorted(self._ticks["time_msc"], first, side="left"))
        rows = self._ticks[start : int(np.searchsorted(self.utc, until, side="right"))]
        wanted = (QUOTES if flags & 1 else 0) | (TRADES if flags & 2 else 0)
        return rows if wanted == QUOTES | TRADES else rows[(rows["flags"] & wanted) != 0]

    def newest(self, now: int) -> Any:
        """The Tick of the newest one at a moment, None before the first."""
        at = int(np.searchsorted(self.utc, now, side="right")) - 1
        if at < 0:
            return None
        row = dict(zip(TICKS.names or (), self._ticks[at].item(), strict=True))
        return make("Tick", **row)

    def book(self, now: int) -> BookRows | None:
        """The book that stands at a moment, None where none was ever given."""
        at = bisect_right(self._book_times, now)
        return self._books[at - 1] if at else None
