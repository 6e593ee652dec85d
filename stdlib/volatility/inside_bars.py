"""Whether each of the last bars lies inside the one before it: the market holds its breath.

Definition: each of the last `n` bars has `high <= high[1]` and `low >= low[1]`. `high` and `low` are those of the bar
before the `n`, which holds them all where they are inside: a close beyond them is the breakout. For the bars before
the current one write `inside_bars(3)[1]`.
Source: Toby Crabel, Day Trading with Short Term Price Patterns, 1990 (inside day); equal highs and lows count, as in
the system that this project replaces. TA-Lib's CDLHARAMI compares bodies and is another pattern.
Without data: UNKNOWN until `n` + 1 bars are known; an unknown bar is skipped.
Example: `WHEN inside_bars(3)[1] AND close > inside_bars(3).high[1] THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Output, Scale
from tradeplan.dsl.kinds import CONDITION, PRICE
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Counts the run of inside bars; the place that is overwritten holds the bar of `n` bars ago."""
    n = int(p[0])
    j = k[0]
    high = ring[j]
    low = ring[n + j]
    if k[2] == 1 and x[0] <= f[0] and x[1] >= f[1]:
        k[3] += 1
    else:
        k[3] = 0
    k[2] = 1
    f[0] = x[0]
    f[1] = x[1]
    ring[j] = x[0]
    ring[n + j] = x[1]
    out[0] = math.nan
    out[1] = math.nan
    out[2] = math.nan
    if k[1] == 1:
        out[0] = 0.0
        if k[3] >= n:
            out[0] = 1.0
        out[1] = high
        out[2] = low
    j += 1
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Compares every pair of the window."""
    highs, lows, n = series["high"], series["low"], int(parameters["n"])
    inside, high, low = [], [], []
    for t in range(len(highs)):
        if t < n:
            inside.append(math.nan)
            high.append(math.nan)
            low.append(math.nan)
            continue
        inside.append(float(all(highs[i] <= highs[i - 1] and lows[i] >= lows[i - 1] for i in range(t - n + 1, t + 1))))
        high.append(highs[t - n])
        low.append(lows[t - n])
    return {"inside_bars": inside, "high": high, "low": low}


FUNCTION = documented(
    Function(
        name="inside_bars",
        category="volatility",
        summary="",
        parameters=(period(3, name="n", high=500, about="how many bars in a row"),),
        reads=(Field("high"), Field("low")),
        outputs=(
            Output("inside_bars", CONDITION, Scale.NONE),
            Output("high", PRICE, Scale.PRICE, "the high of the bar before them"),
            Output("low", PRICE, Scale.PRICE, "the low of the bar before them"),
        ),
        lookback=lambda p: int(p[0]) + 1,
        floats=2,  # high and low of the last bar
        integers=4,  # place in the ring, 1 once it is full, 1 after the first bar, inside bars in a row
        ring=lambda p: 2 * int(p[0]),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
