"""What markets have in common: the factors' noise by week and by minute, and a market's mix of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.simulator.clock import WEEK_MINUTES
from tradeplan.runtime.market.simulator.models import FACTORS, Primary
from tradeplan.runtime.market.simulator.noise import Stream
from tradeplan.runtime.market.simulator.regime import shaped


class Factors:
    """The common drivers of one seed; the minutes of a week are kept until another week is read."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._week = -1
        self._minutes: dict[str, NDArray[np.float64]] = {}

    def weekly(self, model: Primary, weeks: int) -> NDArray[np.float64]:
        """A market's unit moves over weeks 0 to `weeks` - 1, its own part included, shape (weeks,)."""
        move = model.own * Stream(self._seed, f"{model.name}/weekly").bell(weeks, 12)
        for factor, loading in zip(FACTORS, model.loadings, strict=True):
            if loading:
                move = move + loading * Stream(self._seed, f"{factor}/weekly").bell(weeks, 12)
        return move

    def minutes(self, model: Primary, own: NDArray[np.float64], week: int) -> NDArray[np.float64]:
        """A market's unit moves in each minute of a week, `own` being its own part of unit size, shape (10080,)."""
        if week != self._week:
            self._week, self._minutes = week, {}
        move = model.own * own
        for factor, loading in zip(FACTORS, model.loadings, strict=True):
            if loading:
                move += loading * self._factor(factor, week)
        return move

    def _factor(self, factor: str, week: int) -> NDArray[np.float64]:
        noise = self._minutes.get(factor)
        if noise is None:
            unit = Stream(self._seed, f"{factor}/minutes", week).bell(WEEK_MINUTES)
            noise = shaped(unit, Stream(self._seed, f"{factor}/regime", week))
            self._minutes[factor] = noise
        return noise
