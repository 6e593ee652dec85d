"""What a broker adds to a path: the spread by hour and the number of ticks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.simulator.clock import WEEK_MINUTES, new_york_minutes
from tradeplan.runtime.market.simulator.models import Quote
from tradeplan.runtime.market.simulator.noise import Stream
from tradeplan.runtime.market.simulator.volatility import activity

# New York hours 0 to 23; at 17 the day rolls over and few quote.
_BY_HOUR = "130 125 115 105 100 100 100 100 100 100 100 105 110 110 115 125 160 400 200 150 135 130 130 130"
"""Relative spread by hour, in percent of the busiest ones."""


def spreads(seed: int, name: str, quote: Quote, week: int, excitement: NDArray[np.float64]) -> NDArray[np.int32]:
    """The spread of each minute of a week in points, at least 1, shape (10080,)."""
    hours = np.array([int(percent) / 100.0 for percent in _BY_HOUR.split()])
    by_hour = hours[(new_york_minutes(week) % 1_440) // 60]
    noise = 1.0 + 0.15 * Stream(seed, f"{name}/spread", week).bell(WEEK_MINUTES)
    points = quote.spread * by_hour * np.sqrt(excitement) * np.maximum(noise, 0.4)
    return np.maximum(1, np.rint(points)).astype(np.int32)


def tick_volumes(seed: int, name: str, quote: Quote, week: int, excitement: NDArray[np.float64]) -> NDArray[np.float64]:
    """The number of ticks in each minute of a week, whole and at least 1, shape (10080,)."""
    noise = 1.0 + 0.3 * Stream(seed, f"{name}/ticks", week).bell(WEEK_MINUTES)
    ticks = quote.ticks * activity(quote.profile, week) * excitement * np.maximum(noise, 0.1)
    return np.maximum(1.0, np.rint(ticks))
