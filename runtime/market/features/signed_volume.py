"""Volume bought less volume sold within a bar, by the aggressor's side or by the tick rule.

The tick rule gives every tick the direction of the last change of its price (the middle of bid and ask, and from the
first tick on that has one, the price of the last trade) and weighs it with its volume, or with 1 where the feed tells
no volume. Source: Lee and Ready (1991), the tick test.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.features.feature import BarFeature, Request, Values, sums
from tradeplan.runtime.market.streams.events import NotInMemory, Ticks
from tradeplan.runtime.market.streams.grown import Grown


class SignedTicks:
    """Signed volume of every tick by the tick rule; 0 until the price has changed once. It goes on with the ticks."""

    def __init__(self) -> None:
        self._signed = Grown(np.float64)
        self._traded = False
        self._price, self._direction = np.nan, 0.0

    def upto(self, ticks: Ticks) -> NDArray[np.float64]:
        """That of ticks which go on with those seen before; raises NotInMemory if some were never seen and are gone."""
        if self._signed.count < ticks.gone.rows:
            raise NotInMemory
        first = self._signed.count - ticks.gone.rows
        if not self._traded and len(ticks) > first:
            with_last = ticks.last[first:] > 0.0
            self._traded = bool(with_last.any())
            ends = first + int(with_last.argmax()) if self._traded else len(ticks)
            self._take((ticks.bid[first:ends] + ticks.ask[first:ends]) / 2, ticks.volume[first:ends])
            first = ends
            if self._traded:  # another price: what it was before tells no direction
                self._price, self._direction = np.nan, 0.0
        self._take(ticks.last[first:], ticks.volume[first:])
        self._signed.let_go(ticks.gone.rows)
        return self._signed.rows

    def _take(self, price: NDArray[np.float64], volume: NDArray[np.float64]) -> None:
        rows = np.flatnonzero(price > 0.0)
        found = np.zeros(len(price))
        if len(rows):
            sign = np.sign(np.diff(price[rows], prepend=self._price))
            # before any change the sign is NaN or 0: the direction is that of before
            sign[0] = sign[0] if sign[0] != 0.0 and not np.isnan(sign[0]) else self._direction
            moved = np.where(sign != 0.0, np.arange(len(rows)), 0)
            direction = sign[np.maximum.accumulate(moved)]
            found[rows] = direction * np.where(volume[rows] > 0.0, volume[rows], 1.0)
            self._price, self._direction = float(price[rows[-1]]), float(direction[-1])
        self._signed.append(found)


def aggregate(request: Request) -> Values:
    """Signed volume of each interval."""
    if request.stream == "ticks":
        ticks = request.ticks()
        signed = request.kept("signed_ticks", SignedTicks, SignedTicks).upto(ticks)
        part, first, last = request.part(ticks.time)
        return sums(signed[part], first, last)
    trades = request.trades()
    part, first, last = request.part(trades.time)
    return sums(trades.size[part] * trades.side[part], first, last)


FEATURE = BarFeature("signed_volume", ("trades", "ticks"), aggregate)
