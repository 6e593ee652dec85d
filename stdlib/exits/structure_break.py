"""How far price has broken out of its last bars, in ATRs.

Definition: for `bull` `(close - highest high of the preceding period bars) / atr(14)`, for `bear` `(lowest low of the
preceding period bars - close) / atr(14)`; 0 where price has not broken out. The current bar is not among those bars.
Without an argument it looks against the plan: below the lows for a plan that buys, above the highs for one that sells.
Source: the system that this project replaces, whose window held the current bar, so that nothing could break it.
Without data: UNKNOWN until `period` bars and the current one have a known ATR; an unknown bar is skipped.
Example: `WHEN structure_break(against) > 0.7 THEN CLOSE`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Named, Output, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Mirrored for bear, so that both look for a highest high; by blocks as in `highest`, before the bar joins them."""
    n = int(p[1])
    side = p[0]
    w = x[0]
    if side < 0.0:
        w = -x[1]
    j = k[0]
    if j == 0:
        best = -math.inf
        i = n - 1
        while i >= 0:
            if ring[i] > best:
                best = ring[i]
            ring[i] = best
            i -= 1
        extreme = ring[0]
    else:
        extreme = ring[j]
        if f[0] > extreme:
            extreme = f[0]
    out[0] = math.nan
    if k[1] == 1:
        beyond = side * x[2] - extreme
        if beyond <= 0.0:
            out[0] = 0.0
        elif x[3] > 0.0:
            out[0] = beyond / x[3]
    if j == 0 or w > f[0]:
        f[0] = w
    ring[j] = w
    j += 1
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The definition, bar by bar."""
    n, bull = int(parameters["period"]), parameters["direction"] > 0
    values: list[float] = []
    for t, (close, atr) in enumerate(zip(series["close"], series["atr"], strict=True)):
        if t < n:
            values.append(math.nan)
            continue
        before = slice(t - n, t)
        beyond = close - max(series["high"][before]) if bull else min(series["low"][before]) - close
        values.append(0.0 if beyond <= 0 else beyond / atr if atr > 0 else math.nan)
    return {"structure_break": values}


FUNCTION = documented(
    Function(
        name="structure_break",
        category="exits",
        summary="",
        parameters=(direction("against"), period(20, about="how many bars before this one")),
        reads=(Field("high"), Field("low"), Field("close"), Named("atr", (14,))),
        outputs=(Output("structure_break", NUMBER, Scale.NONE),),
        lookback=lambda p: int(p[1]) + 1,
        floats=1,  # the highest of this block
        integers=2,  # place in the block, 1 after the first block
        ring=lambda p: int(p[1]),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
