"""What a run leaves behind, as it left the order loop: event rows, the account, and what is needed to read them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.analysis.counts import Counted
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.clauses import ClauseClock, ClauseTime
from tradeplan.runtime.engine.events import Event, events
from tradeplan.runtime.engine.market_table import TradedLane, TradedMarket
from tradeplan.runtime.engine.order_loop import OrderLoop
from tradeplan.runtime.engine.program import Program
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.market.dataset import Dataset


class Recording:
    """Rows of a run and its end. `rows` are appended while it goes on; `finish` is called once."""

    def __init__(
        self,
        program: Program,
        account: AccountConfig,
        markets: Mapping[str, TradedMarket],
        traded: Mapping[str, TradedLane],
        clauses: ClauseClock,
        start: int,
        end: int,
    ) -> None:
        self.program = program
        self.account = account
        self.markets = dict(markets)
        self.traded = dict(traded)
        self.start = start
        self.end = end
        self.rows: list[NDArray[np.float64]] = []
        self.clauses: list[ClauseTime] = []
        self._clock = clauses
        self.dataset: Dataset | None = None  # what was read, for those who tell where figures come from
        self.counted: Counted | None = None  # of a running instance, whose rows know less than its database
        self.source = ""  # a digest of rows that no backtest made: they are an input of their own
        self.balance = account.balance
        self.equity = account.balance
        self.drawdown = 0.0  # the deepest fall of equity from its peak, in account currency
        self.drawdown_percent = 0.0
        self.open_positions: list[tuple[str, int, float]] = []  # plan, position, units

    def finish(self, loop: OrderLoop) -> None:
        """Take over the account as the run left it."""
        f, k = loop.f, loop.k
        self.balance, self.equity = loop.balance, loop.equity
        self.drawdown = float(f[at.W_FALL]) / 100.0
        self.drawdown_percent = float(f[at.W_FALL_PERCENT])
        self.clauses = self._clock.finish()
        for owner in self.program.plans:
            p = owner.address
            if f[p + at.F_PHASE] == at.OPEN:
                legs = range(int(k[p + at.P_LEG0]), int(k[p + at.P_LEG1]), at.LEG)
                held = list(legs)[: int(f[p + at.F_LEGS])]
                units = float(sum(f[leg + at.L_UNITS] for leg in held))
                self.open_positions.append((owner.block.name, int(f[p + at.F_POSITION]), units))

    @cached_property
    def table(self) -> NDArray[np.float64]:
        """All event rows, shape (events, EVENT), in order."""
        return np.concatenate(self.rows) if self.rows else np.zeros((0, at.EVENT))

    @cached_property
    def fills(self) -> NDArray[np.float64]:
        """The fills, shape (EVENT, fills): a row a column, since figures are worked out column by column."""
        return self._of(at.TYPE_FILL)

    @cached_property
    def swaps(self) -> NDArray[np.float64]:
        """The nights charged, likewise."""
        return self._of(at.TYPE_SWAP)

    def _of(self, kind: int) -> NDArray[np.float64]:
        # chunk by chunk: a chunk's rows are still in the processor's cache, the whole table is not
        parts = [rows[rows[:, at.EV_TYPE] == kind].T for rows in self.rows]
        return np.concatenate([np.zeros((at.EVENT, 0)), *parts], axis=1)

    def events(self) -> list[Event]:
        """The events as records."""
        return list(events(self.table, self.program))
