"""Whether news are near: a window around each event of the calendar in which to keep away.

Definition: TRUE from `before` ahead of an event until `after` behind it, both ends included, for every event of at
least this impact that concerns the currency: `own` are the two of the market (the dollar if neither has news: bitcoin,
gold beside the dollar), in a guard any. The kind of an event is told by its name. Events come from the calendar's
schedule, never from what was released.
Source: the system that this project replaces (15 minutes on either side), where type and window were ignored.
Without data: TRUE (fail closed): without a calendar, where the calendar does not cover `after` back and `before` ahead
for each of the currencies, and if it never lists such an event.
Example: `WHEN rsi(14) CROSSES ABOVE 30 AND NOT news.blackout(impact=high, before=30m) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Feature, Function, Gap, Output, Scale
from tradeplan.dsl.kinds import CONDITION
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import NEWS, news


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """FALSE only if the newest window is known to be over; an unknown time is not."""
    out[0] = 1.0
    if x[0] < 0.0:
        out[0] = 0.0


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Asks whether time is left."""
    return {"news.blackout": [1.0 if math.isnan(left) or left >= 0 else 0.0 for left in series["news_left"]]}


FUNCTION = documented(
    Function(
        name="news.blackout",
        category="news",
        summary="",
        parameters=news(),
        reads=(Feature("news_left", "calendar", NEWS),),
        outputs=(Output("news.blackout", CONDITION, Scale.NONE),),
        gap=Gap.OWN,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
