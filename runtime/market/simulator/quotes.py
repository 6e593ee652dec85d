"""What a broker adds to a path: the spread by hour and the number of ticks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.simulator.clock import WEEK_MINUTES
from tradeplan.runtime.market.simulator.models import Derived, Primary
from tradeplan.runtime.market.simulator.noise import Stream
from tradeplan.runtime.market.simulator.volatility import activity


def spreads(
    seed: int, name: str, by_hour: Sequence[float], week: int, excitement: NDArray[np.float64]
) -> NDArray[np.int32]:
    """The spread of each minute of a week in points, at least 1, shape (10080,).

    `by_hour` holds the profile's spread in points for each hour of the UTC day; `excitement` widens it.
    """
    # INVARIANT: weeks start at 00:00 UTC, so the hours of a week are the day's seven times over.
    usual = np.tile(np.repeat(np.array(by_hour, dtype=np.float64), 60), 7)
    noise = 1.0 + 0.15 * Stream(seed, f"{name}/spread", week).bell(WEEK_MINUTES)
    points = usual * np.sqrt(excitement) * np.maximum(noise, 0.4)
    return np.maximum(1, np.rint(points)).astype(np.int32)


def tick_volumes(
    seed: int, model: Primary | Derived, week: int, excitement: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The number of ticks in each minute of a week, whole and at least 1, shape (10080,)."""
    noise = 1.0 + 0.3 * Stream(seed, f"{model.name}/ticks", week).bell(WEEK_MINUTES)
    ticks: NDArray[np.float64] = model.ticks * activity(model.pulse, week) * excitement * np.maximum(noise, 0.1)
    return np.maximum(1.0, np.rint(ticks))
