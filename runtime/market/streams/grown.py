"""Rows in an array to which more are added and from which the oldest go: with room to spare, little is copied."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_LEAST_ROOM = 256
_SHARE_OF_ROOM = 8


class Grown:
    """`rows` are a view of what there is now; whoever holds an older one sees what there was then."""

    def __init__(self, kind: Any, *shape: int) -> None:
        """`shape`: that of one row; empty for numbers."""
        self._held: NDArray[Any] = np.zeros((0, *shape), dtype=kind)
        self._first = self._end = 0
        self.gone = 0  # so many rows were there before those that are

    @property
    def count(self) -> int:
        """How many rows there ever were."""
        return self.gone + self._end - self._first

    @property
    def rows(self) -> NDArray[Any]:
        """All rows that are there."""
        return self._held[self._first : self._end]

    def append(self, more: ArrayLike) -> None:
        """Add rows."""
        new = np.asarray(more, dtype=self._held.dtype).reshape(-1, *self._held.shape[1:])
        if self._end + len(new) > len(self._held):
            self._move(len(new))
        self._held[self._end : self._end + len(new)] = new
        self._end += len(new)

    def let_go(self, gone: int) -> None:
        """Let the oldest go, until so many of all that ever were are not there."""
        self._first += gone - self.gone
        self.gone = gone
        # INVARIANT: no more room is held by rows that are gone than twice by those that are there
        if self._first > 2 * max(_LEAST_ROOM, self._end - self._first):
            self._move(0)

    def _move(self, more: int) -> None:
        rows = self.rows
        total = len(rows) + more
        # INVARIANT: room grows by a share of the whole, so all copies together cost less than ten of the last
        held = np.zeros((total + max(_LEAST_ROOM, total // _SHARE_OF_ROOM), *rows.shape[1:]), rows.dtype)
        held[: len(rows)] = rows
        self._held, self._first, self._end = held, 0, len(rows)
