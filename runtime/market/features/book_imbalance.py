"""What stands on the best bids, divided by what stands on the best asks, at a bar's close.

Argument: how many levels of each side.
"""

from __future__ import annotations

import numpy as np
from tradeplan.runtime.market.features.feature import BarFeature, Request, Values
from tradeplan.runtime.market.features.history import history
from tradeplan.runtime.market.streams.levels import ASKS, BIDS


def aggregate(request: Request) -> Values:
    """The ratio at each close; UNKNOWN where a side is empty."""
    levels = int(request.arguments[0])
    bids, asks = (history(request).at(request.closes, side, levels) for side in (BIDS, ASKS))
    both = (bids > 0.0) & (asks > 0.0)
    found: Values = np.full(len(bids), np.nan)
    found[both] = bids[both] / asks[both]
    return found


FEATURE = BarFeature("book_imbalance", ("book",), aggregate)
