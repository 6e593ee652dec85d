"""Volume traded within a bar; where ticks take the place of trades, their volume, or their number."""

from __future__ import annotations

import numpy as np
from tradeplan.runtime.market.features.feature import BarFeature, Request, Values, sums


def aggregate(request: Request) -> Values:
    """Volume of each interval."""
    if request.stream == "ticks":
        ticks = request.ticks()
        return sums(np.where(ticks.volume > 0.0, ticks.volume, 1.0), *request.rows(ticks.time))
    trades = request.trades()
    return sums(trades.size, *request.rows(trades.time))


FEATURE = BarFeature("traded_volume", ("trades", "ticks"), aggregate)
