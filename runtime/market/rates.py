"""Bars as a source delivers them, before any market knowledge: the MetaTrader 5 rates layout in columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Rates:
    """Columns of equal length, oldest first, one row a bar.

    `time` is the bar's OPEN in UTC milliseconds; prices float64; `tick_volume` and `real_volume` float64 (0 = unknown);
    `spread` int32 in points (0 = unknown).
    """

    time: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    tick_volume: NDArray[np.float64]
    spread: NDArray[np.int32]
    real_volume: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.time.shape[0])
