"""Datasets grown bar by bar in the order in which bars arrive, for laws about growth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Event
from tradeplan.runtime.market.columns import take
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.growing import Growing, LateBar
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.stdlib.registry import catalog

Series = tuple[str, str]
Bars = Mapping[Series, Rates]


@dataclass(frozen=True)
class Run:
    """Plans on an account over a span, and the bars that they run over."""

    plans: Sequence[CheckedPlan]
    guards: Sequence[CheckedGuard]
    account: AccountConfig
    start: int
    end: int

    def engine(self, dataset: Dataset) -> Engine:
        """A new engine with the plans at work."""
        engine = Engine(dataset, self.account, catalog(), self.start, self.end)
        engine.activate(self.plans, self.guards)
        return engine

    def whole(self, dataset: Dataset) -> list[Event]:
        """All events over a dataset that is complete."""
        return self.engine(dataset).advance(self.end)


def closes_of(dataset: Dataset, bars: Bars) -> dict[Series, NDArray[np.int64]]:
    """When each row of each series closes."""
    return {(m, t): dataset.calendar(m).close_of(rates.time, t) for (m, t), rates in bars.items()}


def begun(bars: Bars, profiles: Profiles, until: int, late: Sequence[LateBar] = ()) -> Growing:
    """A growing dataset with what closes by a time."""
    growing = Growing(profiles, late)
    closes = closes_of(growing, bars)
    for (market, timeframe), rates in bars.items():
        growing.feed(market, timeframe, take(rates, closes[market, timeframe] <= until))
    return growing


def grow(
    run: Run,
    bars: Bars,
    growing: Growing,
    held_back: Callable[[Series, int], int] = lambda series, close: close,
) -> tuple[list[Event], list[LateBar]]:
    """One life, instant by instant: each bar is added at the first instant at or after its arrival.

    `held_back(series, close)` tells when a bar arrives. Returns the events and the bars that were late.
    """
    closes = closes_of(growing, bars)
    waiting = sorted(
        (held_back(series, int(close)), int(close), series, row)
        for series, times in closes.items()
        for row, close in enumerate(times)
        if close > run.start
    )
    engine, told, late, at = run.engine(growing), list[Event](), list[LateBar](), 0
    while (instant := engine.next_instant()) is not None:
        came: dict[Series, list[int]] = {}
        while at < len(waiting) and waiting[at][0] <= instant:
            came.setdefault(waiting[at][2], []).append(waiting[at][3])
            at += 1
        for series, rows in came.items():
            some = take(bars[series], np.array(sorted(rows)))
            late += growing.late(*series, some, engine.now)
            growing.append(*series, some, engine.now)
        told += engine.advance(instant)
    return told, late
