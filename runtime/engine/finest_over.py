"""On which bars fills of a run are tested: the finest timeframe that leaves nothing of the run out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.timeframe import milliseconds
from tradeplan.runtime.market.dataset import Dataset

Times = NDArray[np.int64]

NEAR = 2 * 86_400_000
"""So far, in ms, may a coarser bar close from the nearest finer one: over a weekend there are none."""

_NEVER, _ALWAYS = -(1 << 62), 1 << 62


def finest_over(dataset: Dataset, market: str, own: str, start: int | None, end: int | None) -> str | None:
    """The finest timeframe, `own` or finer, that covers `(start, end]`; None when none has a bar that closes in it.

    It covers the span when every bar of a coarser one of these timeframes that closes in the span closes within two
    days of one of its bars there. A dataset that grows says itself which it is.
    """
    if dataset.grows:
        return dataset.tested_on(market, own)
    return dataset.kept(("finest", market, own, start, end), lambda: _finest(dataset, market, own, start, end))


def _finest(dataset: Dataset, market: str, own: str, start: int | None, end: int | None) -> str | None:
    names = [t for t in dataset.timeframes(market) if milliseconds(t) <= milliseconds(own)]
    closes = [(name, _closes(dataset, market, name, start, end)) for name in names]
    closes = [(name, times) for name, times in closes if len(times)]
    for at, (name, times) in enumerate(closes):
        if all(_covers(times, coarser) for _, coarser in closes[at + 1 :]):
            return name
    return None


def _closes(dataset: Dataset, market: str, timeframe: str, start: int | None, end: int | None) -> Times:
    bars = dataset.bars(market, timeframe)
    if bars is None:
        return np.zeros(0, dtype=np.int64)
    times = bars.close_time
    first = 0 if start is None else int(np.searchsorted(times, start, side="right"))
    last = len(times) if end is None else int(np.searchsorted(times, end, side="right"))
    return times[first:last]


def _covers(finer: Times, coarser: Times) -> bool:
    """Whether every coarser close lies near a finer one; only the holes of the finer bars are looked at."""
    holes = np.flatnonzero(np.diff(finer) > 2 * NEAR)
    after = np.concatenate([[_NEVER], finer[holes] + NEAR, [finer[-1] + NEAR]])
    before = np.concatenate([[finer[0] - NEAR], finer[holes + 1] - NEAR, [_ALWAYS]])
    return not bool((np.searchsorted(coarser, before, "left") > np.searchsorted(coarser, after, "right")).any())
