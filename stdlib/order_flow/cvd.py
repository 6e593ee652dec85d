"""Cumulative volume delta: volume bought less volume sold over a span, and the slope of its running sum.

Definition: `cvd` is the sum of the deltas of the last `window` bars (a duration is that many whole bars). `.slope` is
the ordinary least squares slope, per bar, of the running sum of deltas over the last `bars` bars; where it starts
counting does not matter. `by=tick_rule` is the proxy of `delta`.
Source: signed volume by the aggressor flag; least squares as TA-Lib LINEARREG_SLOPE.
Without data: UNKNOWN without trades that tell the aggressor (or ticks, with `by=tick_rule`), on bars that they do not
cover, and until `window` and `bars` bars without a gap were seen.
Example: `WHEN cvd(5m) > 0 AND cvd(5m).slope > 0 THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Feature, Function, Gap, Output, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import flow, period, span


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Sums are taken anew over the ring: it is short, and nothing drifts."""
    window = int(p[0])
    bars = int(p[1])
    n = max(window, bars)
    ring[k[0]] = x[0]
    k[0] = (k[0] + 1) % n
    k[1] = min(k[1] + 1, n)
    total = 0.0
    for i in range(n - window, n):
        total += ring[(k[0] + i) % n]
    # the running sum begins at 0 with the first of the bars: its level does not change the slope
    running = 0.0
    products = 0.0
    squares = 0.0
    for i in range(bars):
        if i > 0:
            running += ring[(k[0] + n - bars + i) % n]
        centred = i - (bars - 1) / 2
        products += centred * running
        squares += centred * centred
    if k[1] < n:
        out[0] = math.nan
        out[1] = math.nan
    else:
        out[0] = total
        out[1] = products / squares


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The textbook formula on running sums from the first bar of all."""
    xs, window, bars = series["signed_volume"], int(parameters["window"]), int(parameters["bars"])
    sums, slopes = [], []
    for i in range(len(xs)):
        if i + 1 < max(window, bars):
            sums.append(math.nan)
            slopes.append(math.nan)
            continue
        sums.append(math.fsum(xs[i - window + 1 : i + 1]))
        ys = [math.fsum(xs[: j + 1]) for j in range(i - bars + 1, i + 1)]
        mean = math.fsum(ys) / bars
        places = [j - (bars - 1) / 2 for j in range(bars)]
        product = math.fsum(a * (y - mean) for a, y in zip(places, ys, strict=True))
        slopes.append(product / math.fsum(a * a for a in places))
    return {"cvd": sums, "slope": slopes}


FUNCTION = documented(
    Function(
        name="cvd",
        category="order_flow",
        summary="",
        parameters=(
            span("window", "5m", high=500, about="how many bars are summed"),
            period(10, name="bars", low=2, high=500, about="how many bars the slope is fitted to"),
            flow(),
        ),
        reads=(Feature("signed_volume", "{by}"),),
        outputs=(
            Output("cvd", NUMBER, Scale.NONE, "the sum"),
            Output("slope", NUMBER, Scale.NONE, "its slope, in volume a bar"),
        ),
        lookback=lambda p: int(max(p[0], p[1])),
        integers=2,  # place in the ring, bars seen
        ring=lambda p: int(max(p[0], p[1])),
        gap=Gap.RESET,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
