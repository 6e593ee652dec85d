"""Whether news have been absorbed: the filter that pauses entries around events and lets them through after.

Definition: `NOT news.blackout(...)` with the same parameters.
Source: the system that this project replaces (`news_absorption_filter`).
Without data: FALSE (fail closed), wherever `news.blackout` is TRUE for want of a calendar.
Example: `WHEN close > highest(20)[1] AND news.absorption(event=cpi, after=45m) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Feature, Function, Gap, Output, Scale
from tradeplan.dsl.kinds import CONDITION
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import NEWS, news


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """TRUE only if the newest window is known to be over; an unknown time is not."""
    out[0] = 0.0
    if x[0] < 0.0:
        out[0] = 1.0


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Asks whether no time is left."""
    return {"news.absorption": [0.0 if math.isnan(left) or left >= 0 else 1.0 for left in series["news_left"]]}


FUNCTION = documented(
    Function(
        name="news.absorption",
        category="news",
        summary="",
        parameters=news(),
        reads=(Feature("news_left", "calendar", NEWS),),
        outputs=(Output("news.absorption", CONDITION, Scale.NONE),),
        gap=Gap.OWN,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
