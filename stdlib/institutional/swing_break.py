"""Whether a close breaks the structure of swings: what `bos` and `choch` tell apart.

Definition: swings are strict, `k` bars on either side, known `k` bars later; highs and lows alternate (of several of
one kind in a row the most extreme counts; a bar that is both is neither). For `bull`: after a low L1, a high H and a
low L2, all known and both lows below H, the first `close > H + margin * atr(14)` breaks H, until the next three are
known. It `continues` if L2 is not below L1 (a higher low), it `changes` if L2 is below L1 (the market had made a lower
low). `level` is the H of the last break, `origin` its L2, where the move began. For `bear` the mirror image.
Source: smartmoneyconcepts 0.0.27 (bos_choch: the same four swings, there found by looking ahead); here each swing must
be known before the break counts.
Without data: UNKNOWN until a low, a high and a low (for `bear` high, low, high) are known; `level` and `origin` until
the first break.
Example: `WHEN swing_break(bull).continues OR swing_break(bull).changes THEN ALERT "a high was broken"`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Named, Output, Scale
from tradeplan.dsl.kinds import CONDITION, PRICE
from tradeplan.stdlib.columns import alternating, swings, upright
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, in_atr, swing_size


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Mirrored for bear; the middle of the ring is asked as in `swing_high`, the last three swings are kept."""
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
    j += 1
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j
    if k[1] == 1:
        middle = j + half
        if middle >= n:
            middle -= n
        top = 1
        bottom = 1
        i = 0
        while i < n and top + bottom > 0:
            if i != middle:
                if ring[i] >= ring[middle]:
                    top = 0
                if ring[n + i] <= ring[n + middle]:
                    bottom = 0
            i += 1
        if top != bottom:
            kind = 1
            price = ring[middle]
            if bottom == 1:
                kind = -1
                price = ring[n + middle]
            if k[2] == kind:
                if kind * (price - f[0]) > 0.0:
                    f[0] = price
            else:
                f[2] = f[1]
                f[1] = f[0]
                f[0] = price
                k[2] = kind
                if k[3] < 3:
                    k[3] += 1
                if kind == -1 and k[3] == 3:
                    f[5] = f[1]
                    f[6] = f[2]
                    k[4] = 1
                    k[6] = 1
            if kind == -1:
                f[7] = f[0]
    out[0] = math.nan
    out[1] = math.nan
    if k[6] == 1:
        out[0] = 0.0
        out[1] = 0.0
        if k[4] == 1 and f[6] < f[5] and f[7] < f[5] and c > f[5] + p[2] * x[3]:
            k[4] = 0
            k[5] = 1
            f[3] = f[5]
            f[4] = f[7]
            if f[7] >= f[6]:
                out[0] = 1.0
            else:
                out[1] = 1.0
    out[2] = math.nan
    out[3] = math.nan
    if k[5] == 1:
        out[2] = side * f[3]
        out[3] = side * f[4]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Builds the swings anew for every bar from those that it may know."""
    bars = upright(series, parameters["direction"])
    half, side = int(parameters["k"]), parameters["direction"]
    found = swings(bars, half)
    columns: dict[str, list[float]] = {name: [] for name in ("continues", "changes", "level", "origin")}
    broken: set[int] = set()
    level, origin = math.nan, math.nan
    for t, close in enumerate(bars["close"]):
        order = alternating([swing for swing in found if swing.bar + half <= t])
        while order and order[-1].high:
            order.pop()
        continues = changes = math.nan if len(order) < 3 else 0.0
        if len(order) >= 3:
            before, high, low = order[-3:]
            below = max(before.price, low.price) < high.price
            if below and high.bar not in broken and close > high.price + parameters["margin"] * series["atr"][t]:
                broken.add(high.bar)
                level, origin = side * high.price, side * low.price
                continues, changes = float(low.price >= before.price), float(low.price < before.price)
        for name, value in zip(columns, (continues, changes, level, origin), strict=True):
            columns[name].append(value)
    return columns


FUNCTION = documented(
    Function(
        name="swing_break",
        category="institutional",
        summary="",
        parameters=(direction(), swing_size(), in_atr("margin", "0", "how far beyond the swing, in ATRs")),
        reads=(Field("high"), Field("low"), Field("close"), Named("atr", (14,))),
        outputs=(
            Output("continues", CONDITION, Scale.NONE, "TRUE on the bar of a break with the structure"),
            Output("changes", CONDITION, Scale.NONE, "TRUE on the bar of a break against it"),
            Output("level", PRICE, Scale.PRICE, "the swing that was broken last"),
            Output("origin", PRICE, Scale.PRICE, "the swing from which that move came"),
        ),
        lookback=lambda p: 2 * int(p[1]) + 1,
        awaits="a low, a high and a low, then a break",
        floats=8,  # the last three swings, newest first; level and origin of the last break; H, L1 and L2
        # place in the ring, 1 once it is full; kind of the last swing, how many; 1 while H stands, 1 after a break, 1
        # once there is an H
        integers=7,
        ring=lambda p: 4 * int(p[1]) + 2,  # highs, then lows
        event=True,
        opposed="one close is not beyond a swing high and below a swing low at once",
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
