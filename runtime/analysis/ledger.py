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
        floating = _marked(
            bars, market, self.plans[plan].side, rows, self._held.units[stretch], self._held.entry[stretch]
        )
        mine = self.booked.plan == plan
        booked_at = self.booked.instant[mine]
        times, place = np.unique(np.concatenate((booked_at, closes[rows])), return_inverse=True)
        booked = np.bincount(place[: len(booked_at)], weights=self.booked.cents[mine], minlength=len(times))
        marked = np.bincount(place[len(booked_at) :], weights=floating, minlength=len(times))
        return Path(times.astype(np.int64), np.asarray(np.cumsum(booked) + marked, dtype=np.float64))

    def _plan_of(self, rows: Floats) -> NDArray[np.int64]:
        return np.asarray(np.searchsorted(self._addresses, rows[at.EV_OWNER]), dtype=np.int64)

    def _instants(self, fills: Floats) -> Times:
        """When the account took notice: what fills at a bar's open or inside it is known at its close.

        A time may be the open of one bar and the close of the one before. A fill belongs to the later one if that is
        always so for its kind, if something of that time was recorded before it, or if it is at the very opening price
        and the earlier bar did not reach it.
        """
        instants = fills[at.EV_TIME].astype(np.int64)
        reason, price = fills[at.EV_REASON], fills[at.EV_PRICE]
        surely = (reason == at.FILL_CLOSE) | (reason == at.FILL_ADD) | self._after_steps(fills)
        if self.recording.account.netting:
            surely |= reason == at.FILL_TAKE  # no order at the broker there: what is reached is closed at the next open
        plan = self._plan_of_fill
        buys = (np.array([p.side for p in self.plans], dtype=np.float64)[plan] > 0) == (reason <= at.FILL_ADD)
        for name, lane in self.recording.traded.items():
            here = np.flatnonzero(np.array([p.market == name for p in self.plans], dtype=bool)[plan])
            bars, time = lane.bars.bars, instants[here]
            new = np.minimum(np.searchsorted(bars.open_time, time), len(bars) - 1)
            old = np.minimum(np.searchsorted(bars.close_time, time), len(bars) - 1)
            opens, closes = bars.open_time[new] == time, bars.close_time[old] == time
            slip = np.where(buys[here], 1.0, -1.0) * fills[at.EV_SLIP][here]
            level, spread = price[here] - slip, np.where(buys[here], 1.0, 0.0)
            near = 1e-3 * self.recording.markets[name].tick
            opening = np.abs(level - bars.open[new] - spread * bars.spread[new]) < near
            lowest, highest = (side[old] + spread * bars.spread[old] for side in (bars.low, bars.high))
            reached = (lowest <= level + near) & (level - near <= highest)
            later = opens & (surely[here] | ~closes | opening & ~reached) & (reason[here] != at.FILL_STOP_OUT)
            instants[here[later]] = bars.close_time[new[later]]
        return np.asarray(instants, dtype=np.int64)

    def _after_steps(self, fills: Floats) -> NDArray[np.bool_]:
        """Which fills were recorded after a step of their own time: they came with a later bar."""
        rows = self.recording.table
        kind, time = rows[:, at.EV_TYPE], rows[:, at.EV_TIME]
        step = (kind == at.TYPE_DECISION) | (kind == at.TYPE_EQUITY)
        newest = np.maximum.accumulate(np.where(step, time, -np.inf)) if len(rows) else time
        return np.asarray(newest[kind == at.TYPE_FILL] >= fills[at.EV_TIME], dtype=np.bool_)

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
