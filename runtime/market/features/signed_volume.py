"""Volume bought less volume sold within a bar, by the aggressor's side or by the tick rule.

The tick rule gives every tick the direction of the last change of its price (that of the last trade where there is one,
else the middle of bid and ask) and weighs it with its volume, or with 1 where the feed tells no volume. Source: Lee and
Ready (1991), the tick test.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.features.feature import BarFeature, Request, Values, sums
from tradeplan.runtime.market.streams.events import Ticks


def signed_ticks(ticks: Ticks) -> NDArray[np.float64]:
    """Signed volume of every tick by the tick rule; 0 until the price has changed once."""
    traded = bool((ticks.last > 0.0).any())
    price = ticks.last if traded else (ticks.bid + ticks.ask) / 2
    counts = ticks.last > 0.0 if traded else np.ones(len(ticks), dtype=np.bool_)
    rows = np.flatnonzero(counts)
    sign = np.zeros(len(rows))
    sign[1:] = np.sign(np.diff(price[rows]))
    moved = np.where(sign != 0.0, np.arange(len(rows)), 0)
    direction = sign[np.maximum.accumulate(moved)] if len(rows) else sign
    found = np.zeros(len(ticks))
    found[rows] = direction * np.where(ticks.volume[rows] > 0.0, ticks.volume[rows], 1.0)
    return found


def aggregate(request: Request) -> Values:
    """Signed volume of each interval."""
    if request.stream == "ticks":
        ticks = request.ticks()
        signed = request.kept("signed_ticks", np.ndarray, lambda: signed_ticks(ticks))
        return sums(signed, *request.rows(ticks.time))
    trades = request.trades()
    return sums(trades.size * trades.side, *request.rows(trades.time))


FEATURE = BarFeature("signed_volume", ("trades", "ticks"), aggregate)
