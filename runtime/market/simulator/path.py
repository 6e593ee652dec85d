"""The path of a market through a week in several steps a minute, as logarithms of the price."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.simulator.clock import WEEK_MINUTES
from tradeplan.runtime.market.simulator.correlation import Factors
from tradeplan.runtime.market.simulator.models import DERIVED, PRIMARY, Primary
from tradeplan.runtime.market.simulator.noise import Stream
from tradeplan.runtime.market.simulator.regime import shaped
from tradeplan.runtime.market.simulator.volatility import (
    WEEKS_PER_YEAR,
    minute_multipliers,
    variance_shares,
    weekly_logs,
    weekly_multipliers,
)

STEPS = 8
_FIRST = 0.05
"""The first step's share of a minute's variance: a jump from the last price, so that opens are not chained."""
_SHARES = np.array([_FIRST, *[(1.0 - _FIRST) / (STEPS - 1)] * (STEPS - 1)])
_SIZES = np.sqrt(_SHARES)
_ELAPSED = np.cumsum(_SHARES)
_ELAPSED[-1] = 1.0

Path = NDArray[np.float64]
"""Shape (STEPS, 10080): the logarithm of the price after each step of each minute; row 0 opens, the last row closes."""


class Paths:
    """The paths of one seed up to a last week.

    Weekly levels are drawn first, from week 0 on, and each week's minutes are a bridge between two of them. So any
    week can be made alone and at once, no state is carried, and every window of time shows the same prices.
    """

    def __init__(self, seed: int, last_week: int) -> None:
        self._seed = seed
        self._weeks = last_week + 2
        self._factors = Factors(seed)
        self._levels: dict[str, NDArray[np.float64]] = {}
        self._logs: dict[str, NDArray[np.float64]] = {}
        self._week = -1
        self._cache: dict[str, Path] = {}

    def week(self, name: str, week: int) -> Path:
        """The path of one market through one week; legs that several markets need are made once."""
        if week != self._week:
            self._week, self._cache = week, {}
        path = self._cache.get(name)
        if path is None:
            path = self._primary(PRIMARY[name], week) if name in PRIMARY else self._derived(name, week)
            self._cache[name] = path
        return path

    def multipliers(self, name: str, week: int) -> NDArray[np.float64]:
        """How excited a market is in each minute of a week (1 = as usual), shape (10080,)."""
        logs = self._weekly_logs(name)
        return minute_multipliers(self._seed, name, week, float(logs[week]), float(logs[week + 1]))

    def _derived(self, name: str, week: int) -> Path:
        model = DERIVED[name]
        total = np.full((STEPS, WEEK_MINUTES), float(np.log(model.scale)))
        for leg, exponent in model.legs:
            total += exponent * self.week(leg, week)
        return total

    def _primary(self, model: Primary, week: int) -> Path:
        variance = variance_shares(model.pulse, week)
        sigma = np.sqrt(variance) * self.multipliers(model.name, week) * (model.volatility / WEEKS_PER_YEAR**0.5)

        # Walk: the market's own noise, summed step by step; its last row is the market's own move in each minute.
        walk = Stream(self._seed, f"{model.name}/path", week).flat(STEPS, WEEK_MINUTES)
        walk *= _SIZES[:, None]
        for step in range(1, STEPS):
            walk[step] += walk[step - 1]
        ends = walk[-1].copy()
        own = shaped(ends, Stream(self._seed, f"{model.name}/regime", week))
        move = sigma * self._factors.minutes(model, own, week)

        levels = self._weekly_levels(model)
        closes = np.cumsum(move)
        closes += levels[week] + (levels[week + 1] - levels[week] - closes[-1]) * np.cumsum(variance)
        starts = np.concatenate((levels[week : week + 1], closes[:-1]))
        # The walk is bent so that each minute ends where the mix of factors, own noise and the bridge says.
        walk *= sigma
        walk += _ELAPSED[:, None] * (closes - starts - walk[-1])
        walk += starts
        return walk

    def _weekly_levels(self, model: Primary) -> NDArray[np.float64]:
        """The logarithm of the price at the start of every week, pulled back to the model's level."""
        levels = self._levels.get(model.name)
        if levels is None:
            size = model.volatility / WEEKS_PER_YEAR**0.5
            pull = 1.0 - 0.5 ** (1.0 / model.reversion)
            home = float(np.log(model.level))
            moves = size * weekly_multipliers(self._weekly_logs(model.name)) * self._factors.weekly(model, self._weeks)
            level, values = home, []
            for move in moves.tolist():
                values.append(level)
                level += pull * (home - level) + move
            levels = np.array(values)
            self._levels[model.name] = levels
        return levels

    def _weekly_logs(self, name: str) -> NDArray[np.float64]:
        logs = self._logs.get(name)
        if logs is None:
            logs = weekly_logs(self._seed, name, self._weeks)
            self._logs[name] = logs
        return logs
