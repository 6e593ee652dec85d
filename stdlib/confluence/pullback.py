"""A pullback into the leg of a break: price gave back a part of it, and has turned again.

Definition: when `broken` becomes TRUE (it was not on the bar before), the leg runs from `origin` to the highest high
since, this bar included. TRUE on the first later bar that has given back `shallow` to `deep` percent of it, counted
from the highest high to the lowest low after that, and closes at least `bounce` above that low. The wait ends `bars`
bars after the break, with more given back than `deep`, and when a new break comes. `depth` is the part given back while
it waits. For `bear` the mirror image.
Source: the requirements of the system that this project replaces (30 to 50 % of the leg of an M15 break, on 10 to 20
bars of M1, 0.1 % bounce), which never measured it.
Without data: UNKNOWN until the first break, or until `bars` bars have been seen.
Example: `WHEN M1.pullback(M15.bos(bull), M15.bos(bull).origin) THEN BUY RISK 0.5% STOP M15.bos(bull).origin`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Gap, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, PERCENT, PRICE
from tradeplan.stdlib.columns import upright
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, span


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Mirrored for bear; a new extreme forgets the low before it."""
    out[0] = math.nan
    out[1] = math.nan
    if x[0] != x[0] or x[1] != x[1] or x[2] != x[2] or x[3] != x[3]:
        return
    side = p[0]
    h = x[0]
    w = x[1]
    if side < 0.0:
        h = -x[1]
        w = -x[0]
    c = side * x[2]
    k[3] += 1
    now = 0.0
    if x[3] == 1.0 and k[0] != 1:
        k[1] = 0
        if x[4] == x[4] and c > side * x[4]:
            k[1] = 1
            f[0] = side * x[4]
            f[1] = h
            f[2] = c
        k[2] = 0
        k[4] = 1
    elif k[1] == 1:
        k[2] += 1
        if h > f[1]:
            f[1] = h
            f[2] = c
        elif w < f[2]:
            f[2] = w
    if k[1] == 1:
        depth = 100.0 * (f[1] - f[2]) / (f[1] - f[0])
        out[1] = depth
        if k[2] >= p[3] or depth > p[2]:
            k[1] = 0
            out[1] = math.nan
        elif k[2] > 0 and depth >= p[1] and c - f[2] >= 0.01 * p[4] * abs(f[2]):
            k[1] = 0
            now = 1.0
    k[0] = int(x[3])
    if k[4] == 1 or k[3] >= p[3]:
        out[0] = now


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Measures the leg anew on every bar after each break."""
    length, side, reach = len(series["close"]), parameters["direction"], int(parameters["bars"])
    rows = [
        t for t in range(length) if not any(math.isnan(series[name][t]) for name in ("high", "low", "close", "broken"))
    ]
    bars = upright({name: [series[name][t] for t in rows] for name in ("high", "low", "close")}, side)
    broken = [series["broken"][t] for t in rows]
    starts = [i for i in range(len(rows)) if broken[i] == 1.0 and (i == 0 or broken[i - 1] != 1.0)]
    event, depths = [0.0] * len(rows), [math.nan] * len(rows)
    for place, begin in enumerate(starts):
        origin = side * series["origin"][rows[begin]]
        if not bars["close"][begin] > origin:
            continue
        until = starts[place + 1] if place + 1 < len(starts) else len(rows)
        for i in range(begin, min(until, begin + reach)):
            top = max(bars["high"][begin : i + 1])
            at = begin + bars["high"][begin : i + 1].index(top)
            low = min([bars["close"][at], *bars["low"][at + 1 : i + 1]])
            depth = (top - low) / (top - origin) * 100
            if depth > parameters["deep"]:
                break
            depths[i] = depth
            rise = bars["close"][i] - low >= parameters["bounce"] / 100 * abs(low)
            if i > begin and depth >= parameters["shallow"] and rise:
                event[i] = 1.0
                break
    columns = {name: [math.nan] * length for name in ("pullback", "depth")}
    for i, t in enumerate(rows):
        if i + 1 >= reach or (starts and starts[0] <= i):
            columns["pullback"][t] = event[i]
        columns["depth"][t] = depths[i]
    return columns


def _percent(name: str, default: str, about: str) -> Parameter:
    return Parameter(name, PERCENT, default=default, low=0, high=100, about=about)


FUNCTION = documented(
    Function(
        name="pullback",
        category="confluence",
        summary="",
        parameters=(
            Parameter("broken", CONDITION, series=True, about="the break, of any view"),
            Parameter("origin", PRICE, series=True, about="where its leg began"),
            direction(),
            _percent("shallow", "30", "how much of the leg is given back at least"),
            _percent("deep", "50", "how much at most"),
            span("bars", "20 bars", about="how long it may take"),
            _percent("bounce", "0.1", "how far the close is above the low, in percent of the price"),
        ),
        reads=(Field("high"), Field("low"), Field("close")),
        outputs=(
            Output("pullback", CONDITION, Scale.NONE, "TRUE on the bar that turns"),
            Output("depth", PERCENT, Scale.NONE, "how much of the leg is given back, while it waits"),
        ),
        awaits="a break, then a turn",
        floats=3,  # where the leg begins, its extreme, the lowest low after that
        integers=5,  # 1 if it was broken on the bar before, 1 while it waits, bars since; bars seen, 1 after a break
        gap=Gap.OWN,
        event=True,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
