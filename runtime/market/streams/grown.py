"""Rows in an array that only ever get more, with room to spare, so that adding some copies nothing."""

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
        self.count = 0

    @property
    def rows(self) -> NDArray[Any]:
        """All rows."""
        return self._held[: self.count]

    def append(self, more: ArrayLike) -> None:
        """Add rows."""
        new = np.asarray(more, dtype=self._held.dtype).reshape(-1, *self._held.shape[1:])
        total = self.count + len(new)
        if total > len(self._held):
            # INVARIANT: room grows by a share of the whole, so all copies together cost less than ten of the last
            wider = np.zeros(
                (total + max(_LEAST_ROOM, total // _SHARE_OF_ROOM), *self._held.shape[1:]), self._held.dtype
            )
            wider[: self.count] = self.rows
            self._held = wider
        self._held[self.count : total] = new
        self.count = total
