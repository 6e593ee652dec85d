"""A running set of plans: activate, advance, ask. A backtest makes long advances, a running instance short ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import traded_lane
from tradeplan.runtime.engine.carry import carry
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.events import Event, Rows, events
from tradeplan.runtime.engine.kernel_choice import choose_kernels
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.engine.market_table import TradedLane, traded_market
from tradeplan.runtime.engine.order_loop import OrderLoop, bar_nodes, tick_node
from tradeplan.runtime.engine.program import Program, build_program
from tradeplan.runtime.engine.times import rising_union
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.kernels.tables import CAPACITY, Tables
from tradeplan.runtime.market.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Position:
    """An open position: average entry, stop, open lots, and distance from the entry to the mark, in price units."""

    plan: str
    market: str
    side: int
    lots: float
    entry: float
    stop: float
    opened: int
    profit: float


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
    ) -> None:
        self.dataset, self.account, self.catalog = dataset, account, catalog
        self.start, self.end, self.now = start, end, start
        self._kernels = kernels
        self._capacity = capacity
        self._rows: list[Rows] = []
        self._traded: dict[str, TradedLane] = {}
        self._loop: OrderLoop | None = None
        self._instants: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._next = 0

    def activate(self, plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard]) -> None:
        """Run this set from the next instant on. Raises BacktestError when a traded market has no bars."""
        if not plans:
            self._loop, self._instants, self._next = None, np.zeros(0, dtype=np.int64), 0
            return
        markets = sorted({plan.market for plan in plans})
        for name in markets:
            self._traded[name] = traded_lane(self.dataset, plans, name)
        traded = {name: self._traded[name] for name in markets}
        program = build_program(
            plans, guards, [traded_market(self.dataset.profile(name)) for name in markets], self.account
        )
        loop = self._built(program, traded)
        old = self._loop
        if old is None:
            for _ in loop.evaluator.run(self.now):
                pass
        else:
            loop.evaluator.adopt(old.evaluator, self.catalog)
            carry(old, loop)
        self._loop = loop
        self._schedule(program, traded)

    def _built(self, program: Program, traded: dict[str, TradedLane]) -> OrderLoop:
        fields = {name: (t.lane, bar_nodes(t.lane)) for name, t in traded.items()}
        roots = [*program.roots, *(node for _, nodes in fields.values() for node in nodes)]
        present = {node.lane for node in roots}
        roots += [tick_node(lane) for lane in program.lanes if lane not in present]
        tables = Tables.build(roots, self.catalog, self._capacity)
        data = LaneData(self.dataset, sorted(traded), self.start)
        self._kernels = self._kernels or choose_kernels(tables, data, self.start, self.end)
        evaluator = Evaluator(tables, data, self._kernels)
        bars = {name: t.bars for name, t in traded.items()}
        span = (self.start, self.end)
        return OrderLoop(program, evaluator, fields, bars, self.account, self._kernels, self._rows.append, span)

    def _schedule(self, program: Program, traded: dict[str, TradedLane]) -> None:
        """All instants to come: closes of traded bars, steps of plans and, when there is one, of guards."""
        assert self._loop is not None
        data = self._loop.evaluator.data
        times = [t.bars.bars.close_time for t in traded.values()]
        for lane in program.lanes:
            feed = data.lane(lane)
            if feed is not None and (lane.market in traded or program.guards):
                feed.extend(self.end)
                times.append(feed.close_times[: feed.count])
        every = rising_union(times)
        self._instants = every[(every > self.now) & (every <= self.end)]
        self._next = 0

    def forbid_entries(self, names: Collection[str]) -> None:
        """Let these plans manage what they have and open nothing; all others may."""
        if self._loop is not None:
            for owner in self._loop.program.plans:
                self._loop.f[owner.address + at.F_FROZEN] = float(owner.block.name in names)

    def next_instant(self) -> int | None:
        """The next time at which something closes or somebody steps, None at the end."""
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
            loop.step()
        self.now = to
        self._next += int(np.searchsorted(self._instants[self._next :], to, side="right"))
        told = [event for rows in self._rows for event in events(rows, loop.program)]
        self._rows.clear()
        return told

    def busy(self, name: str) -> bool:
        """Whether a plan has a position or a pending order."""
        owner = self._owner(name)
        return owner is not None and self._field(owner, at.F_PHASE) != at.FLAT

    def positions(self) -> list[Position]:
        """All open positions, by name of plan."""
        if self._loop is None:
            return []
        return [
            self._position(o.address, o.block)
            for o in self._loop.program.plans
            if isinstance(o.block, CheckedPlan) and self._field(o.address, at.F_PHASE) == at.OPEN
        ]

    def _position(self, address: int, plan: CheckedPlan) -> Position:
        assert self._loop is not None
        f, market = self._loop.f, self._loop.program.markets[plan.market]
        close, spread = float(f[market + at.N_CLOSE]), float(f[market + at.N_SPREAD])
        entry = self._field(address, at.F_ENTRY)
        mark = close if plan.side > 0 else close + spread
        return Position(
            plan.name,
            plan.market,
            plan.side,
            self._field(address, at.F_UNITS) * float(f[market + at.M_LOT_STEP]),
            entry,
            self._field(address, at.F_STOP),
            int(self._field(address, at.F_OPENED)),
            plan.side * (mark - entry),
        )

    def _owner(self, name: str) -> int | None:
        if self._loop is None:
            return None
        return next((o.address for o in self._loop.program.plans if o.block.name == name), None)

    def _field(self, address: int, field: int) -> float:
        assert self._loop is not None
        return float(self._loop.f[address + field])

    @property
    def balance(self) -> float:
        """The balance in account currency."""
        return self._loop.balance if self._loop is not None else self.account.balance

    @property
    def equity(self) -> float:
        """The equity of the newest instant that was looked at."""
        return self._loop.equity if self._loop is not None else self.account.balance
