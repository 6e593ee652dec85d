"""Whether price is in a simple trend: beyond its average, and moving away from the last close.

Definition: for `bull`: `close > sma(period)` and `close > close[1]`; for `bear` both the other way. Where neither is
TRUE the market is neutral.
Source: the system that this project replaces (trend of the NASDAQ on M15, 20 bars).
Without data: UNKNOWN until the average has been known on two bars; a bar with an unknown close is skipped.
Example: `WHEN us500.M15.trend(bull) AND rsi(14) < 40 THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Named, Output, Scale
from tradeplan.dsl.kinds import CONDITION
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Mirrored for bear."""
    c = x[0]
    out[0] = math.nan
    if k[0] == 1:
        out[0] = 0.0
        if p[0] * (c - x[1]) > 0.0 and p[0] * (c - f[0]) > 0.0:
            out[0] = 1.0
    k[0] = 1
    f[0] = c


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The definition, bar by bar."""
    closes, averages = series["close"], series["sma"]
    bull = [c > m and c > last for c, m, last in zip(closes[1:], averages[1:], closes, strict=False)]
    bear = [c < m and c < last for c, m, last in zip(closes[1:], averages[1:], closes, strict=False)]
    chosen = bull if parameters["direction"] == 1 else bear
    return {"trend": [math.nan, *(float(value) for value in chosen)][: len(closes)]}


FUNCTION = documented(
    Function(
        name="trend",
        category="series",
        summary="",
        parameters=(direction(), period(20)),
        reads=(Field("close"), Named("sma", ("{period}",))),
        outputs=(Output("trend", CONDITION, Scale.NONE),),
        lookback=lambda p: 2,
        floats=1,  # last close
        integers=1,  # 1 after the first bar
        opposed="one close is not above and below the last one at once",
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
