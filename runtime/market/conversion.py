"""Turns money of a market's profit currency into the account's, through the prices of a pair of the two."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.profile import SymbolProfile, currency_unit
from tradeplan.runtime.market.profiles import Profiles


class _Data(Protocol):
    def markets(self) -> tuple[str, ...]: ...
    def timeframes(self, market: str) -> tuple[str, ...]: ...
    def profiles(self) -> Profiles: ...
    def calendar(self, market: str) -> MarketCalendar: ...
    def bars(self, market: str, timeframe: str) -> Bars | None: ...


class Conversion:
    """Rates from profit currencies to account units. One pair is used, direct or inverse; pairs are not chained."""

    def __init__(self, data: _Data) -> None:
        self._data = data

    def is_needed(self, profile: SymbolProfile) -> bool:
        """Whether the account is kept in another currency than the profits."""
        return currency_unit(profile.profit_currency)[0] != currency_unit(profile.account_currency)[0]

    def market(self, profile: SymbolProfile) -> str | None:
        """The market that quotes the pair, direct before inverse; None if none is needed or has data."""
        found = self._pair(profile) if self.is_needed(profile) else None
        return found[0] if found else None

    def rates(self, profile: SymbolProfile, times: NDArray[np.int64]) -> NDArray[np.float64]:
        """Account units for one unit of profit currency: by the newest close at or before each time, while fresh.

        Of several timeframes the finest that is fresh counts. NaN where there is none.
        """
        scale = currency_unit(profile.account_currency)[1] / currency_unit(profile.profit_currency)[1]
        if not self.is_needed(profile):
            return np.full(times.shape, scale, dtype=np.float64)
        rates = np.full(times.shape, np.nan, dtype=np.float64)
        pair = self._pair(profile)
        if pair is None:
            return rates
        market, inverse = pair
        calendar = self._data.calendar(market)
        clock = calendar.session_clock(times)
        for timeframe in self._data.timeframes(market):
            bars = self._data.bars(market, timeframe)
            missing = np.flatnonzero(np.isnan(rates))
            if bars is None or not len(bars) or not len(missing):
                continue
            row = np.searchsorted(bars.close_time, times[missing], side="right") - 1
            seen = row >= 0
            missing, row = missing[seen], row[seen]
            age = clock[missing] - calendar.session_clock(bars.close_time[row])
            fresh = age <= calendar.stale_after(timeframe)
            rates[missing[fresh]] = bars.close[row[fresh]]
        return scale / rates if inverse else scale * rates

    def _pair(self, profile: SymbolProfile) -> tuple[str, bool] | None:
        source = currency_unit(profile.profit_currency)[0]
        target = currency_unit(profile.account_currency)[0]
        for inverse, pair in ((False, (source, target)), (True, (target, source))):
            for name in self._data.markets():
                other = self._data.profiles()[name]
                if (other.base_currency, other.profit_currency) == pair:
                    return name, inverse
        return None
