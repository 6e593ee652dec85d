"""How many trades there were within a bar."""

from __future__ import annotations

from tradeplan.runtime.market.features.feature import BarFeature, Request, Values


def aggregate(request: Request) -> Values:
    """Trades of each interval."""
    first, last = request.rows(request.trades().time)
    return (last - first).astype("float64")


FEATURE = BarFeature("trade_count", ("trades",), aggregate)
