"""Reads times as sources write them: epoch numbers of any unit, ISO and MetaTrader dates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_UNITS = ((1e17, 1e-6), (1e14, 1e-3), (1e11, 1.0), (0.0, 1000.0))
"""From which size a number is nanoseconds, microseconds, milliseconds or seconds, and what makes it milliseconds.

Seconds of today are 1.8e9, and 1e11 of them is the year 5138; milliseconds below 1e11 end in March 1973.
"""


def epoch_to_ms(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Milliseconds of epoch numbers; the largest decides about the unit of all."""
    largest = float(np.abs(values).max()) if len(values) else 0.0
    factor = next(factor for size, factor in _UNITS if largest >= size)
    if factor >= 1.0:
        return np.asarray(values, dtype=np.int64) * int(factor)
    return np.asarray(values, dtype=np.int64) // round(1 / factor)
