"""Order flow imbalance at the best level within a bar, by Cont, Kukanov and Stoikov.

Every message of the book adds: the new bid size if the bid did not fall, less the old one if it did not rise; less the
new ask size if the ask did not rise, plus the old one if it did not fall.
"""

from __future__ import annotations

import numpy as np
from tradeplan.runtime.market.features.feature import BarFeature, Request, Values, sums
from tradeplan.runtime.market.features.history import history
from tradeplan.runtime.market.streams.replay import BookHistory


def flows(book: BookHistory, first: int, last: int) -> Values:
    """What each of the messages [first, last) adds; 0 for a snapshot, and where a side was or is empty."""
    best = book.best[max(first - 1, 0) : last]
    found = np.zeros(last - first)
    if len(best) < 2:
        return found
    bid0, bids0, ask0, asks0 = best[:-1].T
    bid, bids, ask, asks = best[1:].T
    added = np.where(bid >= bid0, bids, 0.0) - np.where(bid <= bid0, bids0, 0.0)
    added += np.where(ask >= ask0, asks0, 0.0) - np.where(ask <= ask0, asks, 0.0)
    known = ~np.isnan(best[:-1] + best[1:]).any(axis=1) & ~book.fresh[last - len(added) : last]
    found[-len(added) :] = np.where(known, added, 0.0)
    return found


def aggregate(request: Request) -> Values:
    """The sum of each interval."""
    book = history(request)
    part, first, last = request.part(book.time)
    return sums(flows(book, part.start, part.stop), first, last)


FEATURE = BarFeature("best_flow", ("book",), aggregate)
