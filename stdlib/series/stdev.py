"""The standard deviation of the last `period` values.

Definition: `sqrt(mean((x - mean(x))^2))` over the window: the population form, divisor `period`. Exactly 0 where all
values are equal.
Source: TA-Lib STDDEV; numpy.std with ddof 0.
Without data: UNKNOWN until `period` values are known; an unknown value is skipped.
Example: `WHEN close > sma(20) + 2 * stdev(20) THEN ALERT "stretched"`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, SameAs, Scale
from tradeplan.stdlib.columns import deviation, rolling
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period, source
from tradeplan.stdlib.windows import moments, root_of


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The root of the variance."""
    full, _, variance = moments(f, k, ring, int(p[0]), x[0])
    out[0] = math.nan
    if full:
        out[0] = root_of(variance)


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The deviation of every window in two passes."""
    return {"stdev": rolling(series["source"], int(parameters["period"]), deviation)}


FUNCTION = documented(
    Function(
        name="stdev",
        category="series",
        summary="",
        parameters=(period(20), source()),
        outputs=(Output("stdev", SameAs("source", as_distance=True), Scale.PRICE),),
        lookback=lambda p: int(p[0]),
        floats=3,  # the block's first value, sums of differences from it and of their squares
        integers=2,  # place in the block, 1 after the first block
        ring=lambda p: 2 * (int(p[0]) + 1),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
