"""Makes bars that can be read out of rates as delivered: closes as scheduled, spreads that are never zero."""

from __future__ import annotations

import numpy as np
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.calendar import HOUR, MarketCalendar
from tradeplan.runtime.market.columns import PRICES, take
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.verify import stamp


def ready_bars(
    market: str, timeframe: str, rates: Rates, profile: SymbolProfile, calendar: MarketCalendar
) -> tuple[Bars, list[str]]:
    """Bars and notices. A spread of 0 is unknown: the profile's for the UTC hour of the open takes its place.

    A row that does not close after all rows before it cannot be stepped to, as a feed could not deliver it either, and
    one whose prices are no numbers cannot be traded at: both are passed over and told. Prices are left as they are.
    """
    notices: list[str] = []
    # one sum a column tells whether all are numbers, without a column of answers
    if not all(np.isfinite(getattr(rates, name).sum()) for name in PRICES):
        good = np.all([np.isfinite(getattr(rates, name)) for name in PRICES], axis=0)
        if not good.all():
            first = int(rates.time[int(np.argmin(good))])
            notices.append(
                f"{market}.{timeframe}: {int((~good).sum())} rows have prices that are no numbers and are passed over, "
                f"the first at {stamp(first)}: `plan data verify` lists them"
            )
            rates = take(rates, good)
    closes = calendar.close_of(rates.time, timeframe)
    if not bool((closes[1:] > closes[:-1]).all()):
        newest = np.maximum.accumulate(closes)
        kept = np.concatenate([[True], closes[1:] > newest[:-1]])
        first = int(rates.time[int(np.argmin(kept))])
        notices.append(
            f"{market}.{timeframe}: {int((~kept).sum())} rows are not newer than those before them and are passed "
            f"over, the first at {stamp(first)}: `plan data verify` lists them"
        )
        rates, closes = take(rates, kept), closes[kept]
    known = rates.spread > 0
    spread = np.asarray(rates.spread * profile.point, dtype=np.float64)
    if not known.all():
        usual = np.array(profile.spread.by_hour, dtype=np.float64) * profile.point
        missing = np.flatnonzero(~known)
        spread[missing] = usual[rates.time[missing] // HOUR % 24]
    bars = Bars(
        market=market,
        timeframe=timeframe,
        open_time=rates.time,
        close_time=closes,
        open=rates.open,
        high=rates.high,
        low=rates.low,
        close=rates.close,
        tick_volume=rates.tick_volume,
        real_volume=rates.real_volume,
        spread=spread,
        spread_known=known,
    )
    return bars, notices
