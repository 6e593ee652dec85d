"""Bars whose prices lie between the ticks of their profile: a word of warning, since bids are read as delivered."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from tradeplan.runtime.engine.market_table import TradedLane
from tradeplan.runtime.market.dataset import Dataset

LOOKED_AT = 4_096
"""So many bars of the run, evenly spread, are looked at: a run should not pay for more."""
MANY = 0.01
NOISE = 1e-6
"""Of a tick: what binary numbers lack of decimal ones is no price between ticks."""


def off_tick_share(dataset: Dataset, traded: TradedLane, start: int, end: int) -> float:
    """The share of prices in `(start, end]` that lie between two ticks."""
    bars = traded.bars.bars
    first, last = (int(np.searchsorted(bars.close_time, t, side="right")) for t in (start, end))
    if last <= first:
        return 0.0
    rows = np.unique(np.linspace(first, last - 1, min(LOOKED_AT, last - first)).astype(np.int64))
    in_ticks = np.concatenate([x[rows] for x in (bars.open, bars.high, bars.low, bars.close)])
    in_ticks = in_ticks / dataset.profile(traded.lane.market).tick_size
    # INVARIANT: beyond some 1e9 ticks a float itself is coarser than the noise that is let pass
    near = np.maximum(NOISE, np.abs(in_ticks) * 1e-15)
    return float(np.mean(np.abs(in_ticks - np.floor(in_ticks + 0.5)) > near))


def off_tick_warnings(dataset: Dataset, traded: Mapping[str, TradedLane], start: int, end: int) -> list[str]:
    """One for each traded market whose bars are finer than its profile says."""
    found = []
    for name, lane in traded.items():
        share = off_tick_share(dataset, lane, start, end)
        if share > MANY:
            tick = dataset.profile(name).tick_size
            found.append(
                f"{share:.0%} of the prices of {name}.{lane.lane.timeframe} lie between the ticks of its profile "
                f"({tick:g}): bids are read as they are delivered, asks, stops and targets lie on the tick; "
                "look whether `tick_size` and `digits` are those of the source"
            )
    return found
