"""The average true range: how far price usually travels in a bar.

Definition: the Wilder average (`rma`) of `true_range`, seeded with the mean of the first `period` true ranges.
`1.5 ATR` in a plan is `1.5 * atr(14)`. For the plain mean write `sma(14, true_range)`.
Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib ATR.
Without data: UNKNOWN until `period` + 1 bars are known; a bar with an unknown field is skipped.
Example: `WHEN close > D1.high THEN BUY RISK 0.5% STOP 2 * atr(14)`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Output, Scale
from tradeplan.dsl.kinds import DISTANCE
from tradeplan.stdlib.columns import smoothed
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """A sum until the seed, then the recursion."""
    n = int(p[0])
    seen = k[0]
    h = x[0]
    low = x[1]
    c = f[0]
    f[0] = x[2]
    if seen == 0:
        k[0] = 1
        out[0] = math.nan
        return
    if c > h:
        h = c
    if c < low:
        low = c
    if seen > n:
        f[1] += f[2] * (h - low - f[1])
        out[0] = f[1]
        return
    f[1] += h - low
    k[0] = seen + 1
    if seen == n:
        f[1] /= n
        f[2] = 1.0 / n
        out[0] = f[1]
    else:
        out[0] = math.nan


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Wilder's smoothing of the column of true ranges."""
    hs, ls, cs = series["high"], series["low"], series["close"]
    ranges = [max(hs[i] - ls[i], abs(hs[i] - cs[i - 1]), abs(ls[i] - cs[i - 1])) for i in range(1, len(cs))]
    n = int(parameters["period"])
    return {"atr": [math.nan, *smoothed(ranges, n, 1.0 / n)][: len(cs)]}


FUNCTION = documented(
    Function(
        name="atr",
        category="series",
        summary="",
        parameters=(period(14),),
        reads=(Field("high"), Field("low"), Field("close")),
        outputs=(Output("atr", DISTANCE, Scale.PRICE),),
        lookback=lambda p: int(p[0]) + 1,
        floats=3,  # last close; sum, then the value; weight
        integers=1,  # bars seen, up to the period + 1
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
