"""The standard deviation of the last `period` returns, in percent: how restless a market is, whatever its price.

Definition: with `r[t] = 100 * (x[t] / x[t-1] - 1)`, `sqrt(mean((r - mean(r))^2))` over the last `period` returns: the
population form, divisor `period`. Exactly 0 where all returns are equal.
Source: numpy.std with ddof 0 of simple returns.
Without data: UNKNOWN until `period` + 1 values are known; an unknown value is skipped, and so is a return from 0.
Example: `WHEN H1.volatility(20) < 2% AND close > ema(50) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, Scale
from tradeplan.dsl.kinds import PERCENT
from tradeplan.stdlib.columns import deviation, rolling
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period, source
from tradeplan.stdlib.windows import moments, root_of


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The deviation of returns, behind the value before."""
    before = f[3]
    f[3] = x[0]
    out[0] = math.nan
    if k[2] == 0:
        k[2] = 1
        return
    if before == 0.0:
        return
    full, _, variance = moments(f, k, ring, int(p[0]), 100.0 * ((x[0] - before) / before))
    if full:
        out[0] = root_of(variance)


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The deviation of every window of returns in two passes."""
    xs = series["source"]
    size = int(parameters["period"])
    results = [math.nan] * len(xs)
    returns: list[float] = []
    for i in range(1, len(xs)):
        if xs[i - 1] != 0.0:
            returns.append(100.0 * ((xs[i] - xs[i - 1]) / xs[i - 1]))
            if len(returns) >= size:
                results[i] = rolling(returns[-size:], size, deviation)[-1]
    return {"volatility": results}


FUNCTION = documented(
    Function(
        name="volatility",
        category="series",
        summary="",
        parameters=(period(20, about="how many returns"), source()),
        outputs=(Output("volatility", PERCENT, Scale.NONE),),
        lookback=lambda p: int(p[0]) + 1,
        floats=4,  # the block's first return, sums of differences from it and of their squares; the last value
        integers=3,  # place in the block, 1 after the first block, 1 after the first value
        ring=lambda p: 2 * (int(p[0]) + 1),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
