"""The slope of the straight line through the last `period` values, per bar.

Definition: ordinary least squares of the values on 0, 1, ..., `period` - 1. Exactly 0 where all values are equal.
Source: TA-Lib LINEARREG_SLOPE.
Without data: UNKNOWN until `period` values are known; an unknown value is skipped.
Example: `WHEN slope(20) > 0.1 * atr(14) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, SameAs, Scale
from tradeplan.stdlib.columns import rolling
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period, source


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Blocks of `period` bars as in `sma`, with place-weighted sums beside the sums.

    Places count from the block's start: the last block's are negative. INVARIANT: differences are from a value inside
    the window, so equal values give a slope of exactly 0.
    """
    n = int(p[0])
    j = k[0]
    v = x[0]
    if j == 0:
        total = 0.0
        weighted = 0.0
        i = n - 1
        while i > 0:
            d = ring[i] - v
            total += d
            weighted += (i - n) * d
            ring[i] = total
            ring[n + 1 + i] = weighted
            i -= 1
        f[0] = v
        f[1] = 0.0
        f[2] = 0.0
    d = v - f[0]
    f[1] += d
    f[2] += j * d
    ring[j] = v
    centre = j - 0.5 * (n - 1)
    j += 1
    if k[1] == 1 or j == n:
        covariance = f[2] + ring[n + 1 + j] - centre * (f[1] + ring[j])
        out[0] = covariance * 12.0 / (n * (n * n - 1.0))
    else:
        out[0] = math.nan
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j


def _slope(window: Sequence[float]) -> float:
    """Centred places times values, by a correctly rounded sum."""
    centre = (len(window) - 1) / 2.0
    middle = math.fsum(window) / len(window)
    up = math.fsum((i - centre) * (value - middle) for i, value in enumerate(window))
    return up / math.fsum((i - centre) ** 2 for i in range(len(window)))


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The regression of every window."""
    return {"slope": rolling(series["source"], int(parameters["period"]), _slope)}


FUNCTION = documented(
    Function(
        name="slope",
        category="series",
        summary="",
        parameters=(period(20, low=2), source()),
        outputs=(Output("slope", SameAs("source", as_distance=True), Scale.PRICE),),
        lookback=lambda p: int(p[0]),
        floats=3,  # the block's first value, sum of differences from it, the same weighted by place
        integers=2,  # place in the block, 1 after the first block
        ring=lambda p: 2 * (int(p[0]) + 1),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
