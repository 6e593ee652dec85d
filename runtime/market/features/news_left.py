"""Milliseconds to the end of the newest window around news: 0 or more inside, less than 0 once it is over."""

from __future__ import annotations

from tradeplan.runtime.market.features.feature import BarFeature, Request, Values
from tradeplan.runtime.market.features.windows import windows


def aggregate(request: Request) -> Values:
    """At each close; UNKNOWN where the calendar does not cover what is around it."""
    return windows(request).left(request.closes)


FEATURE = BarFeature("news_left", ("calendar",), aggregate)
