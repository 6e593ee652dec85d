"""The first open of the broker's day so far.

Definition: over the closed bars that opened since the day boundary of the market's profile, this one included.
`D1.open` is that of the last closed day, yesterday.
Source: day boundary of the market profile.
Without data: UNKNOWN until the first day boundary: a day whose beginning was not seen does not count.
Example: `WHEN close > day_open AND time(london) = 12:00 THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Calendar, Field, Function, Output, Scale
from tradeplan.dsl.kinds import PRICE
from tradeplan.stdlib.columns import of_the_day
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.windows import of_this_day


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Starts anew when the number of the day changes."""
    out[0] = of_this_day(f, k, int(x[1]), 0.0, x[0])


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Collects the bars of the day afresh for every bar."""
    return {"day_open": of_the_day(series["open"], series["day"], lambda values: values[0])}


FUNCTION = documented(
    Function(
        name="day_open",
        category="clock",
        summary="",
        reads=(Field("open"), Calendar("day", "broker", at_close=False)),
        outputs=(Output("day_open", PRICE, Scale.PRICE),),
        lookback=lambda p: 2,
        waits=90_000_000,  # a day may have 25 hours, where its zone leaves summer time
        floats=1,  # the value
        integers=2,  # 0 before the first bar, 1 in the day it belongs to, 2 after; number of the day
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
