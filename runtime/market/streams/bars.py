"""Bars made of ticks or trades, for markets of which nothing else is stored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.timeframe import milliseconds
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.streams.events import Ticks, Times, Trades


def rates_of(stream: Ticks | Trades, timeframe: str, point: float) -> Rates:
    """Bars of a timeframe below D1 that have events: of bids with the last spread, or of trades with their volume.

    A tick at the time of an open belongs to the bar that opens, as brokers do it. `spread` is in points.
    """
    length = milliseconds(timeframe)
    price = stream.bid if isinstance(stream, Ticks) else stream.price
    opens = stream.time // length * length
    starts = np.flatnonzero(np.append(True, opens[1:] != opens[:-1])) if len(opens) else np.zeros(0, dtype=np.int64)
    ends = np.append(starts[1:], len(opens)) - 1 if len(starts) else starts
    counts = (np.append(starts[1:], len(opens)) - starts).astype(np.float64)
    if isinstance(stream, Ticks):
        spread = np.rint((stream.ask[ends] - stream.bid[ends]) / point).clip(min=0).astype(np.int32)
        volume = _sums(stream.volume, starts)
    else:
        spread, volume = np.zeros(len(starts), dtype=np.int32), _sums(stream.size, starts)
    return Rates(
        time=opens[starts],
        open=price[starts],
        high=np.maximum.reduceat(price, starts) if len(starts) else price[:0],
        low=np.minimum.reduceat(price, starts) if len(starts) else price[:0],
        close=price[ends],
        tick_volume=counts,
        spread=spread,
        real_volume=volume,
    )


def _sums(values: NDArray[np.float64], starts: Times) -> NDArray[np.float64]:
    return np.add.reduceat(values, starts) if len(starts) else values[:0]
