"""How far price travelled in a bar, the gap from the last close included.

Definition: the largest of `high - low`, `abs(high - close[1])`, `abs(low - close[1])`.
Source: J. Welles Wilder, 1978; TA-Lib TRANGE.
Without data: UNKNOWN on the first bar, which has no close before it; a bar with an unknown field is skipped.
Example: `WHEN true_range > 3 ATR THEN ALERT "wide bar"`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Output, Scale
from tradeplan.dsl.kinds import DISTANCE
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The range from the last close's side."""
    h = x[0]
    low = x[1]
    if k[0] == 1:
        c = f[0]
        if c > h:
            h = c
        if c < low:
            low = c
        out[0] = h - low
    else:
        out[0] = math.nan
        k[0] = 1
    f[0] = x[2]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The largest of the three distances."""
    hs, ls, cs = series["high"], series["low"], series["close"]
    later = [max(hs[i] - ls[i], abs(hs[i] - cs[i - 1]), abs(ls[i] - cs[i - 1])) for i in range(1, len(cs))]
    return {"true_range": [math.nan, *later][: len(cs)]}


FUNCTION = documented(
    Function(
        name="true_range",
        category="series",
        summary="",
        reads=(Field("high"), Field("low"), Field("close")),
        outputs=(Output("true_range", DISTANCE, Scale.PRICE),),
        lookback=lambda p: 2,
        floats=1,  # last close
        integers=1,  # 1 after the first bar
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
