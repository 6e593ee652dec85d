"""The mean of the last `period` values.

Definition: `(x[t] + x[t-1] + ... + x[t-period+1]) / period`.
Source: simple moving average; TA-Lib SMA.
Without data: UNKNOWN until `period` values are known; an unknown value is skipped.
Example: `WHEN close CROSSES ABOVE sma(50) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, SameAs, Scale
from tradeplan.stdlib.columns import mean, rolling
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period, source


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Blocks of `period` bars: what is left of the last block (sums from its end) plus the running sum of this one.

    Nothing is ever subtracted from a sum, so nothing drifts. Sums are of differences from the block's first value.
    INVARIANT: that value is inside every window of its block, so equal prices give exactly themselves.
    """
    n = int(p[0])
    j = k[0]
    v = x[0]
    if j == 0:
        total = 0.0
        i = n - 1
        while i > 0:
            total += ring[i] - v
            ring[i] = total
            i -= 1
        f[0] = v
        f[1] = 0.0
    f[1] += v - f[0]
    ring[j] = v
    j += 1
    if k[1] == 1 or j == n:
        out[0] = f[0] + (f[1] + ring[j]) / n
    else:
        out[0] = math.nan
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The mean of every window by a correctly rounded sum."""
    return {"sma": rolling(series["source"], int(parameters["period"]), mean)}


FUNCTION = documented(
    Function(
        name="sma",
        category="series",
        summary="",
        parameters=(period(20), source()),
        outputs=(Output("sma", SameAs("source"), Scale.PRICE),),
        lookback=lambda p: int(p[0]),
        floats=2,  # the block's first value, sum of differences from it
        integers=2,  # place in the block, 1 after the first block
        ring=lambda p: int(p[0]) + 1,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
