"""Order flow imbalance at the best level within a bar, by Cont, Kukanov and Stoikov.

Every message of the book adds: the new bid size if the bid did not fall, less the old one if it did not rise; less the
new ask size if the ask did not rise, plus the old one if it did not fall.
"""

from __future__ import annotations

import numpy as np
from tradeplan.runtime.market.features.feature import BarFeature, Request, Values, sums
from tradeplan.runtime.market.features.history import history
from tradeplan.runtime.market.streams.replay import BookHistory


def flows(book: BookHistory) -> Values:
    """What each message adds; 0 for a snapshot, and where a side was or is empty."""
    found = np.zeros(len(book.time))
    if len(found) < 2:
        return found
    bid0, bids0, ask0, asks0 = book.best[:-1].T
    bid, bids, ask, asks = book.best[1:].T
    added = np.where(bid >= bid0, bids, 0.0) - np.where(bid <= bid0, bids0, 0.0)
    added += np.where(ask >= ask0, asks0, 0.0) - np.where(ask <= ask0, asks, 0.0)
    known = ~np.isnan(book.best[:-1] + book.best[1:]).any(axis=1) & ~book.fresh[1:]
    found[1:] = np.where(known, added, 0.0)
    return found


def aggregate(request: Request) -> Values:
    """The sum of each interval."""
    book = history(request)
    return sums(request.kept("best flow", np.ndarray, lambda: flows(book)), *request.rows(book.time))


FEATURE = BarFeature("best_flow", ("book",), aggregate)
