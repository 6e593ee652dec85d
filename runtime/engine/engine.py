"""A running set of plans: activate, advance, ask. A backtest makes long advances, a running instance short ones."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.dsl.timeframe import milliseconds
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import traded_lane
from tradeplan.runtime.engine.by_hand import (
    ACCOUNT,
    BreakerState,
    book_money,
    breakers,
    hold,
    resume_guard,
    resume_plan,
    set_reading,
)
from tradeplan.runtime.engine.carry import Memory, carry
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.events import Event, Rows, events, owner_names
from tradeplan.runtime.engine.kernel_choice import choose_kernels
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.engine.market_table import TradedLane, traded_market
from tradeplan.runtime.engine.moving import legs_in_use
from tradeplan.runtime.engine.order_loop import OrderLoop, bar_nodes, tick_node
from tradeplan.runtime.engine.position import Position, position_of
from tradeplan.runtime.engine.program import READINGS, Program, build_program
from tradeplan.runtime.engine.times import rising_union
from tradeplan.runtime.engine.timing import FunctionTimer, timed_step
from tradeplan.runtime.engine.wanted import Holding, Order, OrderLeg, bracket, holdings, orders
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.kernels.tables import CAPACITY, Tables
from tradeplan.runtime.market.dataset import Dataset

AHEAD = 7 * 86_400_000
"""How far ahead instants are laid out, in ms: an activation must not sort a year of them."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A set that is compiled, caught up and has its state, ready to take over; nothing has changed yet."""

    loop: OrderLoop | None
    traded: dict[str, TradedLane]
    at: int


class Engine:
    """All plans on one account over one dataset, from `start` to `end` (UTC ms).

    `activate` replaces the set between two instants; what a plan has done and holds stays under its name.
    """

    def __init__(
        self,
        dataset: Dataset,
        account: AccountConfig,
        catalog: Catalog,
        start: int,
        end: int,
        kernels: Kernels | None = None,
        capacity: int = CAPACITY,
        outside: bool = False,
    ) -> None:
        """`outside`: a broker fills; the engine decides, and is told what became of it by `enter`."""
        self.outside = outside
        self.dataset, self.account, self.catalog = dataset, account, catalog
        self.start, self.end, self.now = start, end, start
        self._given, self._chosen = kernels, kernels
        self.timer: FunctionTimer | None = None  # of sets that are activated from now on
        self._capacity = capacity
        self._rows: list[Rows] = []
        self._lanes: dict[tuple[str, str], TradedLane] = {}
        self._data: dict[tuple[str, ...], LaneData] = {}
        self._loop: OrderLoop | None = None
        self._parked: OrderLoop | None = None  # the loop that ran before the set became empty: it has the account
        self._memory = Memory()
        self._names: dict[int, str] = {}
        self._addresses: dict[str, int] = {}
        self._traded: dict[str, TradedLane] = {}
        self._instants: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._next = 0
        self._laid_out = self.now
        self._held: set[str] = set()  # scopes that a person has halted
        self._readings: dict[str, float] = {}
        self._deposited = 0.0  # cents booked before there was a plan

    def activate(
        self, plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard], moved: Collection[str] = ()
    ) -> None:
        """Run this set from the next instant on. Raises BacktestError when a traded market has no bars."""
        self.install(self.prepare(plans, guards, moved))

    def prepare(
        self,
        plans: Sequence[CheckedPlan],
        guards: Sequence[CheckedGuard],
        moved: Collection[str] = (),
        anew: bool = False,
    ) -> Prepared:
        """Compile a set and bring it to where the engine stands; the running set does not notice.

        Whatever is wrong with a plan is raised here, so that it can be told apart before anything is journalled.
        `moved` plans keep their open position although their version changes; see may_move.py. `anew`: all values are
        evaluated from the data's first bar, since there are older ones now.
        """
        if not plans:
            return Prepared(None, {}, self.now)
        traded = {name: self._traded_lane(plans, name) for name in sorted({plan.market for plan in plans})}
        markets = [traded_market(self.dataset.profile(name)) for name in traded]
        program = build_program(plans, guards, markets, self.account, legs_in_use(self._loop))
        loop = self._built(program, traded)
        if self._loop is not None:
            if anew:
                for _ in loop.evaluator.run(self.now):
                    pass
            else:
                loop.evaluator.adopt(self._loop.evaluator, self.catalog)
            carry(self._loop, loop, self._memory, moved=moved)
        else:
            for _ in loop.evaluator.run(self.now):
                pass
            if self._parked is not None:
                carry(self._parked, loop, self._memory, paused=True)
        return Prepared(loop, traded, self.now)

    def install(self, prepared: Prepared) -> None:
        """Let a prepared set take over. Raises ValueError when the engine has moved on since."""
        if prepared.at != self.now:
            raise ValueError(f"this set was prepared for {prepared.at}, the engine stands at {self.now}")
        if prepared.loop is None and self._loop is not None:
            self._memory.keep(self._loop)
            self._parked = self._loop
        if prepared.loop is not None:
            self._take_along(prepared.loop)
        self._loop, self._traded = prepared.loop, prepared.traded
        # lanes of other sets would hold bars of back then for ever
        self._data = {markets: data for markets, data in self._data.items() if markets == tuple(prepared.traded)}
        owners = () if prepared.loop is None else prepared.loop.program.plans
        self._addresses = {owner.block.name: owner.address for owner in owners}
        self._names = {} if prepared.loop is None else owner_names(prepared.loop.program)
        self._instants, self._next, self._laid_out = self._instants[:0], 0, self.now

    def see(self, series: Collection[tuple[str, str]]) -> None:
        """Bars of these markets and timeframes have appeared, or older ones: who reads them goes on with them.

        Their values are what they would be if the bars had been there from the beginning; what was decided stays.
        """
        # an engine for trials may read the old ones still
        self._data = {markets: data.without(series) for markets, data in self._data.items()}
        self._lanes = {key: lane for key, lane in self._lanes.items() if key[0] not in {m for m, _ in series}}
        loop = self._loop
        if loop is None or not any((lane.market, lane.timeframe) in series for lane in loop.evaluator.tables.lanes):
            return
        plans = [owner.block for owner in loop.program.plans if isinstance(owner.block, CheckedPlan)]
        guards = [owner.block for owner in loop.program.guards if isinstance(owner.block, CheckedGuard)]
        self.install(self.prepare(plans, guards, anew=True))

    def _take_along(self, loop: OrderLoop) -> None:
        """What people and probes have set holds for a new set of plans too."""
        hold(loop, self._held)
        for name, value in self._readings.items():
            set_reading(loop, name, value)
        if self._deposited:
            book_money(loop, self._deposited)
            self._deposited = 0.0

    def halt(self, scope: str = ACCOUNT) -> None:
        """Let a plan, the plans on a market, or all plans open nothing until `resume` of the same scope."""
        self._held.add(scope)
        if self._loop is not None:
            hold(self._loop, self._held)

    def resume(self, scope: str = ACCOUNT) -> list[Event]:
        """Lift a halt of this scope by `halt`; of a plan also those of its own rules, of a guard its breakers."""
        self._held.discard(scope)
        told: list[Event] = []
        if self._loop is not None:
            hold(self._loop, self._held)
            for owner in self._loop.program.owners:
                if owner.block.name == scope and isinstance(owner.block, CheckedPlan):
                    told += resume_plan(self._loop, owner, self.now)
                elif owner.block.name == scope:
                    told += resume_guard(self._loop, owner, self.now)
        return told

    def book(self, amount: float) -> None:
        """A deposit, or a withdrawal (negative), in account currency; no reading of loss or drawdown moves by it.

        Raises ValueError when nothing would be left.
        """
        cents = float(round(amount * 100))
        loop = self._loop or self._parked
        if loop is not None:
            book_money(loop, cents)
        elif self.account.balance * 100 + self._deposited + cents > 0.0:
            self._deposited += cents
        else:
            raise ValueError(f"{amount:.2f} cannot be booked: something must be left")

    def read(self, name: str, value: float) -> None:
        """What guards read as `latency` (ms), `load`, `quality` (percent) or `stale` (1.0 or 0.0) from now on."""
        if name not in READINGS:
            raise ValueError(f"`{name}` is no reading: expected {', '.join(READINGS)}")
        self._readings[name] = value
        if self._loop is not None:
            set_reading(self._loop, name, value)

    def reading(self, name: str) -> float:
        """What guards read now."""
        return self._readings.get(name, READINGS[name])

    def reads(self, name: str) -> bool:
        """Whether a guard of the set looks at a reading."""
        return self._loop is not None and name in self._loop.program.readings

    @property
    def held(self) -> frozenset[str]:
        """The scopes that a person has halted."""
        return frozenset(self._held)

    def breakers(self) -> list[BreakerState]:
        """All breakers and their states, by guard and rule."""
        return [] if self._loop is None else breakers(self._loop)

    def fork(self) -> Engine:
        """An engine for trials at the same place: give it a set by `activate` before it moves; this one stays."""
        other = copy.copy(self)
        other._rows, other._memory = [], self._memory.copy()
        other._held, other._readings = set(self._held), dict(self._readings)
        return other

    def _traded_lane(self, plans: Sequence[CheckedPlan], market: str) -> TradedLane:
        own = min((plan.timeframe for plan in plans if plan.market == market), key=milliseconds)
        if (market, own) not in self._lanes:
            self._lanes[market, own] = traded_lane(self.dataset, plans, market, self.start, self.end)
        return self._lanes[market, own]

    def _built(self, program: Program, traded: dict[str, TradedLane]) -> OrderLoop:
        fields = {name: (t.lane, bar_nodes(t.lane)) for name, t in traded.items()}
        roots = [*program.roots, *(node for _, nodes in fields.values() for node in nodes)]
        present = {node.lane for node in roots}
        roots += [tick_node(lane) for lane in program.stepped_lanes if lane not in present]
        tables = Tables.build(roots, self.catalog, self._capacity)
        data = self._data.setdefault(tuple(traded), LaneData(self.dataset, sorted(traded), self.start))
        kernels = self._kernels_for(tables, data)
        evaluator = Evaluator(tables, data, kernels)
        evaluator.timer = self.timer
        bars = {name: t.bars for name, t in traded.items()}
        span = (self.start, self.end)
        loop = OrderLoop(program, evaluator, fields, bars, self.account, kernels, self._rows.append, span)
        loop.f[at.V_OUTSIDE] = float(self.outside)
        return loop

    def _kernels_for(self, tables: Tables, data: LaneData) -> Kernels:
        """Those given, else compiled ones as soon as they can be had without keeping anybody waiting."""
        if self._given is not None:
            return self._given
        if self._chosen is None or self._chosen.mode == "interpreted":
            end = min(self.end, self.now + AHEAD) if self.dataset.grows else self.end
            self._chosen = choose_kernels(tables, data, self.now, end)
        return self._chosen

    def _lay_out(self) -> None:
        """More instants to come: closes of traded bars, steps of plans and, when there is one, of guards."""
        while self._loop is not None and self._next >= len(self._instants) and self._laid_out < self.end:
            program, data = self._loop.program, self._loop.evaluator.data
            until = min(self._laid_out + AHEAD, self.end)
            times = [self._closes(t, until) for t in self._traded.values()]
            for lane in program.stepped_lanes:
                feed = data.lane(lane)
                if feed is not None and (lane.market in self._traded or program.guards):
                    feed.extend(until)
                    times.append(feed.close_times[: feed.count])
            parts = [x[np.searchsorted(x, self._laid_out, "right") : np.searchsorted(x, until, "right")] for x in times]
            self._instants, self._next, self._laid_out = rising_union(parts), 0, until

    def _closes(self, traded: TradedLane, until: int) -> NDArray[np.int64]:
        """Closes of traded bars up to a time: where they still arrive, those that are scheduled."""
        if not self.dataset.grows:
            return traded.bars.bars.close_time
        lane = traded.lane
        return self.dataset.calendar(lane.market).scheduled_closes(lane.timeframe, self._laid_out, until)

    def forbid_entries(self, names: Collection[str]) -> None:
        """Let these plans manage what they have and open nothing; all others may."""
        if self._loop is not None:
            for owner in self._loop.program.plans:
                self._loop.f[owner.address + at.F_FROZEN] = float(owner.block.name in names)

    def next_instant(self) -> int | None:
        """The next time at which something closes or somebody steps, None at the end."""
        if self._next >= len(self._instants):
            self._lay_out()
        return int(self._instants[self._next]) if self._next < len(self._instants) else None

    def advance(self, to: int, live_from: int = 0) -> list[Event]:
        """Handle every instant up to `to`; what is decided can reach the broker from `live_from` on."""
        to = min(to, self.end)
        loop = self._loop
        if loop is None or to <= self.now:
            self.now = max(self.now, to)
            return []
        loop.f[at.V_LIVE_FROM] = float(live_from)
        for _ in loop.evaluator.run(to):
            timed_step(self.timer, loop.step)
        self.now = to
        if self._next < len(self._instants):
            self._next += int(np.searchsorted(self._instants[self._next :], to, side="right"))
        self._laid_out = max(self._laid_out, to)
        return self._told(loop)

    def enter(self, change: Callable[[OrderLoop], None]) -> list[Event]:
        """Enter what a broker outside did (see `outside`) between two instants; what is to be recorded comes back.

        Raises ActError when it does not fit what the engine holds.
        """
        loop = self._loop or self._parked
        if loop is None:
            return []
        change(loop)
        return self._told(loop)

    def orders(self) -> list[Order]:
        """The orders that wait for their fill, for a broker outside."""
        return [] if self._loop is None else orders(self._loop)

    def holdings(self) -> list[Holding]:
        """The open positions as a broker outside should have them."""
        return [] if self._loop is None else holdings(self._loop)

    def bracket(self, plan: str, fill: float) -> tuple[float, tuple[OrderLeg, ...]]:
        """Stop and legs of a pending entry if it filled at a price."""
        assert self._loop is not None
        return bracket(self._loop, plan, fill)

    def _told(self, loop: OrderLoop) -> list[Event]:
        if not self._rows:
            return []
        told = [event for rows in self._rows for event in events(rows, loop.program, self._names)]
        self._rows.clear()
        self._memory.note(told)
        return told

    def busy(self, name: str) -> bool:
        """Whether a plan has a position or a pending order."""
        owner = self._owner(name)
        return owner is not None and self._field(owner, at.F_PHASE) != at.FLAT

    def positions(self) -> list[Position]:
        """All open positions, by name of plan."""
        if self._loop is None:
            return []
        # the legs know of parts that were closed or added, F_UNITS is the `size` of plans
        units = {h.plan: sum(leg.units for leg in h.legs) for h in self.holdings()}
        return [
            position_of(self._loop, o.address, o.block, units[o.block.name])
            for o in self._loop.program.plans
            if isinstance(o.block, CheckedPlan) and self._field(o.address, at.F_PHASE) == at.OPEN
        ]

    @property
    def standing(self) -> OrderLoop | None:
        """The loop that runs, for those who look and change nothing."""
        return self._loop

    def _owner(self, name: str) -> int | None:
        return self._addresses.get(name)

    def _field(self, address: int, field: int) -> float:
        assert self._loop is not None
        return float(self._loop.f[address + field])

    @property
    def tested_on(self) -> dict[str, str]:
        """The timeframe on whose bars fills, stops and targets are tested, by traded market."""
        return {market: lane.lane.timeframe for market, lane in self._traded.items()}

    @property
    def balance(self) -> float:
        """The balance in account currency."""
        loop = self._loop or self._parked
        return loop.balance if loop is not None else self.account.balance + self._deposited / 100

    @property
    def equity(self) -> float:
        """The equity of the newest instant that was looked at."""
        loop = self._loop or self._parked
        return loop.equity if loop is not None else self.account.balance + self._deposited / 100
