"""The lowest of the last `period` values, the current one included.

Definition: `min(x[t], x[t-1], ..., x[t-period+1])`. For the bars before the current one write `lowest(20)[1]`.
Source: TA-Lib MIN.
Without data: UNKNOWN until `period` values are known; an unknown value is skipped.
Example: `WHEN close < lowest(20)[1] THEN SELL RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, SameAs, Scale
from tradeplan.stdlib.columns import rolling
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period, source


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """A queue of the values that can still become the lowest, best first, with the bars they came from beside it."""
    n = int(p[0])
    t = k[0]
    head = k[1]
    size = k[2]
    v = x[0]
    if size > 0 and ring[n + head] <= t - n:
        size -= 1
        head += 1
        if head == n:
            head = 0
    last = head + size
    if last > n:
        last -= n
    while size > 0 and ring[last - 1] >= v:
        size -= 1
        last -= 1
        if last == 0:
            last = n
    if last == n:
        last = 0
    ring[last] = v
    ring[n + last] = t
    k[0] = t + 1
    k[1] = head
    k[2] = size + 1
    if t + 1 >= n:
        out[0] = ring[head]
    else:
        out[0] = math.nan


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The lowest of every window."""
    return {"lowest": rolling(series["source"], int(parameters["period"]), min)}


FUNCTION = documented(
    Function(
        name="lowest",
        category="series",
        summary="",
        parameters=(period(20), source("low")),
        outputs=(Output("lowest", SameAs("source"), Scale.PRICE),),
        lookback=lambda p: int(p[0]),
        integers=3,  # bars seen, place of the best, length of the queue
        ring=lambda p: 2 * int(p[0]),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
