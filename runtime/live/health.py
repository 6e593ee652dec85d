"""How the program and its feed are doing: the readings of `system` and `feed`, measured while a feed's time runs."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

import numpy as np
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.live.feed import Feed
from tradeplan.runtime.market.dataset import Dataset

WINDOW = 3_600_000
"""The span in ms over which bars are counted that should have come."""
BUSY_SECONDS = 60.0
LATENCY_STEP = 10.0


class Health:
    """Measures after every step. Values are coarse, so that what is journalled changes rarely.

    A feed that is played as fast as possible has no time of its own that could run late: nothing is measured then.
    """

    def __init__(self, dataset: Dataset, clock: Feed, now: Callable[[], float] = time.monotonic) -> None:
        self._dataset, self._clock, self._now = dataset, clock, now
        self._steps: deque[tuple[float, float]] = deque()  # end and length in seconds

    def measure(self, engine: Engine, instant: int, seconds: float) -> dict[str, float]:
        """The readings that have changed, after a step over an instant that took so many seconds."""
        if self._clock.speed is None:
            return {}
        end = self._now()
        self._steps.append((end, seconds))
        while self._steps[0][0] < end - BUSY_SECONDS:
            self._steps.popleft()
        found: dict[str, float] = {}
        if engine.reads("latency"):
            late = max(1000.0 * seconds, float(self._clock.now() - instant))
            found["latency"] = LATENCY_STEP * math.ceil(late / LATENCY_STEP)
        if engine.reads("load"):
            since = max(end - self._steps[0][0] + self._steps[0][1], 1e-9)
            found["load"] = float(math.floor(100.0 * min(1.0, sum(s for _, s in self._steps) / since)))
        if engine.reads("quality") or engine.reads("stale"):
            whole, stale = completeness(self._dataset, engine.tested_on, instant)
            found |= {"quality": whole, "stale": float(stale)}
        return {name: value for name, value in found.items() if value != engine.reading(name)}


def completeness(dataset: Dataset, tested_on: dict[str, str], instant: int) -> tuple[float, bool]:
    """The least share, in percent, of the last hour's scheduled bars that came, and whether an open market is stale."""
    whole, stale = 100.0, False
    for market, timeframe in tested_on.items():
        calendar, bars = dataset.calendar(market), dataset.bars(market, timeframe)
        if bars is None or not calendar.is_open_at(instant):
            continue
        due = calendar.scheduled_closes(timeframe, instant - WINDOW, instant)
        closes = bars.close_time[: int(np.searchsorted(bars.close_time, instant, side="right"))]
        came = int(np.isin(due, closes[-len(due) :] if len(due) else closes[:0]).sum())
        if len(due):
            whole = min(whole, float(math.floor(100.0 * came / len(due))))
        age = calendar.session_clock_at(instant) - (calendar.session_clock_at(int(closes[-1])) if len(closes) else 0)
        stale = stale or age >= calendar.stale_after(timeframe)
    return whole, stale
