"""Whether the market moves more than it used to: its ATR beside the mean of its last ATRs.

Definition: `atr(14) / mean of the last period values of atr(14)`, the current one included. About 1 in usual times;
`time_exit` calls more than 1.25 a high volatility and less than 0.8 a low one.
Source: written down here for the `volatility_stop` that the replaced system only names.
Without data: UNKNOWN until `period` values of `atr(14)` are known, and where they are all 0.
Example: `WHEN atr_ratio < 0.8 AND close > highest(20)[1] THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Named, Output, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.columns import mean, rolling
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Blocks: what is left of the last one, added up once from its end, and this one so far; nothing is subtracted."""
    n = int(p[0])
    j = k[0]
    if j == 0:
        total = 0.0
        ring[n] = total
        i = n - 1
        while i > 0:
            total += ring[i]
            ring[i] = total
            i -= 1
        f[0] = 0.0
    f[0] += x[0]
    ring[j] = x[0]
    j += 1
    out[0] = math.nan
    if k[1] == 1 or j == n:
        total = f[0] + ring[j]
        if total > 0.0:
            out[0] = x[0] / (total / n)
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The value beside the mean of its window."""
    means = rolling(series["atr"], int(parameters["period"]), mean)
    values = zip(series["atr"], means, strict=True)
    return {"atr_ratio": [atr / usual if usual > 0 else math.nan for atr, usual in values]}


FUNCTION = documented(
    Function(
        name="atr_ratio",
        category="series",
        summary="",
        parameters=(period(50, about="how many ATRs make the usual one"),),
        reads=(Named("atr", (14,)),),
        outputs=(Output("atr_ratio", NUMBER, Scale.NONE),),
        lookback=lambda p: int(p[0]),
        floats=1,  # the sum of this block
        integers=2,  # place in the block, 1 after the first block
        ring=lambda p: int(p[0]) + 1,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
