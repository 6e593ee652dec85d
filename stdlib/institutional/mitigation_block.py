"""A mitigation block: the last order block of the other side before a change of character, as a zone.

Definition: for `bull`: at `choch(bull, k, margin)` the bearish order block that was formed last, if that was less than
`life` bars ago and the close is not below it; whether price has traded through it does not matter. Its zone, from its
low to its high, is where those who sold at it are expected to get out. `filled` is the deepest part that later bars
reached, from the top down. The newest one is the zone; it ends when a close is below it and after `life` bars. For
`bear` the mirror image.
Source: the requirements of the system that this project replaces (last opposing order block before a CHOCH), where none
ever appeared; ICT's mitigation block, written down here.
Without data: UNKNOWN until the first one, or until `life` bars have been seen.
Example: `WHEN low IN mitigation_block(bull) AND close > open THEN BUY RISK 0.5% STOP mitigation_block(bull).low`
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
    """Remembers the last block of the other side; mirrored for bear."""
    for i in range(5):
        out[i] = math.nan
    if x[2] != x[2] or x[3] != x[3] or x[6] != x[6]:
        return
    side = p[0]
    w = x[1]
    if side < 0.0:
        w = -x[0]
    c = side * x[2]
    k[4] += 1
    k[6] += 1
    if k[0] == 1:
        k[1] += 1
        if k[1] >= p[3]:
            k[0] = 0
    if k[2] == 1:
        k[3] += 1
        if w < f[4]:
            f[4] = w
        if c < f[2] or k[3] >= p[3]:
            k[2] = 0
    out[4] = 0.0
    if x[6] == 1.0:
        if k[0] == 1:
            if c >= f[0]:
                f[2] = f[0]
                f[3] = f[1]
                f[4] = math.inf
                k[2] = 1
                k[3] = 0
                k[5] = 1
                out[4] = 1.0
        elif k[6] < p[3]:
            # a block before the first bar may have been the one
            out[4] = math.nan
            k[2] = 0
            k[4] = 0
            k[5] = 0
    if x[3] == 1.0:
        f[0] = x[4]
        f[1] = x[5]
        if side < 0.0:
            f[0] = -x[5]
            f[1] = -x[4]
        k[0] = 1
        k[1] = 0
    if k[5] == 1 or k[4] >= p[3]:
        k[5] = 1
        out[2] = k[2]
    if k[2] == 1:
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
    """Over the bars that are known: the changes first, each with its block, then what is there at every bar."""
    side, life = parameters["direction"], int(parameters["life"])
    events, changes = series["order_block.formed"], series["choch"]
    rows = [t for t in range(len(changes)) if not math.isnan(series["close"][t] + events[t] + changes[t])]
    bars = upright(series, side)
    low, close = [bars["low"][t] for t in rows], [bars["close"][t] for t in rows]
    edges = [zone_prices(series["order_block.low"][t], series["order_block.high"][t], side) for t in rows]
    formed: list[float] = []
    chosen: dict[int, int] = {}
    for i, t in enumerate(rows):
        before = [j for j in range(max(0, i - life + 1), i) if events[rows[j]] == 1.0]
        formed.append(0.0)
        if changes[t] == 1.0 and before:
            formed[i] = float(close[i] >= edges[before[-1]][0])
            if formed[i]:
                chosen[i] = before[-1]
        elif changes[t] == 1.0 and i + 1 < life:
            formed[i] = math.nan
    columns = {name: [math.nan] * len(changes) for name in ("low", "high", "exists", "filled", "formed")}
    for i, t in enumerate(rows):
        unsure = max((j for j in range(i + 1) if math.isnan(formed[j])), default=-1)
        newest = max((j for j in chosen if unsure < j <= i), default=None)
        columns["formed"][t] = formed[i]
        if newest is None:
            if i - unsure >= life:
                columns["exists"][t] = 0.0
            continue
        bottom, top = edges[chosen[newest]]
        columns["exists"][t] = float(all(c >= bottom for c in close[newest : i + 1]) and i - newest < life)
        if columns["exists"][t]:
            columns["low"][t], columns["high"][t] = zone_prices(bottom, top, side)
            deepest = min(low[newest + 1 : i + 1], default=math.inf)
            columns["filled"][t] = 100.0 if deepest <= bottom else 0.0
            if bottom < deepest < top:
                columns["filled"][t] = (top - deepest) / (top - bottom) * 100
    return columns


FUNCTION = documented(
    Function(
        name="mitigation_block",
        category="institutional",
        summary="",
        parameters=(
            direction(),
            swing_size(),
            in_atr("margin", "0.3", "how far beyond the swing the change must go, in ATRs"),
            life("how long a block is remembered, before the change and after it"),
        ),
        reads=(
            Field("high"),
            Field("low"),
            Field("close"),
            Named("order_block", _OTHER, "formed"),
            Named("order_block", _OTHER, "low"),
            Named("order_block", _OTHER, "high"),
            Named("choch", ("{direction}", "{k}", "{margin}"), "choch"),
        ),
        outputs=(
            Output("low", ZONE, Scale.PRICE, "the lower edge"),
            Output("high", ZONE, Scale.PRICE, "the upper edge"),
            Output("exists", ZONE, Scale.NONE, "whether there is a block"),
            Output("filled", PERCENT, Scale.NONE, "how much of it later bars have reached"),
            Output("formed", CONDITION, Scale.NONE, "TRUE on the bar of the change that makes one"),
        ),
        awaits="a change of character",
        floats=5,  # bottom and top of the last block of the other side; bottom, top, deepest of the zone
        # 1 while there is such a block, its age; 1 while there is a zone, its age; bars since it was unsure, 1 once the
        # zone is known; bars seen
        integers=7,
        gap=Gap.OWN,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
