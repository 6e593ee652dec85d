"""Whether the market has just begun to move: bands and range both wider than on the bars before.

Definition: `bands(20, 2).width` is at least `width` percent above its mean of the `period - 1` bars before this one,
and `atr(14)` at least `range` percent above its own.
Source: the system that this project replaces (20 %, 15 %, 5 bars); there the mean of the bars before is over 4.
Without data: UNKNOWN until `period` bars have a known width and ATR.
Example: `WHEN fractal_expansion AND inside_bars(3)[1] THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Named, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, PERCENT
from tradeplan.stdlib.columns import mean
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Adds up the few values before; where nothing moved nothing has expanded."""
    n = int(p[2]) - 1
    j = k[0]
    out[0] = math.nan
    if k[1] == 1:
        widths = 0.0
        ranges = 0.0
        for i in range(n):
            widths += ring[i]
            ranges += ring[n + i]
        wide = x[0] > 0.0 and x[0] >= (1.0 + p[0] / 100.0) * (widths / n)
        out[0] = 0.0
        if wide and x[1] >= (1.0 + p[1] / 100.0) * (ranges / n):
            out[0] = 1.0
    ring[j] = x[0]
    ring[n + j] = x[1]
    j += 1
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Two values beside the means of those before them."""
    widths, ranges, n = series["bands"], series["atr"], int(parameters["period"])
    values: list[float] = []
    for t in range(len(widths)):
        if t < n - 1:
            values.append(math.nan)
            continue
        before = slice(t - n + 1, t)
        wider = widths[t] > 0 and widths[t] >= (1 + parameters["width"] / 100) * mean(widths[before])
        values.append(float(wider and ranges[t] >= (1 + parameters["range"] / 100) * mean(ranges[before])))
    return {"fractal_expansion": values}


FUNCTION = documented(
    Function(
        name="fractal_expansion",
        category="volatility",
        summary="",
        parameters=(
            Parameter("width", PERCENT, default="20%", low=0.1, high=1000, about="how much wider the bands are"),
            Parameter("range", PERCENT, default="15%", low=0.1, high=1000, about="how much larger the ATR is"),
            period(5, low=2, high=100, about="how many bars, this one included"),
        ),
        reads=(Named("bands", (20, 2), "width"), Named("atr", (14,))),
        outputs=(Output("fractal_expansion", CONDITION, Scale.NONE),),
        lookback=lambda p: int(p[2]),
        integers=2,  # place in the ring, 1 once it is full
        ring=lambda p: 2 * (int(p[2]) - 1),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
