"""One fed series: what is known of it, when its next bar is due, and which of a terminal's rows are closed bars."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable

import numpy as np
from tradeplan.dsl.timeframe import TIMEFRAMES
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.columns import take
from tradeplan.runtime.market.rates import Rates

AHEAD = 2 * 86_400_000


class FedSeries:
    """A series of one market and timeframe. Times are UTC ms; `newest` is the open of the newest bar taken in.

    `owed`: for so many more instants it is asked for though nothing is due, since a bar did not come.
    """

    def __init__(
        self, market: str, symbol: str, timeframe: str, calendar: MarketCalendar, newest: int, handled: int
    ) -> None:
        """`handled`: no close up to this time is waited for."""
        self.market, self.symbol, self.timeframe = market, symbol, timeframe
        self.newest, self.owed = newest, 0
        self._calendar = calendar
        self._due: deque[int] = deque()
        self._behind = 0  # closes that were dealt with since the newest bar
        self._newest_close = int(calendar.close_of(np.array([newest], dtype=np.int64), timeframe)[0])
        self._laid_out = self._newest_close
        self.passed(handled)

    @property
    def key(self) -> tuple[str, str]:
        """Market and timeframe."""
        return self.market, self.timeframe

    @property
    def newest_close(self) -> int:
        """When the newest bar taken in closes."""
        return self._newest_close

    def due(self, instant: int) -> bool:
        """Whether a close is scheduled at or before an instant, after those that were dealt with."""
        self._lay_out(instant)
        return bool(self._due) and self._due[0] <= instant

    def passed(self, instant: int) -> None:
        """All closes up to an instant have been dealt with."""
        self._lay_out(instant)
        while self._due and self._due[0] <= instant:
            self._due.popleft()
            self._behind += 1

    def missing(self, instant: int) -> int:
        """How many rows to ask for so that nothing between the newest bar and an instant is left out."""
        self._lay_out(instant)
        return self._behind + bisect_right(self._due, instant) + 3

    def took(self, rates: Rates) -> None:
        """New bars were taken in."""
        self.newest, self._behind, self.owed = int(rates.time[-1]), 0, 0
        self._newest_close = int(self._calendar.close_of(rates.time[-1:], self.timeframe)[0])

    def closed(self, rates: Rates, by: int) -> Rates:
        """The new closed bars among a terminal's newest rows: each that has a later one, and the last one if the
        broker's clock is known to be past its scheduled close (`by`)."""
        if not len(rates):
            return rates
        closes = int(self._calendar.close_of(rates.time[-1:], self.timeframe)[0])
        whole = len(rates) if closes <= by else len(rates) - 1
        return take(rates, slice(int(np.searchsorted(rates.time[:whole], self.newest, side="right")), whole))

    def arrived(self, instant: int) -> bool:
        """Whether the bar that closes at an instant was taken in (or a later one, off its schedule)."""
        return self._newest_close >= instant

    def _lay_out(self, until: int) -> None:
        if until > self._laid_out:
            end = until + max(AHEAD, 2 * TIMEFRAMES[self.timeframe])
            self._due += self._calendar.scheduled_closes(self.timeframe, self._laid_out, end).tolist()
            self._laid_out = end


def newest_closes(series: Iterable[FedSeries], at_least: int) -> dict[str, int]:
    """The newest close of bars that were taken in, by market, or a time that is later."""
    found: dict[str, int] = {}
    for one in series:
        found[one.market] = max(found.get(one.market, at_least), one.newest_close)
    return found
