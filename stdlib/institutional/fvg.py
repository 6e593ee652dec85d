"""A fair value gap: what three bars in a row left untraded, as a zone, with how much of it was filled since.

Definition: for `bull` `high[2] < low` and `low - high[2] >= gap * atr(14)`: the zone from `high[2]` to `low`, known at
the close of the third bar. `filled` is the deepest part that later bars reached, from the top (0 %) down. The newest
gap of the direction is the zone; it is gone once it is filled wholly, and `life` bars after it was formed (a duration
is that many bars), whatever comes back of older ones. For `bear` `low[2] > high`, filled from the bottom up.
Source: ICT (Huddleston), as in smartmoneyconcepts 0.0.27, which asks besides that the middle bar goes the same way and
ends a gap at its first touch; the system that this project replaces had bull and bear the wrong way round.
Without data: UNKNOWN until three bars and the ATR are known; the zone until the first gap or `life` bars.
Example: `WHEN fvg(bull).filled BETWEEN 50% AND 75% AND close > open THEN BUY RISK 0.5% STOP fvg(bull).low - 1 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Named, Output, Scale
from tradeplan.dsl.kinds import CONDITION, PERCENT, ZONE
from tradeplan.stdlib.columns import upright, zone_prices
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, in_atr, life


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Mirrored for bear; two highs back are enough."""
    side = p[0]
    h = x[0]
    w = x[1]
    if side < 0.0:
        h = -x[1]
        w = -x[0]
    for i in range(5):
        out[i] = math.nan
    if k[1] == 1:
        k[2] += 1
        if w < f[4]:
            f[4] = w
        if f[4] <= f[2] or k[2] >= p[2]:
            k[1] = 0
    if k[0] >= 2:
        out[4] = 0.0
        if w > f[1] and w - f[1] >= p[1] * x[2]:
            f[2] = f[1]
            f[3] = w
            f[4] = w
            k[1] = 1
            k[2] = 0
            k[3] = 1
            out[4] = 1.0
        if k[3] == 1 or k[0] - 1 >= p[2]:
            out[2] = k[1]
            k[3] = 1
    if k[1] == 1:
        out[0] = f[2]
        out[1] = f[3]
        if side < 0.0:
            out[0] = -f[3]
            out[1] = -f[2]
        out[3] = 100.0 * (f[3] - f[4]) / (f[3] - f[2])
    k[0] += 1
    f[1] = f[0]
    f[0] = h


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Finds all gaps first, then asks at every bar what became of the newest."""
    side, life = parameters["direction"], int(parameters["life"])
    bars = upright(series, side)
    high, low = bars["high"], bars["low"]
    gaps = [
        t
        for t in range(2, len(high))
        if low[t] > high[t - 2] and low[t] - high[t - 2] >= parameters["gap"] * series["atr"][t]
    ]
    columns: dict[str, list[float]] = {name: [] for name in ("low", "high", "exists", "filled", "formed")}
    for t in range(len(high)):
        newest = max((gap for gap in gaps if gap <= t), default=None)
        row = [math.nan, math.nan, math.nan, math.nan, math.nan if t < 2 else float(t in gaps)]
        if newest is not None:
            bottom, top = high[newest - 2], low[newest]
            deepest = min(low[newest : t + 1])
            row[2] = float(deepest > bottom and t - newest < life)
            if row[2]:
                row[0], row[1] = zone_prices(bottom, top, side)
                row[3] = (top - deepest) / (top - bottom) * 100
        elif t >= life + 1 and t >= 2:
            row[2] = 0.0
        for name, value in zip(columns, row, strict=True):
            columns[name].append(value)
    return columns


FUNCTION = documented(
    Function(
        name="fvg",
        category="institutional",
        summary="",
        parameters=(
            direction(),
            in_atr("gap", "0.1", "how large it is at least, in ATRs"),
            life("how long a gap is remembered"),
        ),
        reads=(Field("high"), Field("low"), Named("atr", (14,))),
        outputs=(
            Output("low", ZONE, Scale.PRICE, "the lower edge"),
            Output("high", ZONE, Scale.PRICE, "the upper edge"),
            Output("exists", ZONE, Scale.NONE, "whether there is a gap"),
            Output("filled", PERCENT, Scale.NONE, "how much of it later bars have reached"),
            Output("formed", CONDITION, Scale.NONE, "TRUE on the bar that completes one"),
        ),
        lookback=lambda p: 3,
        awaits="a gap",
        floats=5,  # highs of the last two bars; bottom, top and the deepest reached of the gap
        integers=4,  # bars seen, 1 while there is a gap, its age, 1 once the zone is known
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
