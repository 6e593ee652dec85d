"""An order block: the extreme bar before a close broke the last swing, as a zone.

Definition: for `bull`: when a close is above the last known swing high (`k` bars on either side) for the first time,
the bar with the lowest low between that swing and this bar, both left out (of equal ones the last), is the block: the
zone from its low to its high, known from this bar on. `filled` is the deepest part that later bars reached, from the
top down; `age` how many bars ago the block's own bar is. The newest block of the direction is the zone; it ends when a
close is below it (it may then be a `breaker_block`) and after `life` bars. For `bear` the mirror image.
Source: smartmoneyconcepts 0.0.27 (ob), there with swings found by looking ahead and an end at the first wick; the
system that this project replaces took any bar with twice the body of the next.
Without data: `formed` is UNKNOWN until the first swing; the zone until the first block or `life` bars after that.
Example: `WHEN low IN order_block(bull) AND close > open THEN BUY RISK 0.5% STOP order_block(bull).low - 0.5 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Output, Scale
from tradeplan.dsl.kinds import CONDITION, COUNT, PERCENT, ZONE
from tradeplan.stdlib.columns import upright, zone_prices
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, life, swing_size
from tradeplan.stdlib.windows import swung


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Mirrored for bear; the lowest bar since the swing is looked up once when it is confirmed, then kept."""
    side = p[0]
    half = int(p[1])
    n = 2 * half + 1
    h = x[0]
    w = x[1]
    if side < 0.0:
        h = -x[1]
        w = -x[0]
    c = side * x[2]
    j = k[0]
    ring[j] = h
    ring[n + j] = w
    found = swung(k, ring, half, 1.0)
    for i in range(6):
        out[i] = math.nan
    if k[3] > 0:
        k[7] += 1
    if k[4] == 1:
        k[5] += 1
        k[6] += 1
        if w < f[5]:
            f[5] = w
        if c < f[3] or k[5] >= p[2]:
            k[4] = 0
    if found >= 0:
        f[0] = ring[found]
        k[2] = 1
        k[3] = 1
        i = found
        back = half
        f[1] = math.inf
        while back > 0:
            i += 1
            if i == n:
                i = 0
            back -= 1
            if ring[n + i] <= f[1]:
                f[1] = ring[n + i]
                f[2] = ring[i]
                k[8] = back
    if k[3] == 1:
        out[4] = 0.0
    if k[2] == 1 and found < 0:
        k[8] += 1
        if c > f[0]:
            f[3] = f[1]
            f[4] = f[2]
            f[5] = math.inf
            k[2] = 0
            k[4] = 1
            k[5] = 0
            k[6] = k[8]
            k[9] = 1
            out[4] = 1.0
        elif w <= f[1]:
            f[1] = w
            f[2] = h
            k[8] = 0
    if k[9] == 1 or k[7] >= p[2]:
        k[9] = 1
        out[2] = k[4]
    if k[4] == 1:
        out[0] = f[3]
        out[1] = f[4]
        if side < 0.0:
            out[0] = -f[4]
            out[1] = -f[3]
        out[3] = 0.0
        if f[5] <= f[3]:
            out[3] = 100.0
        elif f[5] < f[4]:
            out[3] = 100.0 * (f[4] - f[5]) / (f[4] - f[3])
        out[5] = k[6]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Finds the swings, then the blocks, then asks at every bar what became of the newest."""
    side, half, life = parameters["direction"], int(parameters["k"]), int(parameters["life"])
    bars = upright(series, side)
    high, low, close = bars["high"], bars["low"], bars["close"]
    length = len(high)
    tops = [
        i for i in range(half, length - half) if all(high[i] > high[i + d] for d in range(-half, half + 1) if d != 0)
    ]
    blocks: dict[int, int] = {}  # the bar that forms it: the block's own bar
    for place, top in enumerate(tops):
        until = tops[place + 1] + half if place + 1 < len(tops) else length
        breaks = next((t for t in range(top + half, until) if close[t] > high[top]), None)
        if breaks is not None:
            blocks[breaks] = min(range(top + 1, breaks), key=lambda i: (low[i], -i))
    columns: dict[str, list[float]] = {name: [] for name in ("low", "high", "exists", "filled", "formed", "age")}
    first = tops[0] + half if tops else length
    for t in range(length):
        row = [math.nan] * 6
        newest = max((b for b in blocks if b <= t), default=None)
        if t >= first:
            row[4] = float(t in blocks)
        if newest is not None:
            own, later = blocks[newest], range(newest + 1, t + 1)
            row[2] = float(all(close[i] >= low[own] for i in later) and t - newest < life)
            if row[2]:
                row[0], row[1] = zone_prices(low[own], high[own], side)
                deepest = min((low[i] for i in later), default=math.inf)
                row[3] = 100.0 if deepest <= low[own] else 0.0
                if low[own] < deepest < high[own]:
                    row[3] = (high[own] - deepest) / (high[own] - low[own]) * 100
                row[5] = t - own
        elif t - first >= life:
            row[2] = 0.0
        for name, value in zip(columns, row, strict=True):
            columns[name].append(value)
    return columns


FUNCTION = documented(
    Function(
        name="order_block",
        category="institutional",
        summary="",
        parameters=(direction(), swing_size(), life("how long a block is remembered")),
        reads=(Field("high"), Field("low"), Field("close")),
        outputs=(
            Output("low", ZONE, Scale.PRICE, "the lower edge"),
            Output("high", ZONE, Scale.PRICE, "the upper edge"),
            Output("exists", ZONE, Scale.NONE, "whether there is a block"),
            Output("filled", PERCENT, Scale.NONE, "how much of it later bars have reached"),
            Output("formed", CONDITION, Scale.NONE, "TRUE on the bar whose close makes one"),
            Output("age", COUNT, Scale.NONE, "how many bars ago its own bar is"),
        ),
        lookback=lambda p: 2 * int(p[1]) + 1,
        awaits="a swing, then a close beyond it",
        floats=6,  # the swing; low and high of the bar that may become a block; bottom, top, deepest of the block
        # place in the ring, 1 once it is full, 1 while the swing stands, 1 after the first swing; 1 while there is a
        # block, bars since it was formed, age of its bar; bars since the first swing; age of the bar that may become
        # one; 1 once the zone is known
        integers=10,
        ring=lambda p: 4 * int(p[1]) + 2,  # highs, then lows
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
