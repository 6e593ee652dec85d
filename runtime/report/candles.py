"""Candles of a report: an overview of each market, and finer bars around each trade, packed small."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.timeframe import TIMEFRAMES
from tradeplan.runtime.analysis.trades import Trade
from tradeplan.runtime.market.aggregate import aggregate, divides
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.dataset import cut

OVERVIEW_BARS = 20_000
"""The overview of a market has the finest timeframe with fewer bars than this."""
WINDOW_TRADES = 2_000
"""So many trades, the first ones, get bars of their own."""
WINDOW_BUDGET = 240_000
"""Bars of all windows together, so that a page stays a few megabytes."""
_SHORTEST, _LONGEST = 120, 480  # bars of one window
_CHARTED = ("M1", "M5", "M15", "M30", "H1", "H4", "D1", "W1")
_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Window:
    """The bars that show one trade: a timeframe, and the time from open to open (UTC ms, both included)."""

    timeframe: str
    first: int
    last: int


class MarketCandles:
    """One market's traded bars within a run, in as many timeframes as its chart needs."""

    def __init__(self, bars: Bars, calendar: MarketCalendar, tick: float, start: int, end: int) -> None:
        rows = slice(
            int(np.searchsorted(bars.open_time, start, side="left")),
            int(np.searchsorted(bars.close_time, end, side="right")),
        )
        self._base = cut(bars, rows)
        self._calendar = calendar
        self._tick = tick
        self._made: dict[str, Bars] = {bars.timeframe: self._base}
        self._kept: dict[str, NDArray[np.bool_]] = {}
        self.timeframes = (bars.timeframe, *(name for name in _CHARTED if divides(bars.timeframe, name)))
        self.overview = next(
            (name for name in self.timeframes if len(self._of(name)) < OVERVIEW_BARS), self.timeframes[-1]
        )

    def _of(self, timeframe: str) -> Bars:
        if timeframe not in self._made:
            self._made[timeframe] = aggregate(self._base, timeframe, self._calendar)
        return self._made[timeframe]

    def window(self, opened: int, closed: int, longest: int) -> Window | None:
        """Choose the finest bars of which at most `longest` show a trade with some room, and keep them."""
        for name in self.timeframes:
            bars = self._of(name)
            a = int(np.searchsorted(bars.open_time, opened, side="right")) - 1
            b = int(np.searchsorted(bars.open_time, closed, side="right")) - 1
            if b - a + 1 <= longest * 2 // 3 or name == self.timeframes[-1]:
                break
        if not len(bars):
            return None
        room = max((longest - (b - a + 1)) // 2, 0)
        first, last = max(a - room, 0), min(b + room, len(bars) - 1)
        self._kept.setdefault(name, np.zeros(len(bars), dtype=np.bool_))[first : last + 1] = True
        return Window(name, int(bars.open_time[first]), int(bars.open_time[last]))

    def as_dict(self) -> dict[str, Any]:
        """Everything the page draws; each series is packed by `pack`."""
        whole = {self.overview: np.ones(len(self._of(self.overview)), dtype=np.bool_)}
        return {
            "tick": self._tick,
            "overview": self.overview,
            "series": {name: pack(self._of(name), rows, self._tick) for name, rows in {**self._kept, **whole}.items()},
        }


def pack(bars: Bars, rows: NDArray[np.bool_], tick: float) -> dict[str, Any]:
    """Chosen bars as small whole numbers, five a bar, flat.

    Minutes from the bar before beyond the timeframe's length; then in ticks: open from the close before, high from the
    open, low from the open, close from the open. The first bar counts from `start` (UTC ms) and `price` (ticks).
    """
    length = TIMEFRAMES[bars.timeframe] // _MINUTE
    times = bars.open_time[rows] // _MINUTE
    open_, high, low, close = (
        np.round(column[rows] / tick).astype(np.int64) for column in (bars.open, bars.high, bars.low, bars.close)
    )
    if not len(times):
        return {"minutes": length, "start": 0, "price": 0, "bars": []}
    gaps = np.diff(times, prepend=times[0] - length) - length
    steps = open_ - np.concatenate((open_[:1], close[:-1]))
    packed = np.column_stack((gaps, steps, high - open_, low - open_, close - open_))
    return {
        "minutes": length,
        "start": int(times[0]) * _MINUTE,
        "price": int(open_[0]),
        "bars": packed.reshape(-1).tolist(),
    }


def unpack(packed: dict[str, Any], tick: float) -> list[tuple[int, float, float, float, float]]:
    """What the page makes of a packed series: open time (UTC ms), open, high, low, close."""
    found = []
    minute, close = packed["start"] // _MINUTE - packed["minutes"], packed["price"]
    flat = packed["bars"]
    for k in range(0, len(flat), 5):
        gap, step, high, low, end = flat[k : k + 5]
        minute += packed["minutes"] + gap
        start = close + step
        close = start + end
        found.append((minute * _MINUTE, start * tick, (start + high) * tick, (start + low) * tick, close * tick))
    return found


def windows(candles: dict[str, MarketCandles], trades: Sequence[Trade], end: int) -> list[Window | None]:
    """The window of each trade, None beyond the first WINDOW_TRADES."""
    shown = min(len(trades), WINDOW_TRADES)
    longest = min(max(WINDOW_BUDGET // max(shown, 1), _SHORTEST), _LONGEST)
    return [*_windows(candles, trades[:shown], end, longest), *[None] * (len(trades) - shown)]


def _windows(
    candles: dict[str, MarketCandles], trades: Iterable[Trade], end: int, longest: int
) -> Iterable[Window | None]:
    for trade in trades:
        yield candles[trade.market].window(trade.opened, trade.closed or end, longest)
