"""The volume of the last bars beside that of the bars before them.

Definition: `mean tick volume of the last recent bars / mean tick volume of the before bars ahead of those`.
Source: the system that this project replaces (5 bars beside 15).
Without data: UNKNOWN until `recent + before` bars are known, and while the bars before had no volume.
Example: `WHEN volume_ratio > 1.5 AND close > highest(20)[1] THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Output, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Two sums by blocks as in `sma`, of the new bars and of those that left them; a ring hands one on to the other."""
    recent = int(p[0])
    before = int(p[1])
    old = recent + 1  # where the sums of the bars before begin, and behind them the ring
    ahead = old + before + 1
    j = k[0]
    if j == 0:
        total = 0.0
        ring[recent] = total
        i = recent - 1
        while i > 0:
            total += ring[i]
            ring[i] = total
            i -= 1
        f[0] = 0.0
    f[0] += x[0]
    ring[j] = x[0]
    j += 1
    late = f[0] + ring[j]
    left = ring[ahead + k[0]]
    ring[ahead + k[0]] = x[0]
    if j == recent:
        j = 0
    k[0] = j
    if k[1] < recent:
        k[1] += 1
        out[0] = math.nan
        return
    j = k[2]
    if j == 0:
        total = 0.0
        ring[old + before] = total
        i = before - 1
        while i > 0:
            total += ring[old + i]
            ring[old + i] = total
            i -= 1
        f[1] = 0.0
    f[1] += left
    ring[old + j] = left
    j += 1
    early = f[1] + ring[old + j]
    out[0] = math.nan
    if (k[3] == 1 or j == before) and early > 0.0:
        out[0] = late / p[0] / (early / p[1])
    if j == before:
        j = 0
        k[3] = 1
    k[2] = j


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Two means."""
    recent, before = int(parameters["recent"]), int(parameters["before"])
    volumes = series["tick_volume"]
    values: list[float] = []
    for t in range(len(volumes)):
        window = volumes[max(0, t - recent - before + 1) : t + 1]
        early, late = window[:before], window[before:]
        full = len(late) == recent and math.fsum(early) > 0
        values.append((math.fsum(late) / recent) / (math.fsum(early) / before) if full else math.nan)
    return {"volume_ratio": values}


FUNCTION = documented(
    Function(
        name="volume_ratio",
        category="exits",
        summary="",
        parameters=(
            period(5, name="recent", high=200, about="how many bars are new"),
            period(15, name="before", high=200, about="how many bars ahead of them are their measure"),
        ),
        reads=(Field("tick_volume"),),
        outputs=(Output("volume_ratio", NUMBER, Scale.NONE),),
        lookback=lambda p: int(p[0]) + int(p[1]),
        floats=2,  # the sums of both blocks so far
        integers=4,  # place in the new block, how many bars were seen; place in the old block, 1 after the first
        ring=lambda p: 2 * int(p[0]) + int(p[1]) + 2,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
