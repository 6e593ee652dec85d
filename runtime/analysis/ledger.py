"""What each plan's fills were worth at every bar: the account kept a second time, from the rows alone."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.analysis.paths import Path
from tradeplan.runtime.analysis.recording import Recording
from tradeplan.runtime.engine.market_table import Column, TradedBars, TradedMarket
from tradeplan.runtime.kernels.orders import layout as at

Floats = NDArray[np.float64]
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Booking:
    """What was booked: `plan` (place in the program), `position`, `instant` (UTC ms) and `cents`, by row."""

    plan: NDArray[np.int64]
    position: NDArray[np.int64]
    instant: Times
    cents: Floats


@dataclass(frozen=True, slots=True)
class _Held:
    """Stretches over which a leg kept its size: from and to which instant, units, entry."""

    plan: NDArray[np.int64]
    start: Times
    end: Times
    units: Floats
    entry: Floats


class Ledger:
    """Bookings and marks of a run, plan by plan."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        owners = recording.program.plans
        self.plans = [owner.block for owner in owners if isinstance(owner.block, CheckedPlan)]
        self._addresses = np.array([owner.address for owner in owners], dtype=np.float64)
        fills, swaps = recording.fills, recording.swaps
        self._plan_of_fill = self._plan_of(fills)
        self.instant_of_fill = self._instants(fills)
        self.booked = self._bookings(fills, swaps)
        self._held = self._stretches(fills)

    def path(self, plan: int) -> Path:
        """Profit of a plan since the start: booked, and open at the mark, at every bar at which it can change."""
        name = self.plans[plan].market
        bars, market = self.recording.traded[name].bars, self.recording.markets[name]
        closes = bars.bars.close_time
        here = np.flatnonzero(self._held.plan == plan)
        first = np.searchsorted(closes, self._held.start[here], side="left")
        last = np.searchsorted(closes, np.minimum(self._held.end[here], self.recording.end + 1), side="left")
        last = np.maximum(first, last)
        counts = last - first
        rows = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
        stretch = here[np.repeat(np.arange(len(here)), counts)]
        floating = _marked(bars, market, self.plans[plan].side, rows, self._held.units[stretch], self._held.entry[stretch])
        mine = self.booked.plan == plan
        booked_at = self.booked.instant[mine]
        times, place = np.unique(np.concatenate((booked_at, closes[rows])), return_inverse=True)
        booked = np.bincount(place[: len(booked_at)], weights=self.booked.cents[mine], minlength=len(times))
        marked = np.bincount(place[len(booked_at) :], weights=floating, minlength=len(times))
        return Path(times.astype(np.int64), np.cumsum(booked) + marked)

    def _plan_of(self, rows: Floats) -> NDArray[np.int64]:
        return np.searchsorted(self._addresses, rows[at.EV_OWNER]).astype(np.int64)

    def _instants(self, fills: Floats) -> Times:
        """When the account took notice: a fill at a bar's open is known at its close, one inside a bar as well.

        A time may be the close of one bar and the open of the next. What is always filled at opens belongs to the
        next bar; of the others those at just its opening price do.
        """
        instants = fills[at.EV_TIME].astype(np.int64)
        reason = fills[at.EV_REASON]
        always = (reason == at.FILL_CLOSE) | (reason == at.FILL_ADD)
        plan = self._plan_of_fill
        sides = np.array([p.side for p in self.plans], dtype=np.float64)[plan]
        buys = (sides > 0) == (reason <= at.FILL_ADD)
        for name, lane in self.recording.traded.items():
            here = np.flatnonzero(np.array([p.market == name for p in self.plans], dtype=bool)[plan])
            bars = lane.bars.bars
            row = np.minimum(np.searchsorted(bars.open_time, instants[here]), len(bars) - 1)
            opens = bars.open_time[row] == instants[here]
            closed = np.minimum(np.searchsorted(bars.close_time, instants[here]), len(bars) - 1)
            closes = bars.close_time[closed] == instants[here]
            slip = fills[at.EV_SLIP][here]
            at_open = bars.open[row] + np.where(buys[here], bars.spread[row] + slip, -slip)
            tick = self.recording.markets[name].tick
            same = np.abs(fills[at.EV_PRICE][here] - at_open) < 1e-3 * tick
            later = opens & (always[here] | same | ~closes) & (reason[here] != at.FILL_STOP_OUT)
            instants[here[later]] = bars.close_time[row[later]]
        return instants

    def _bookings(self, fills: Floats, swaps: Floats) -> Booking:
        swap_plan = self._plan_of(swaps)
        when = swaps[at.EV_TIME].astype(np.int64)
        for name, lane in self.recording.traded.items():
            here = np.flatnonzero(np.array([p.market == name for p in self.plans], dtype=bool)[swap_plan])
            bars = lane.bars.bars
            row = np.minimum(np.searchsorted(bars.open_time, when[here]), len(bars) - 1)
            when[here] = bars.close_time[row]
        return Booking(
            np.concatenate((self._plan_of_fill, swap_plan)),
            np.concatenate((fills[at.EV_POSITION], swaps[at.EV_POSITION])).astype(np.int64),
            np.concatenate((self.instant_of_fill, when)),
            np.concatenate((fills[at.EV_PROFIT] - fills[at.EV_COMMISSION], swaps[at.EV_PROFIT])),
        )

    def _stretches(self, fills: Floats) -> _Held:
        count = fills.shape[1]
        order = np.lexsort((np.arange(count), fills[at.EV_LEG], fills[at.EV_POSITION]))
        position, leg = fills[at.EV_POSITION][order], fills[at.EV_LEG][order]
        first = np.ones(count, dtype=bool)
        first[1:] = (position[1:] != position[:-1]) | (leg[1:] != leg[:-1])
        group = np.cumsum(first) - 1
        into = fills[at.EV_REASON][order] <= at.FILL_ADD
        change = np.where(into, 1.0, -1.0) * fills[at.EV_UNITS][order]
        running = np.cumsum(change)
        units = running - (running - change)[first][group]
        start = self.instant_of_fill[order]
        end = np.full(count, np.iinfo(np.int64).max, dtype=np.int64)
        end[:-1][~first[1:]] = start[1:][~first[1:]]
        open_ = units > 0.5
        entry = fills[at.EV_PRICE][order][first][group]
        return _Held(self._plan_of_fill[order][open_], start[open_], end[open_], units[open_], entry[open_])


def _marked(bars: TradedBars, market: TradedMarket, side: int, rows: Times, units: Floats, entry: Floats) -> Floats:
    """What units are worth at the closes of bars, in cents, by the order loop's formula."""
    mark = bars.bars.close[rows]
    if side < 0:
        mark = _to_tick(mark + bars.bars.spread[rows], market.tick)
    worth = side * (mark - entry) * units * market.lot_step * market.contract * _of(bars.rate, rows)
    return np.where(worth >= 0.0, np.floor(worth * 100.0 + 0.5), -np.floor(-worth * 100.0 + 0.5))


def _to_tick(x: Floats, tick: float) -> Floats:
    whole, parts = Decimal(repr(tick)).as_integer_ratio()
    scale = 1
    while scale % parts:
        scale *= 10
    return np.floor(x / tick + 0.5) * (whole * scale // parts) / scale


def _of(column: Column, rows: Times) -> Floats | float:
    return column if isinstance(column, float | int) else column[rows]
