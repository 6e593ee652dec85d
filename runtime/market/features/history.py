"""The replayed book of a market, made once for all features that look at it."""

from __future__ import annotations

from tradeplan.runtime.market.features.feature import Request
from tradeplan.runtime.market.streams.replay import BookHistory, replay


def history(request: Request) -> BookHistory:
    """The history of the request's book."""
    return request.kept("book history", BookHistory, lambda: replay(request.book()))
