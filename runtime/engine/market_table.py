"""What the order loop knows about a traded market: its numbers, and its finest bars beyond their prices."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import Lane
from tradeplan.dsl.timeframe import TIMEFRAMES
from tradeplan.runtime.engine.swap_days import swap_amounts, swap_days
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profile import SymbolProfile, currency_unit

Column = NDArray[np.float64] | float
"""One number a bar, or one for all."""


@dataclass(frozen=True, slots=True)
class TradedMarket:
    """A market's numbers as execution.md names them: prices in price units, commission in account money a lot and side.

    `units_min`, `units_max`: the lot limits in whole lot steps; `max_signal_age` in ms; `stop_out`, `margin_call` and
    `gap` in percent; `base` and `quote` are the currencies that are bought and paid with; `stops_level` in price units.
    """

    name: str
    tick: float
    slip: float
    contract: float
    lot_step: float
    units_min: float
    units_max: float
    commission: float
    margin_rate: float
    max_signal_age: float
    stop_out: float = 50.0
    margin_call: float = 100.0
    gap: float = 0.0
    base: str = ""
    quote: str = ""
    stops_level: float = 0.0


@dataclass(frozen=True)
class TradedBars:
    """The finest bars of a market, and what money needs beside them.

    Rates are profit currency to account at each open and close: `rate_open` and `rate` the last known one,
    `rate_now` NaN where there is none. Swap amounts are account money for one lot step and one day.
    """

    bars: Bars
    rate_open: Column = 1.0
    rate: Column = 1.0
    rate_now: Column = 1.0
    swap_days: Column = 0.0
    swap_long: Column = 0.0
    swap_short: Column = 0.0

    @cached_property
    def length(self) -> Column:
        """Close less open of each bar, in ms."""
        if TIMEFRAMES[self.bars.timeframe] <= TIMEFRAMES["H1"]:
            return float(TIMEFRAMES[self.bars.timeframe])
        return np.asarray(self.bars.close_time - self.bars.open_time, dtype=np.float64)

    @cached_property
    def spread_known(self) -> Column:
        """Whether each bar's spread is its own."""
        if self.bars.spread_known.all():
            return 1.0
        return np.asarray(self.bars.spread_known, dtype=np.float64)

    def now(self) -> Bars:
        """The bars there are now."""
        return self.bars

    def columns(self) -> tuple[Column, ...]:
        """The further columns in the order of the order loop's layout."""
        return self.length, self.spread_known, *self.extras

    def reached(self, rows: slice) -> tuple[Column, ...]:
        """These columns, of these rows where they are no constants."""
        return tuple(x if isinstance(x, float | int) else x[rows] for x in self.columns())

    @property
    def extras(self) -> tuple[Column, ...]:
        """The columns in the order of the layout, after length and known spread."""
        return self.rate_open, self.rate, self.rate_now, self.swap_days, self.swap_long, self.swap_short


@dataclass(frozen=True, slots=True)
class TradedLane:
    """A traded market's finest lane and bars."""

    lane: Lane
    bars: TradedBars


def tick_fraction(tick: float) -> tuple[float, float]:
    """A tick as it is written: a whole number over a power of ten, so that prices on it come out as their decimals."""
    number = Decimal(repr(tick))
    parts = 10 ** max(0, -int(number.as_tuple().exponent))
    return float(number * parts), float(parts)


def traded_market(profile: SymbolProfile) -> TradedMarket:
    """The numbers of a profile."""
    account, unit = currency_unit(profile.account_currency)
    cost, cost_unit = currency_unit(profile.costs.currency)
    commission = profile.costs.commission * (unit / cost_unit if account == cost else 1.0)
    step = profile.lot_step
    return TradedMarket(
        profile.name,
        profile.tick_size,
        profile.slippage,
        profile.contract_size,
        step,
        float(math.ceil(profile.lot_min / step - 1e-9)),
        float(math.floor(profile.lot_max / step + 1e-9)),
        commission,
        profile.margin_rate,
        float(profile.max_signal_age_ms),
        profile.margin.stop_out,
        profile.margin.call,
        profile.gap_allowance,
        currency_unit(profile.base_currency)[0],
        currency_unit(profile.profit_currency)[0],
        profile.stops_level * profile.point,
    )


def traded_bars(dataset: Dataset, market: str, timeframe: str) -> TradedBars | None:
    """The bars of a market with rates and swaps; None where there are none."""
    bars = dataset.bars(market, timeframe)
    if bars is None or not len(bars):
        return None
    profile, calendar = dataset.profile(market), dataset.calendar(market)
    days = swap_days(bars, profile, calendar)
    if not dataset.needs_conversion(market):
        rate = float(dataset.rate_to_account(market, bars.close_time[:1])[0])
        amounts = swap_amounts(bars, profile, rate, days)
        return TradedBars(bars, rate, rate, rate, *amounts)
    now = dataset.rate_to_account(market, bars.close_time)
    both = np.empty(2 * len(bars), dtype=np.float64)
    both[0::2] = dataset.rate_to_account(market, bars.open_time)
    both[1::2] = now
    known = carried_forward(both)
    at_open = known[0::2].copy()
    return TradedBars(bars, at_open, known[1::2].copy(), now, *swap_amounts(bars, profile, at_open, days))


def carried_forward(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each NaN replaced by the last number before it."""
    missing = np.isnan(x)
    if not missing.any():
        return x
    newest = np.where(missing, 0, np.arange(len(x)))
    np.maximum.accumulate(newest, out=newest)
    return x[newest]
