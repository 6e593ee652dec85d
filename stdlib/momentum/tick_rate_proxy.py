"""How busy the market is beside its last bars, told by the tick volume of bars where there are no ticks.

Definition: `rate` is the tick volume of the bar over the mean of the `period` bars before it. `declining`: it was at
most `1 - drop / 100` of that mean on each of the last `sustained` bars. Tick volume counts a bar's ticks, so it stands
for ticks per second as far as bars are of one length; what happens inside a bar it cannot show.
Source: the system that this project replaces (20 % below the mean of 20 readings for 5 minutes, there of ticks). A plan
names the proxy itself: nothing takes its place silently.
Without data: a volume of 0 is unknown, and such a bar is skipped; UNKNOWN until `period` + `sustained` bars are known.
Example: `WHEN tick_rate_proxy.declining AND rsi(14) > 70 THEN SELL RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER, PERCENT
from tradeplan.stdlib.columns import mean
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period, span


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The sum of the bars before by blocks as in `sma`, before the bar joins them; `k[2]` counts the run of calm."""
    out[0] = math.nan
    out[1] = math.nan
    v = x[0]
    if v <= 0.0:
        return
    n = int(p[0])
    sustained = int(p[2])
    j = k[0]
    if j == 0:
        total = 0.0
        i = n - 1
        while i >= 0:
            total += ring[i]
            ring[i] = total
            i -= 1
        total = ring[0]
        f[0] = 0.0
    else:
        total = ring[j] + f[0]
    if k[1] == 1:
        usual = total / n
        if v <= (1.0 - p[1] / 100.0) * usual:
            k[2] += 1
        else:
            k[2] = 0
        if k[3] < sustained:
            k[3] += 1
        if k[3] == sustained:
            out[0] = v / usual
            out[1] = 0.0
            if k[2] >= sustained:
                out[1] = 1.0
    f[0] += v
    ring[j] = v
    j += 1
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Every bar with a volume beside those before it, then runs of them."""
    volumes, n, sustained = series["tick_volume"], int(parameters["period"]), int(parameters["sustained"])
    known = [t for t, volume in enumerate(volumes) if volume > 0]
    rates = {
        t: volumes[t] / mean([volumes[i] for i in known[place - n : place]])
        for place, t in enumerate(known)
        if place >= n
    }
    calm = {
        t: volumes[t] <= (1 - parameters["drop"] / 100) * mean([volumes[i] for i in known[place - n : place]])
        for place, t in enumerate(known)
        if place >= n
    }
    result = {"rate": [math.nan] * len(volumes), "declining": [math.nan] * len(volumes)}
    for place in range(n + sustained - 1, len(known)):
        t = known[place]
        result["rate"][t] = rates[t]
        result["declining"][t] = float(all(calm[i] for i in known[place - sustained + 1 : place + 1]))
    return result


FUNCTION = documented(
    Function(
        name="tick_rate_proxy",
        category="momentum",
        summary="",
        parameters=(
            period(20, about="how many bars before make the usual rate"),
            Parameter("drop", PERCENT, default="20%", low=0, high=100, about="how far below it the rate is"),
            span("sustained", "5m", high=500, about="for how long"),
        ),
        reads=(Field("tick_volume"),),
        outputs=(
            Output("rate", NUMBER, Scale.NONE, "the volume beside its mean; 1 is usual"),
            Output("declining", CONDITION, Scale.NONE, "it has been low for as long as asked"),
        ),
        lookback=lambda p: int(p[0]) + int(p[2]),
        floats=1,  # the sum of this block
        integers=4,  # place in the block, 1 after the first block, calm bars in a row, bars with a mean up to sustained
        ring=lambda p: int(p[0]),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
