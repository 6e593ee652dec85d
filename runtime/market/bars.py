"""Bars of one market and timeframe, ready to be read: closed, scheduled, with a spread that is never zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Bars:
    """Columns of equal length, oldest first, one row a closed bar.

    `open_time` and `close_time` are UTC milliseconds; `close_time` is when the bar closes as scheduled (open +
    timeframe below D1, the broker's next day boundary from D1 on). `spread` is in price units: the bar's own, or the
    profile's for that hour where the source says 0; `spread_known` tells which.
    """

    market: str
    timeframe: str
    open_time: NDArray[np.int64]
    close_time: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    tick_volume: NDArray[np.float64]
    real_volume: NDArray[np.float64]
    spread: NDArray[np.float64]
    spread_known: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.close_time.shape[0])
