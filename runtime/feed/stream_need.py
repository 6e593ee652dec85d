"""Which ticks and books plans and guards need to be fed, and on how many bars of which timeframes."""

from __future__ import annotations

from collections.abc import Iterable

from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.engine.streams_read import streams_read
from tradeplan.runtime.market.streams.growing import Key

GUARD_BARS = 100
"""Guards do not say how far they look back."""


def streams_needed(blocks: Iterable[CheckedPlan | CheckedGuard]) -> dict[Key, dict[str, int]]:
    """Market and `ticks` or `book`, and how many bars of each timeframe are looked back on; a terminal's trades are
    among its ticks."""
    found: dict[Key, dict[str, int]] = {}
    for block in blocks:
        back = dict(block.lookback) if isinstance(block, CheckedPlan) else {}
        for read in streams_read(block):
            timeframes = found.setdefault((read.lane.market, "book" if read.stream == "book" else "ticks"), {})
            bars = back.get(read.lane, GUARD_BARS)
            timeframes[read.lane.timeframe] = max(bars, timeframes.get(read.lane.timeframe, 1))
    return dict(sorted(found.items()))
