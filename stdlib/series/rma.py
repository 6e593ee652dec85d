"""Wilder's moving average of `period` bars.

Definition: `r = r + (x - r) / period`, seeded with the mean of the first `period` values.
Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; the smoothing of rsi and atr.
Without data: UNKNOWN until `period` values are known; an unknown value is skipped.
Example: `WHEN close > rma(100) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, SameAs, Scale
from tradeplan.stdlib.columns import smoothed
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period, source


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Seeded by differences from the first value, so equal prices give exactly themselves."""
    n = int(p[0])
    c = k[0]
    v = x[0]
    if c == n:
        f[0] += f[1] * (v - f[0])
        out[0] = f[0]
    else:
        if c == 0:
            f[1] = v
        f[0] += v - f[1]
        c += 1
        k[0] = c
        if c == n:
            f[0] = f[1] + f[0] / n
            f[1] = 1.0 / n
            out[0] = f[0]
        else:
            out[0] = math.nan


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The recursion as it is written in the definition."""
    n = int(parameters["period"])
    return {"rma": smoothed(series["source"], n, 1.0 / n)}


FUNCTION = documented(
    Function(
        name="rma",
        category="series",
        summary="",
        parameters=(period(14), source()),
        outputs=(Output("rma", SameAs("source"), Scale.PRICE),),
        lookback=lambda p: int(p[0]),
        floats=2,  # sum, then the value; first value, then the weight
        integers=1,  # values seen, up to the period
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
