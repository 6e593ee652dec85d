"""Milliseconds since the newest window around news began; infinite before the first."""

from __future__ import annotations

from tradeplan.runtime.market.features.feature import BarFeature, Request, Values
from tradeplan.runtime.market.features.windows import windows


def aggregate(request: Request) -> Values:
    """At each close; UNKNOWN where the calendar does not cover what is around it."""
    return windows(request).began(request.closes)


FEATURE = BarFeature("news_began", ("calendar",), aggregate)
