"""Whether price holds a level: it stands clear of it now, and has not been through it lately.

Definition: for `bull`, with the level and the ATR of now: `close > level + margin * atr(14)`, and over the last `bars`
bars, this one included, no `close < level` and no `low < level - wick * atr(14)`. For `bear` the mirror image, with
highs. A level that just moved is asked about the bars before it moved, too.
Source: the system that this project replaces (support holds: 0.2 ATR, wick 0.1 ATR, 5 to 10 bars); written down here.
Without data: UNKNOWN until level and ATR have been known on `bars` bars, and while one of them is unknown.
Example: `WHEN dxy.change < -0.2% AND btc.holds(support) THEN BUY RISK 0.5% STOP support - 0.5 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Named, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER, PRICE
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Mirrored for bear, so that both directions ask for lows; the lowest of a window by blocks as in `lowest`."""
    n = int(p[0])
    side = p[3]
    c = side * x[2]
    w = side * x[1]
    if side < 0.0:
        w = -x[0]
    j = k[0]
    if j == 0:
        close = math.inf
        wick = math.inf
        ring[n] = close
        ring[2 * n + 1] = wick
        i = n - 1
        while i > 0:
            if ring[i] < close:
                close = ring[i]
            if ring[n + 1 + i] < wick:
                wick = ring[n + 1 + i]
            ring[i] = close
            ring[n + 1 + i] = wick
            i -= 1
        f[0] = c
        f[1] = w
    else:
        if c < f[0]:
            f[0] = c
        if w < f[1]:
            f[1] = w
    ring[j] = c
    ring[n + 1 + j] = w
    j += 1
    if k[1] == 1 or j == n:
        level = side * x[4]
        floor = level - p[2] * x[3]
        out[0] = 0.0
        closes = c > level + p[1] * x[3] and f[0] >= level and ring[j] >= level
        if closes and f[1] >= floor and ring[n + 1 + j] >= floor:
            out[0] = 1.0
    else:
        out[0] = math.nan
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The definition, bar by bar, for either direction."""
    highs, lows, closes, atrs = series["high"], series["low"], series["close"], series["atr"]
    n = int(parameters["bars"])
    values: list[float] = []
    for t, (level, atr) in enumerate(zip(series["level"], atrs, strict=True)):
        if t < n - 1:
            values.append(math.nan)
            continue
        last = slice(t - n + 1, t + 1)
        away, through = parameters["margin"] * atr, parameters["wick"] * atr
        if parameters["direction"] > 0:
            holds = closes[t] > level + away and min(closes[last]) >= level and min(lows[last]) >= level - through
        else:
            holds = closes[t] < level - away and max(closes[last]) <= level and max(highs[last]) <= level + through
        values.append(float(holds))
    return {"holds": values}


FUNCTION = documented(
    Function(
        name="holds",
        category="series",
        summary="",
        parameters=(
            Parameter("level", PRICE, series=True, about="the price that should hold"),
            period(10, name="bars", about="how many bars must have held"),
            Parameter("margin", NUMBER, default="0.2", low=0, high=100, about="how clear the close is, in ATRs"),
            Parameter("wick", NUMBER, default="0.1", low=0, high=100, about="how far a wick may go through, in ATRs"),
            direction(),
        ),
        reads=(Field("high"), Field("low"), Field("close"), Named("atr", (14,))),
        outputs=(Output("holds", CONDITION, Scale.NONE),),
        lookback=lambda p: int(p[0]),
        floats=2,  # the lowest close and the lowest wick of this block
        integers=2,  # place in the block, 1 after the first block
        ring=lambda p: 2 * (int(p[0]) + 1),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
