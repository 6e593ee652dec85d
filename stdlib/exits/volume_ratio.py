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
    """A ring of both windows, summed anew on every bar: sums of whole numbers, and the windows are short."""
    recent = int(p[0])
    n = recent + int(p[1])
    j = k[0]
    ring[j] = x[0]
    j += 1
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j
    out[0] = math.nan
    if k[1] == 1:
        late = 0.0
        early = 0.0
        for i in range(n):
            # j is the oldest bar; the last `recent` places before it are the newest
            if (i - j + n) % n < n - recent:
                early += ring[i]
            else:
                late += ring[i]
        if early > 0.0:
            out[0] = late / p[0] / (early / p[1])


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
        integers=2,  # place in the ring, 1 once it is full
        ring=lambda p: int(p[0]) + int(p[1]),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
