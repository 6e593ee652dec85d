"""Bollinger bands: a moving average and a band of standard deviations on either side.

Definition: `middle = sma(period)`, `upper` and `lower` lie `deviations` population standard deviations above and below,
`width = 100 * (upper - lower) / middle` in percent (Bollinger's BandWidth).
Source: John Bollinger, Bollinger on Bollinger Bands, 2001; TA-Lib BBANDS with a simple average.
Without data: UNKNOWN until `period` values are known; `width` also where the middle is 0; an unknown value is skipped.
Example: `WHEN close < bands(20, 2).lower THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, Parameter, SameAs, Scale
from tradeplan.dsl.kinds import NUMBER, PERCENT
from tradeplan.stdlib.columns import deviation, mean, rolling
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period, source
from tradeplan.stdlib.windows import moments, root_of


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The mean and what lies a number of deviations beside it."""
    full, mean, variance = moments(f, k, ring, int(p[0]), x[0])
    for i in range(4):
        out[i] = math.nan
    if full:
        middle = f[0] + mean
        reach = p[1] * root_of(variance)
        out[0] = middle + reach
        out[1] = middle
        out[2] = middle - reach
        if middle != 0.0:
            out[3] = 200.0 * reach / middle


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Mean and deviation of every window in two passes."""
    n = int(parameters["period"])
    middle = rolling(series["source"], n, mean)
    reach = [parameters["deviations"] * value for value in rolling(series["source"], n, deviation)]
    upper = [m + r for m, r in zip(middle, reach, strict=True)]
    lower = [m - r for m, r in zip(middle, reach, strict=True)]
    width = [100.0 * (2.0 * r) / m if m != 0.0 else math.nan for r, m in zip(reach, middle, strict=True)]
    return {"upper": upper, "middle": middle, "lower": lower, "width": width}


FUNCTION = documented(
    Function(
        name="bands",
        category="series",
        summary="",
        parameters=(
            period(20),
            Parameter("deviations", NUMBER, default="2", low=0, high=100, about="how many deviations to either side"),
            source(),
        ),
        outputs=(
            Output("upper", SameAs("source"), Scale.PRICE, "the upper band"),
            Output("middle", SameAs("source"), Scale.PRICE, "the moving average"),
            Output("lower", SameAs("source"), Scale.PRICE, "the lower band"),
            Output("width", PERCENT, Scale.NONE, "distance of the bands in percent of the middle"),
        ),
        lookback=lambda p: int(p[0]),
        floats=3,  # the block's first value, sums of differences from it and of their squares
        integers=2,  # place in the block, 1 after the first block
        ring=lambda p: 2 * (int(p[0]) + 1),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
