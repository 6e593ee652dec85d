"""How far price has stretched from its long average, in ATRs.

Definition: `(close - ema(average)) / atr(14)`; above 0 the price is above its average.
Source: the system that this project replaces (200 bars; stretched from 5 on). It takes a volume-weighted average where
it has one; here there is no silent exchange.
Without data: UNKNOWN until the average and the ATR are known, and where the ATR is 0.
Example: `WHEN rmag < -5 AND rsi(14) CROSSES ABOVE 30 THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Named, Output, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """A division."""
    out[0] = math.nan
    if x[2] > 0.0:
        out[0] = (x[0] - x[1]) / x[2]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The formula as it is written."""
    rows = zip(series["close"], series["ema"], series["atr"], strict=True)
    return {"rmag": [(close - usual) / atr if atr > 0 else math.nan for close, usual, atr in rows]}


FUNCTION = documented(
    Function(
        name="rmag",
        category="volatility",
        summary="",
        parameters=(period(200, name="average", about="bars of the average"),),
        reads=(Field("close"), Named("ema", ("{average}",)), Named("atr", (14,))),
        outputs=(Output("rmag", NUMBER, Scale.NONE),),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
