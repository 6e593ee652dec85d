"""Whether far more than usual was traded while the price hardly moved: somebody took it all.

Definition: volume of the bar > `times` * mean volume of the `period` bars before it and at least `least` (in the feed's
own units: at 60,000 dollars a coin 100,000 dollars are 1.67), and (high - low) / close below `range`. `by=tick_rule`
counts ticks, by their volume where the feed tells it, in place of trades.
Source: the system that this project replaces (twice the mean of a minute, 0.05 %; bitcoin 100,000 dollars a minute).
Without data: UNKNOWN without trades (or ticks, with `by=tick_rule`), on bars that they do not cover, and until `period`
earlier bars are known; an unknown bar is skipped.
Example: `WHEN absorption(3, range=0.1%) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Feature, Field, Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER, PERCENT
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import flow, period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The mean is taken anew over the ring: it is short, and nothing drifts."""
    n = int(p[2])
    total = 0.0
    for i in range(n):
        total += ring[i]
    if k[1] < n:
        out[0] = math.nan
    elif x[0] * n > p[0] * total and x[0] >= p[4] and 100.0 * (x[1] - x[2]) < p[1] * x[3]:
        out[0] = 1.0
    else:
        out[0] = 0.0
    ring[k[0]] = x[0]
    k[0] = (k[0] + 1) % n
    k[1] = min(k[1] + 1, n)


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Written as the definition is; volumes are compared as sums, since a mean may not be a whole number."""
    volume, highs, lows, closes = (series[name] for name in ("traded_volume", "high", "low", "close"))
    n, found = int(parameters["period"]), []
    for i in range(len(volume)):
        if i < n:
            found.append(math.nan)
            continue
        loud = volume[i] * n > parameters["times"] * math.fsum(volume[i - n : i]) and volume[i] >= parameters["least"]
        found.append(float(loud and 100.0 * (highs[i] - lows[i]) < parameters["range"] * closes[i]))
    return {"absorption": found}


FUNCTION = documented(
    Function(
        name="absorption",
        category="order_flow",
        summary="",
        parameters=(
            Parameter("times", NUMBER, default="2", low=0.1, high=1000, about="how many times the usual volume"),
            Parameter("range", PERCENT, default="0.05", low=0.0001, high=50, about="from low to high, of the close"),
            period(20, high=500, about="how many bars before are usual"),
            flow(),
            Parameter("least", NUMBER, default="0", low=0, high=1e12, about="the least volume that counts"),
        ),
        reads=(Feature("traded_volume", "{by}"), Field("high"), Field("low"), Field("close")),
        outputs=(Output("absorption", CONDITION, Scale.NONE),),
        lookback=lambda p: int(p[2]) + 1,
        integers=2,  # place in the ring, bars seen
        ring=lambda p: int(p[2]),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
