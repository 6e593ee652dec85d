"""Minutes that a real feed does not deliver: quiet ones without a tick, and short outages of the feed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.simulator.clock import WEEK_MINUTES, new_york_minutes
from tradeplan.runtime.market.simulator.noise import Stream

_BY_DAY = 0.0005
_AT_NIGHT = 0.012
_OUTAGE = 0.4
"""The chance that a week holds an outage; it hits all markets at once, for 3 to 40 minutes."""


def delivered(seed: int, name: str, week: int) -> NDArray[np.bool_]:
    """Which minutes of a week the feed delivers if the market is open, shape (10080,)."""
    hour = (new_york_minutes(week) % 1_440) // 60
    chance = np.where((hour >= 16) & (hour < 19), _AT_NIGHT, _BY_DAY)
    kept: NDArray[np.bool_] = Stream(seed, f"{name}/missing", week).uniform(WEEK_MINUTES) >= chance
    happens, where, length = Stream(seed, "feed/outage", week).uniform(3)
    if happens < _OUTAGE:
        first = int(where * (WEEK_MINUTES - 40))
        kept[first : first + 3 + int(length * 38)] = False
    return kept
