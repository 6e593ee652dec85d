"""The one aggregator of finer bars into coarser ones, used wherever a timeframe is not stored."""

from __future__ import annotations

import numpy as np
from tradeplan.dsl.timeframe import TIMEFRAMES, is_daily_or_slower
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.calendar import MarketCalendar


def divides(finer: str, coarser: str) -> bool:
    """Whether bars of one timeframe fill those of another exactly."""
    a, b = TIMEFRAMES[finer], TIMEFRAMES[coarser]
    if a >= b:
        return False
    if is_daily_or_slower(finer):
        return finer == "D1"
    return is_daily_or_slower(coarser) or b % a == 0


def aggregate(bars: Bars, timeframe: str, calendar: MarketCalendar, *, complete: bool = False) -> Bars:
    """Bars of a coarser timeframe: first open, highest high, lowest low, last close, volumes summed.

    The spread is that of the last finer bar, as the sample data and MetaTrader have it. A bar closes as the calendar
    schedules, or with its last finer bar if that closes later. `complete` leaves out a first or last bar of which
    scheduled finer bars lie outside the data; bars missing in between never count against it.
    """
    rows = len(bars)
    buckets = calendar.bar_open(bars.open_time, timeframe)
    edges = np.flatnonzero(np.concatenate([[True], buckets[1:] != buckets[:-1]])) if rows else np.empty(0, np.int64)
    lasts = np.append(edges[1:], rows)[: len(edges)] - 1
    opens = buckets[edges]
    closes = np.maximum(calendar.close_of(opens, timeframe), bars.close_time[lasts])
    high = np.maximum.reduceat(bars.high, edges) if rows else bars.high[:0]
    low = np.minimum.reduceat(bars.low, edges) if rows else bars.low[:0]
    ticks = np.add.reduceat(bars.tick_volume, edges) if rows else bars.tick_volume[:0]
    real = np.add.reduceat(bars.real_volume, edges) if rows else bars.real_volume[:0]
    kept = _complete(bars, opens, closes, calendar) if complete and rows else slice(0, len(edges))
    return Bars(
        market=bars.market,
        timeframe=timeframe,
        open_time=opens[kept],
        close_time=closes[kept],
        open=bars.open[edges][kept],
        high=high[kept],
        low=low[kept],
        close=bars.close[lasts][kept],
        tick_volume=ticks[kept],
        real_volume=real[kept],
        spread=bars.spread[lasts][kept],
        spread_known=bars.spread_known[lasts][kept],
    )


def _complete(bars: Bars, opens: np.ndarray, closes: np.ndarray, calendar: MarketCalendar) -> slice:
    finer = bars.timeframe
    first = 1 if len(calendar.scheduled_closes(finer, int(opens[0]), int(bars.open_time[0]))) else 0
    missing_end = len(calendar.scheduled_closes(finer, int(bars.close_time[-1]), int(closes[-1])))
    return slice(first, len(opens) - 1 if missing_end else len(opens))
