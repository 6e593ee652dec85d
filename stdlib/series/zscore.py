"""How many standard deviations a value stands from its mean.

Definition: `(x - mean) / deviation` over the last `period` values, the current one included; population deviation
(divisor `period`).
Source: standard score; scipy.stats.zscore with ddof 0, last value of every window.
Without data: UNKNOWN until `period` values are known, and where all of them are equal; an unknown value is skipped.
Example: `WHEN zscore(100) < -2 THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.columns import deviation, mean, rolling
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period, source
from tradeplan.stdlib.windows import moments


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The newest less the mean, in deviations."""
    full, mean, variance = moments(f, k, ring, int(p[0]), x[0])
    out[0] = math.nan
    if full and variance > 0.0:
        out[0] = (x[0] - f[0] - mean) / math.sqrt(variance)


def _score(window: Sequence[float]) -> float:
    spread = deviation(window)
    return (window[-1] - mean(window)) / spread if spread > 0.0 else math.nan


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The score of every window's last value."""
    return {"zscore": rolling(series["source"], int(parameters["period"]), _score)}


FUNCTION = documented(
    Function(
        name="zscore",
        category="series",
        summary="",
        parameters=(period(100, low=2), source()),
        outputs=(Output("zscore", NUMBER, Scale.NONE),),
        lookback=lambda p: int(p[0]),
        floats=3,  # the block's first value, sums of differences from it and of their squares
        integers=2,  # place in the block, 1 after the first block
        ring=lambda p: 2 * (int(p[0]) + 1),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
