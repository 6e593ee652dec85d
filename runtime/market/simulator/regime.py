"""Trend and range: stretches of hours in which a driver keeps what it gained, or gives it back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.simulator.noise import Stream

_CUTS = 11
_TREND = 1.37
_RANGE = 0.35
"""INVARIANT: the mean of the two squares is 1, so regimes shape the path and leave its variance alone."""


def shaped(unit: NDArray[np.float64], stream: Stream) -> NDArray[np.float64]:
    """Unit noise of one week with the net move of each stretch scaled up (trend) or down (range).

    Stretches are cut at random and last about 14 hours; a single minute changes by far less than its own size.
    """
    size = unit.shape[0]
    cuts = np.unique(np.concatenate((np.zeros(1), stream.uniform(_CUTS) * size)).astype(np.int64))
    # Always _CUTS + 1 draws, whatever the number of distinct cuts: the draws of a stream must not shift.
    gain = np.where(stream.uniform(_CUTS + 1) < 0.5, _TREND, _RANGE)[: cuts.shape[0]]
    lengths = np.diff(np.append(cuts, size))
    running = np.cumsum(unit)
    ends = running[cuts + lengths - 1]
    net = np.diff(ends, prepend=0.0)
    shaped_unit: NDArray[np.float64] = unit + np.repeat((gain - 1.0) * net / lengths, lengths)
    return shaped_unit
