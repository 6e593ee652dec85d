"""Seeded noise: one independent stream for every name, purpose and week, the same on every platform."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

_HALF = 32767.5
_UNIT = ((65536.0**2 - 1.0) / 12.0) ** 0.5
"""Standard deviation of a uniform 16-bit number: dividing by it gives unit variance."""


class Stream:
    """A source of noise that depends on the seed, a name and a number only, never on what else was asked for.

    It reads the generator's raw bits and sums 16-bit numbers: raw bits are stable over numpy versions and the sums are
    exact, so no library's logarithm can make two machines differ, and it is several times faster than normal deviates.
    """

    def __init__(self, seed: int, name: str, number: int = 0) -> None:
        entropy = (seed, zlib.crc32(name.encode("utf-8")), number)
        self._bits = np.random.PCG64(np.random.SeedSequence(entropy))

    def flat(self, rows: int, columns: int) -> NDArray[np.float64]:
        """Independent uniform deviates of mean 0 and variance 1 (within +-1.73), shape (rows, columns)."""
        deviates = self._integers(rows * columns).reshape(rows, columns).astype(np.float64)
        deviates -= _HALF
        deviates /= _UNIT
        return deviates

    def bell(self, count: int, depth: int = 4) -> NDArray[np.float64]:
        """`count` near-normal deviates of mean 0 and variance 1: sums of `depth` uniform ones.

        Asking for more only appends, as long as `depth` is a multiple of 4.
        """
        total = self._integers(count * depth).reshape(count, depth).sum(axis=1, dtype=np.int64)
        deviates: NDArray[np.float64] = (total - depth * _HALF) / (_UNIT * depth**0.5)
        return deviates

    def uniform(self, count: int) -> NDArray[np.float64]:
        """`count` uniform deviates in [0, 1)."""
        return (self._bits.random_raw(count) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def _integers(self, count: int) -> NDArray[np.uint16]:
        raw = np.asarray(self._bits.random_raw((count + 3) // 4), dtype="<u8")
        return raw.view("<u2")[:count]
