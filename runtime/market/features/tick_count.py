"""How many ticks came within a bar."""

from __future__ import annotations

from tradeplan.runtime.market.features.feature import BarFeature, Request, Values


def aggregate(request: Request) -> Values:
    """Ticks of each interval."""
    first, last = request.rows(request.ticks().time)
    return (last - first).astype("float64")


FEATURE = BarFeature("tick_count", ("ticks",), aggregate)
