"""The replayed book of a market, played once for all features that look at it, and on where it grows."""

from __future__ import annotations

from tradeplan.runtime.market.features.feature import Request
from tradeplan.runtime.market.streams.replay import BookHistory, BookPlayer


def history(request: Request) -> BookHistory:
    """The history of the request's book."""
    return request.kept("book history", BookPlayer, BookPlayer).upto(request.book())
