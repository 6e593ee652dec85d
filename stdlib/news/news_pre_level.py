"""The price before the news: the last close before the newest window around news began.

Definition: the close of the newest bar that closed at or before the beginning of the newest window (`before` ahead of
its first event; windows as in `news.blackout`, those that overlap being one). It is known from the first bar that
closes at or after that beginning and expires `expires` after it.
Source: the system that this project replaces (15 minutes before, 24 hours).
Without data: UNKNOWN without a calendar or where it does not cover, before the first window that begins within the
history, and once expired.
Example: `WHEN close CROSSES ABOVE news.pre_level AND NOT news.blackout THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Companion, Feature, Field, Function, Output, Scale
from tradeplan.dsl.kinds import PRICE
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import NEWS, expires, news


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Keeps the close before the bar on which the number of windows rose, or this one if it closes on its edge."""
    number = int(x[1])
    if x[2] == 0.0:
        f[1] = x[0]
        k[2] = 1
    elif k[0] == 1 and number != k[1]:
        f[1] = f[0]
        k[2] = 1
    k[0] = 1
    k[1] = number
    f[0] = x[0]
    out[0] = math.nan
    if k[2] == 1 and x[2] <= p[5]:
        out[0] = f[1]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Looks back from every bar for the last one that closed at or before the window's beginning."""
    close, number, began = series["close"], series["news_number"], series["news_began"]
    level = []
    for t in range(len(close)):
        # INVARIANT: an earlier bar with the same number closed after the window began, one with a smaller one before
        before = next((i for i in range(t, -1, -1) if number[i] < number[t]), None)
        on_edge = next((i for i in range(t, -1, -1) if number[i] == number[t] and began[i] == 0), None)
        found = on_edge if on_edge is not None else before
        known = found is not None and began[t] <= parameters["expires"]
        level.append(close[found] if known and found is not None else math.nan)
    return {"news.pre_level": level}


FUNCTION = documented(
    Function(
        name="news.pre_level",
        category="news",
        summary="",
        parameters=(*news(), expires()),
        reads=(Field("close"), Feature("news_number", "calendar", NEWS), Feature("news_began", "calendar", NEWS)),
        outputs=(Output("news.pre_level", PRICE, Scale.PRICE),),
        floats=2,  # the close before, the level
        integers=3,  # 1 after the first bar, the number of windows then, 1 once there is a level
        companions=(
            Companion(
                ("news.blackout", "news.absorption", "post_news_reclaim"),
                "says where price was before the news, not that they are over",
            ),
        ),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
