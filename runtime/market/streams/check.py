"""Checks the events of a stream and reports what is wrong with them; nothing is repaired here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.streams.events import Book, Events, Ticks, Trades
from tradeplan.runtime.market.streams.replay import replay
from tradeplan.runtime.market.verify import Finding, found


def check_stream(stream: Events) -> list[Finding]:
    """Every finding, errors first."""
    times = stream.time
    findings = found("disorder", np.append(False, np.diff(times) < 0)[: len(times)], times)
    match stream:
        case Ticks():
            findings += _prices(stream, stream.bid, stream.ask)
            findings += found("negative", ~(stream.volume >= 0.0) | ~(stream.last >= 0.0), times)
            findings += found("crossed_quotes", stream.bid > stream.ask, times)
        case Trades():
            findings += _prices(stream, stream.price)
            findings += found("negative", ~(stream.size >= 0.0), times)
            findings += found("no_aggressor", stream.side == 0, times)
        case Book():
            findings += _prices(stream, stream.price)
            findings += found("negative", ~(stream.size >= 0.0), times)
            if not findings:  # a book of such rows cannot be played
                history = replay(stream)
                findings += found("crossed_book", history.best[:, 0] >= history.best[:, 2], history.time)
    return findings


def _prices(stream: Events, *prices: NDArray[np.float64]) -> list[Finding]:
    lost = np.any([~np.isfinite(p) for p in prices], axis=0)
    low = np.any([p <= 0.0 for p in prices], axis=0)
    return found("not_finite", lost, stream.time) + found("not_positive", low, stream.time)
