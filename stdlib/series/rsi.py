"""Wilder's relative strength index: the share of gains in the recent movement, 0 to 100.

Definition: `100 * up / (up + down)`; `up` and `down` are Wilder averages (`rma`) of the gains and of the losses from
bar to bar, seeded with the mean of the first `period` of them. 50 where neither has ever moved (TA-Lib says 0 there,
which would read as deeply oversold).
Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; TA-Lib RSI.
Without data: UNKNOWN until `period` + 1 values are known; an unknown value is skipped.
Example: `WHEN rsi(14) CROSSES ABOVE 30 THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from tradeplan.dsl.catalog import Function, Output, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.columns import smoothed
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period, source


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Sums until the seed, then the two recursions."""
    n = int(p[0])
    c = k[0]
    v = x[0]
    d = v - f[0]
    f[0] = v
    out[0] = math.nan
    if c == 0:
        k[0] = 1
        return
    up = 0.0
    down = 0.0
    if d > 0.0:
        up = d
    else:
        down = -d
    if c <= n:
        f[1] += up
        f[2] += down
        c += 1
        k[0] = c
        if c <= n:
            return
        f[1] /= n
        f[2] /= n
        f[3] = 1.0 / n
    else:
        f[1] += f[3] * (up - f[1])
        f[2] += f[3] * (down - f[2])
    both = f[1] + f[2]
    if both > 0.0:
        out[0] = 100.0 * f[1] / both
    else:
        out[0] = 50.0


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The ratio of the two smoothed columns."""
    xs = series["source"]
    n = int(parameters["period"])
    moves = [b - a for a, b in pairwise(xs)]
    ups = smoothed([max(move, 0.0) for move in moves], n, 1.0 / n)
    downs = smoothed([max(-move, 0.0) for move in moves], n, 1.0 / n)
    values = [100.0 * u / (u + d) if u + d != 0.0 else 50.0 for u, d in zip(ups, downs, strict=True)]
    return {"rsi": [math.nan, *values][: len(xs)]}


FUNCTION = documented(
    Function(
        name="rsi",
        category="series",
        summary="",
        parameters=(period(14), source()),
        outputs=(Output("rsi", NUMBER, Scale.NONE),),
        lookback=lambda p: int(p[0]) + 1,
        floats=4,  # last value, gains, losses, weight
        integers=1,  # values seen, up to the period + 1
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
