"""The paper broker as a broker outside: fills of an inside engine entered into an outside one at their instants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import FILLS, OUTCOMES, Decision, Event, Fill
from tradeplan.runtime.engine.order_loop import OrderLoop
from tradeplan.runtime.engine.outside import Filled, charge_swap, fill, refuse, stop_is
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.stdlib.registry import catalog

DROPPED = ("late", "beyond_stop", "expired")


class Watched(Engine):
    """An engine that keeps the rows of its newest step."""

    rows: list[list[float]]

    def _told(self, loop: OrderLoop) -> list[Event]:
        self.rows = [row for block in self._rows for row in block.tolist()]
        return super()._told(loop)

    @property
    def loop(self) -> OrderLoop:
        assert self._loop is not None
        return self._loop


def stops(engine: Watched) -> dict[str, tuple[float, float]]:
    """Position and stop in force of every plan with a position."""
    f, plans = engine.standing.f, engine.standing.program.plans
    return {
        o.block.name: (float(f[o.address + at.F_POSITION]), float(f[o.address + at.F_STOP]))
        for o in plans
        if f[o.address + at.F_PHASE] == at.OPEN
    }


class Mirror:
    """Two engines side by side: what the first one's broker does is told to the second one."""

    def __init__(
        self,
        plans: Sequence[CheckedPlan],
        guards: Sequence[CheckedGuard],
        dataset: Dataset,
        account: AccountConfig,
        span: tuple[int, int],
    ) -> None:
        kernels = Kernels("interpreted")
        self.inside = Watched(dataset, account, catalog(), *span, kernels, 64)
        self.outside = Engine(dataset, account, catalog(), *span, kernels, 64, outside=True)
        for engine in (self.inside, self.outside):
            engine.activate(plans, guards)
        self.told: list[Event] = []
        self.told_outside: list[Event] = []

    def run(self) -> None:
        """Every instant of the span."""
        while (t := self.inside.next_instant()) is not None:
            self.step(t)

    def step(self, t: int) -> None:
        """One instant: first the one with the paper broker, then what it did, then the other."""
        before = stops(self.inside)
        self.inside.rows = []
        self.told += self.inside.advance(t)
        after = stops(self.inside)
        for plan, (position, stop) in after.items():
            if plan in before and before[plan][0] == position and before[plan][1] != stop:
                self.enter(lambda loop, plan=plan, stop=stop: stop_is(loop, plan, stop))
        for row in self.inside.rows:
            self._mirror(row)
        self.told_outside += self.outside.advance(t)

    def enter(self, change: object) -> None:
        assert callable(change)
        self.told_outside += self.outside.enter(change)

    def _mirror(self, row: list[float]) -> None:
        names = {o.address: o.block.name for o in self.inside.standing.program.plans}
        time, rule, leg = int(row[at.EV_TIME]), int(row[at.EV_RULE]), int(row[at.EV_LEG])
        plan = names.get(int(row[at.EV_OWNER]), "")
        if row[at.EV_TYPE] == at.TYPE_FILL:
            reason = FILLS[int(row[at.EV_REASON])]
            better = row[at.EV_A] if row[at.EV_REASON] >= at.FILL_STOP else 0.0
            price, units, profit = row[at.EV_PRICE], int(row[at.EV_UNITS]), row[at.EV_PROFIT]
            commission, rate = row[at.EV_COMMISSION], row[at.EV_RATE]
            filled = Filled(plan, time, leg, reason, rule, price, units, profit, commission, rate, better)
            if reason == "add" and row[at.EV_A] != next(h.stop for h in self.outside.holdings() if h.plan == plan):
                # the stop moved on the bar on which the position then ended
                self.enter(lambda loop: stop_is(loop, plan, row[at.EV_A]))
            self.enter(lambda loop: fill(loop, filled))
        elif row[at.EV_TYPE] == at.TYPE_SWAP:
            self.enter(lambda loop: charge_swap(loop, plan, leg, row[at.EV_PROFIT], time))
        elif row[at.EV_TYPE] == at.TYPE_DECISION and OUTCOMES[int(row[at.EV_REASON])] in DROPPED:
            about = {at.ABOUT_ENTRY: "entry", at.ABOUT_ADD: "add"}.get(leg)
            outcome = OUTCOMES[int(row[at.EV_REASON])]
            for order in self.outside.orders():
                if (order.plan, order.about, order.rule) == (plan, about, rule):
                    self.enter(lambda loop, name=about: refuse(loop, plan, name, rule, outcome, time))

    def differences(self) -> list[str]:
        """What only one of the two told, and money that differs."""
        takes = [e for e in self.told_outside if isinstance(e, Decision) and e.about == "take"]
        one = Counter(repr(_common(e)) for e in self.told)
        other = Counter(repr(_common(e)) for e in self.told_outside if e not in takes)
        found = [f"only inside: {e}" for e in (one - other)] + [f"only outside: {e}" for e in (other - one)]
        if self.inside.balance != self.outside.balance:
            found.append(f"balance {self.inside.balance} inside, {self.outside.balance} outside")
        return found


def _common(event: Event) -> Event:
    """An event without what a broker outside does not tell: which part of its price was spread or slippage."""
    return event._replace(spread=0.0, known=True, slip=0.0) if isinstance(event, Fill) else event
