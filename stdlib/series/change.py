"""How much a value changed over a span, in percent.

Definition: `100 * (x[t] / x[t-window] - 1)`; a window given as a duration is that many whole bars of the view.
Source: rate of change; TA-Lib ROC. Both signs are kept: compare explicitly (`< -0.2%`).
Without data: UNKNOWN until `window` + 1 values are known, and where the older value is 0; an unknown value is skipped.
Example: `WHEN dxy.change(1h) < -0.2% THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, Scale
from tradeplan.dsl.kinds import PERCENT
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import source, span


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The oldest value of the ring is the one that is replaced."""
    n = int(p[0])
    j = k[0]
    v = x[0]
    old = ring[j]
    ring[j] = v
    if k[1] == 1 and old != 0.0:
        # the difference first: x / old - 1 would lose half the digits of a small change
        out[0] = 100.0 * ((v - old) / old)
    else:
        out[0] = math.nan
    j += 1
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The formula as it is written."""
    xs = series["source"]
    n = int(parameters["window"])
    return {
        "change": [
            100.0 * (xs[i] / xs[i - n] - 1.0) if i >= n and xs[i - n] != 0.0 else math.nan for i in range(len(xs))
        ]
    }


FUNCTION = documented(
    Function(
        name="change",
        category="series",
        summary="",
        parameters=(span("window", "1h", about="how far back"), source()),
        outputs=(Output("change", PERCENT, Scale.NONE),),
        lookback=lambda p: int(p[0]) + 1,
        integers=2,  # place in the ring, 1 once it is full
        ring=lambda p: int(p[0]),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
