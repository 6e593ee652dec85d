"""On how many of the last bars a condition was TRUE.

Definition: the number of TRUE among `condition[t]`, ..., `condition[t-window+1]`; a duration is that many whole bars
of the view.
Source: plain counting; three values are this project's own.
Without data: UNKNOWN until `window` bars have been seen and while one of them is UNKNOWN.
Example: `WHEN count(close > open, 10 bars) >= 8 THEN ALERT "eight of ten"`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Gap, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, COUNT
from tradeplan.stdlib.columns import rolling
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import span


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Whole numbers, so what enters can be taken out again exactly."""
    n = int(p[0])
    j = k[0]
    c = x[0]
    if k[1] == 1:
        old = ring[j]
        if old == 1.0:
            k[2] -= 1
        elif old != old:
            k[3] -= 1
    if c == 1.0:
        k[2] += 1
    elif c != c:
        k[3] += 1
    ring[j] = c
    j += 1
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j
    out[0] = math.nan
    if k[1] == 1 and k[3] == 0:
        out[0] = k[2]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Adds up every window; an UNKNOWN in it makes the sum UNKNOWN."""
    return {"count": rolling(series["condition"], int(parameters["window"]), math.fsum)}


FUNCTION = documented(
    Function(
        name="count",
        category="conditions",
        summary="",
        parameters=(
            Parameter("condition", CONDITION, series=True, about="what is counted"),
            span("window", "20 bars", about="how many bars are looked at"),
        ),
        outputs=(Output("count", COUNT, Scale.NONE),),
        lookback=lambda p: int(p[0]),
        integers=4,  # place in the ring, 1 once it is full, how many TRUE, how many UNKNOWN
        ring=lambda p: int(p[0]),
        gap=Gap.OWN,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
