"""Nights that a position is charged for: how many at each bar's open, and what one costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.profile import SymbolProfile

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_SATURDAY = 5

Column = NDArray[np.float64] | float


def swap_days(bars: Bars, profile: SymbolProfile, calendar: MarketCalendar) -> NDArray[np.float64] | None:
    """The days charged at each bar's open: those of the broker's nights since the bar before opened; None: never any.

    The night that ends a weekday counts 1, on the triple day 3; with a triple day Saturdays and Sundays count nothing,
    since that day has paid for them. A market without a triple day counts every night.
    """
    if profile.swap.mode == "none" or not len(bars):
        return None
    days = np.zeros(len(bars), dtype=np.float64)
    clock = calendar.broker
    nights = np.arange(clock.day_at(int(bars.open_time[0])), clock.day_at(int(bars.open_time[-1])), dtype=np.int64)
    rows = np.searchsorted(bars.open_time, clock.start(nights + 1), side="left")
    weights = np.ones(len(nights), dtype=np.float64)
    if profile.swap.triple_day != "none":
        weekday = (nights + 3) % 7
        weights[weekday == _WEEKDAYS.index(profile.swap.triple_day)] = 3.0
        weights[weekday >= _SATURDAY] = 0.0
    np.add.at(days, rows, weights)
    return days


def swap_amounts(
    bars: Bars, profile: SymbolProfile, rate: Column, days: NDArray[np.float64] | None
) -> tuple[Column, Column, Column]:
    """Days, and account money for one lot step and one day, long and short."""
    if days is None:
        return 0.0, 0.0, 0.0
    return days, _amount(bars, profile, rate, profile.swap.long), _amount(bars, profile, rate, profile.swap.short)


def _amount(bars: Bars, profile: SymbolProfile, rate: Column, value: float) -> Column:
    if profile.swap.mode == "points":
        return value * profile.point * profile.contract_size * rate * profile.lot_step
    if profile.swap.mode == "money":
        return value * profile.lot_step
    return bars.open * value / 100 / 360 * profile.contract_size * rate * profile.lot_step
