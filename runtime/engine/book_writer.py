"""Hands out addresses in the order loop's book while a program is written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class BookWriter:
    """Integers and floats of records, growing together."""

    def __init__(self) -> None:
        self.k: list[int] = []
        self.f: list[float] = []

    def take(self, width: int, count: int = 1) -> int:
        """The address of room for `count` records, all zero."""
        address = len(self.k)
        self.k.extend([0] * (width * count))
        self.f.extend([0.0] * (width * count))
        return address

    def record(self, integers: Sequence[int], floats: Sequence[float] = (), width: int = 0) -> int:
        """Write one record and return its address."""
        address = self.take(max(width, len(integers), len(floats)))
        self.k[address : address + len(integers)] = integers
        self.f[address : address + len(floats)] = floats
        return address

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The two arrays."""
        return np.array(self.k, dtype=np.int64), np.array(self.f, dtype=np.float64)
