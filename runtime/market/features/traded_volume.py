"""Volume traded within a bar; where ticks take the place of trades, their volume, or their number."""

from __future__ import annotations

import numpy as np
from tradeplan.runtime.market.features.feature import BarFeature, Request, Values, sums


def aggregate(request: Request) -> Values:
    """Volume of each interval."""
    if request.stream == "ticks":
        ticks = request.ticks()
        part, first, last = request.part(ticks.time)
        return sums(np.where(ticks.volume[part] > 0.0, ticks.volume[part], 1.0), first, last)
    trades = request.trades()
    part, first, last = request.part(trades.time)
    return sums(trades.size[part], first, last)


FEATURE = BarFeature("traded_volume", ("trades", "ticks"), aggregate)
