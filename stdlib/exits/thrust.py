"""How strongly price moves in a direction, in ATRs, with volume behind it or not.

Definition: `0.7 * direction * (close - close[period]) / atr(14) + 0.3 * growth`, where `growth` is the change of the
tick volume since then, divided by the larger of the two volumes: from -1 to 1. Below 0 it moves the other way, or
its volume is gone.
Source: the momentum of the system that this project replaces, which turns the volume round as well for `bear`, so that
a growing volume would speak against every short; here both directions are mirror images.
Without data: UNKNOWN until `period` bars and the current one have a known ATR; an unknown bar is skipped.
Example: `WHEN thrust(bull) > 1 AND close > ema(50) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Named, Output, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Two rings, of closes and of volumes."""
    n = int(p[1])
    j = k[0]
    out[0] = math.nan
    if k[1] == 1:
        move = p[0] * (x[0] - ring[j])
        growth = 0.0
        larger = ring[n + j]
        if x[1] > larger:
            larger = x[1]
        if larger > 0.0:
            growth = (x[1] - ring[n + j]) / larger
        if move == 0.0:
            out[0] = 0.3 * growth
        elif x[2] > 0.0:
            out[0] = 0.7 * (move / x[2]) + 0.3 * growth
    ring[j] = x[0]
    ring[n + j] = x[1]
    j += 1
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The definition, bar by bar."""
    n = int(parameters["period"])
    closes, volumes, atrs = series["close"], series["tick_volume"], series["atr"]
    values = [math.nan] * min(n, len(closes))
    for t in range(n, len(closes)):
        move = parameters["direction"] * (closes[t] - closes[t - n])
        larger = max(volumes[t], volumes[t - n])
        growth = (volumes[t] - volumes[t - n]) / larger if larger > 0 else 0.0
        price = 0.0 if move == 0 else move / atrs[t] if atrs[t] > 0 else math.nan
        values.append(0.7 * price + 0.3 * growth)
    return {"thrust": values}


FUNCTION = documented(
    Function(
        name="thrust",
        category="exits",
        summary="",
        parameters=(direction("with"), period(10, about="how many bars the move has taken")),
        reads=(Field("close"), Field("tick_volume"), Named("atr", (14,))),
        outputs=(Output("thrust", NUMBER, Scale.NONE),),
        lookback=lambda p: int(p[1]) + 1,
        integers=2,  # place in the rings, 1 once they are full
        ring=lambda p: 2 * int(p[1]),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
