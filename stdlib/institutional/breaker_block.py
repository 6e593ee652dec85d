"""A breaker block: an order block that was closed through and now counts for the other side, as a zone.

Definition: for `bull`: when a close is above the newest bearish `order_block`, its zone becomes the breaker, known from
that bar on. `retest` is TRUE on each later bar that comes within `tolerance * atr(14)` of its upper edge and closes not
below its lower one; `filled` is the deepest part that later bars reached, from the top down. The newest breaker of the
direction is the zone; it ends when a close is below it and after `life` bars. For `bear` the mirror image.
Source: smartmoneyconcepts 0.0.27 (ob turns breakers), there at the first wick beyond the block; 0.5 ATR as in the
system that this project replaces.
Without data: UNKNOWN until the first breaker, or until `life` bars have been seen.
Example: `WHEN breaker_block(bull).retest AND close > open THEN BUY RISK 0.5% STOP breaker_block(bull).low - 0.5 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Gap, Named, Output, Scale
from tradeplan.dsl.kinds import CONDITION, PERCENT, ZONE
from tradeplan.stdlib.columns import upright, zone_prices
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, in_atr, life, swing_size

_OTHER = ("-{direction}", "{k}", "{life}")


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Remembers the block of the bar before; mirrored for bear."""
    for i in range(6):
        out[i] = math.nan
    if x[2] != x[2] or x[3] != x[3] or x[6] != x[6]:
        return
    side = p[0]
    w = x[1]
    if side < 0.0:
        w = -x[0]
    c = side * x[2]
    k[3] += 1
    retest = 0.0
    if k[1] == 1:
        k[2] += 1
        if w < f[4]:
            f[4] = w
        if c < f[2] or k[2] >= p[3]:
            k[1] = 0
        elif w <= f[3] + p[2] * x[3]:
            retest = 1.0
    out[4] = 0.0
    if k[0] == 1 and x[6] == 0.0 and c > f[1]:
        f[2] = f[0]
        f[3] = f[1]
        f[4] = math.inf
        k[1] = 1
        k[2] = 0
        k[4] = 1
        out[4] = 1.0
        retest = 0.0
    k[0] = 0
    if x[6] == 1.0:
        k[0] = 1
        f[0] = x[4]
        f[1] = x[5]
        if side < 0.0:
            f[0] = -x[5]
            f[1] = -x[4]
    if k[4] == 1 or k[3] >= p[3]:
        k[4] = 1
        out[2] = k[1]
        out[5] = retest
    if k[1] == 1:
        out[0] = f[2]
        out[1] = f[3]
        if side < 0.0:
            out[0] = -f[3]
            out[1] = -f[2]
        out[3] = 0.0
        if f[4] <= f[2]:
            out[3] = 100.0
        elif f[4] < f[3]:
            out[3] = 100.0 * (f[3] - f[4]) / (f[3] - f[2])


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Over the bars that are known: all breakers first, then what is there at every bar."""
    side, life = parameters["direction"], int(parameters["life"])
    exists = series["order_block.exists"]
    rows = [t for t in range(len(exists)) if not math.isnan(series["close"][t] + series["atr"][t] + exists[t])]
    bars = upright(series, side)
    low, close = [bars["low"][t] for t in rows], [bars["close"][t] for t in rows]
    edges = [zone_prices(series["order_block.low"][t], series["order_block.high"][t], side) for t in rows]
    formed = [
        i
        for i in range(1, len(rows))
        if exists[rows[i - 1]] == 1.0 and exists[rows[i]] == 0.0 and close[i] > edges[i - 1][1]
    ]
    columns = {name: [math.nan] * len(exists) for name in ("low", "high", "exists", "filled", "formed", "retest")}
    for i, t in enumerate(rows):
        columns["formed"][t] = float(i in formed)
        newest = max((j for j in formed if j <= i), default=None)
        if newest is None:
            if i + 1 >= life:
                columns["exists"][t] = columns["retest"][t] = 0.0
            continue
        bottom, top = edges[newest - 1]
        there = all(c >= bottom for c in close[newest : i + 1]) and i - newest < life
        near = low[i] <= top + parameters["tolerance"] * series["atr"][t]
        columns["exists"][t], columns["retest"][t] = float(there), float(there and near and i > newest)
        if there:
            columns["low"][t], columns["high"][t] = zone_prices(bottom, top, side)
            deepest = min(low[newest + 1 : i + 1], default=math.inf)
            columns["filled"][t] = 100.0 if deepest <= bottom else 0.0
            if bottom < deepest < top:
                columns["filled"][t] = (top - deepest) / (top - bottom) * 100
    return columns


FUNCTION = documented(
    Function(
        name="breaker_block",
        category="institutional",
        summary="",
        parameters=(
            direction(),
            swing_size(),
            in_atr("tolerance", "0.5", "how near a retest comes, in ATRs"),
            life("how long a block is remembered, before it is broken and after"),
        ),
        reads=(
            Field("high"),
            Field("low"),
            Field("close"),
            Named("atr", (14,)),
            Named("order_block", _OTHER, "low"),
            Named("order_block", _OTHER, "high"),
            Named("order_block", _OTHER, "exists"),
        ),
        outputs=(
            Output("low", ZONE, Scale.PRICE, "the lower edge"),
            Output("high", ZONE, Scale.PRICE, "the upper edge"),
            Output("exists", ZONE, Scale.NONE, "whether there is a breaker"),
            Output("filled", PERCENT, Scale.NONE, "how much of it later bars have reached"),
            Output("formed", CONDITION, Scale.NONE, "TRUE on the bar that closes through a block"),
            Output("retest", CONDITION, Scale.NONE, "TRUE on a bar that comes back to it and holds"),
        ),
        awaits="an order block that is closed through",
        floats=5,  # bottom and top of the block of the bar before; bottom, top, deepest of the breaker
        # 1 if there was a block on the bar before; 1 while there is a breaker, its age; bars seen, 1 once it is known
        integers=5,
        gap=Gap.OWN,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
