"""Portfolio readings and limits, by the section of the page: plain sums over legs and orders, nothing kept."""

from __future__ import annotations

from collections.abc import Iterable

from tradeplan.dsl.graph import CheckedGuard, CheckedLimit, LimitKind
from tradeplan.runtime.engine.limit_writer import correlation_node

from tests.oracle.account_phase import Account, mark, newest_bar
from tests.oracle.book import Leg, Numbers, PlanState
from tests.oracle.money import cents, profit
from tests.oracle.values import Values
from tests.oracle.world import OracleMarket


def stop_exits(market: OracleMarket, side: int, stop: float, gap_of: float) -> tuple[float, float]:
    """Y and X: where a stop fills without and with a gap."""
    return stop - side * market.slip, stop - side * (market.slip + gap_of * market.gap / 100)


def numbers_of(market: OracleMarket, side: int, units: int, fill: float, stop: float, rate: float) -> Numbers:
    """Notional, worst and risk of an order."""
    near, far = stop_exits(market, side, stop, max(fill, stop))
    both = 2 * cents(units * market.lot_step * market.commission)

    def lost(out: float) -> int:
        return cents(side * (fill - out) * units * market.lot_step * market.contract * rate) + both

    return Numbers(units * market.lot_step * market.contract * fill * rate, lost(far), lost(near))


class Portfolio:
    """What all plans of the account hold together at one time."""

    def __init__(self, account: Account, time: int) -> None:
        self.account = account
        self.time = time
        self.markets = account.writer.markets

    def rate(self, market: OracleMarket) -> float:
        """The rate of the mark."""
        writer = self.account.writer
        return writer.rate(market, writer.newest_close(market, self.time))

    def mark(self, state: PlanState) -> float:
        """Where a position is valued."""
        market = self.markets[state.plan.market]
        bar = newest_bar(market, self.account.finest[market.name], self.time, self.account.writer.start)
        assert bar is not None
        return mark(state.plan.side, bar, market)

    def leg(self, state: PlanState, leg: Leg) -> Numbers:
        """Notional, worst and risk of a leg."""
        market, position = self.markets[state.plan.market], state.position
        assert position is not None
        rate, side = self.rate(market), position.side
        near, far = stop_exits(market, side, position.stop, position.stop)
        commission = cents(leg.units * market.lot_step * market.commission)

        def gain(out: float) -> int:
            return profit(side, out, leg.price, leg.units, market.lot_step, market.contract, rate)

        now = self.mark(state)
        notional = leg.units * market.lot_step * market.contract * now * rate
        return Numbers(notional, gain(now) - gain(far) + commission, max(0, commission - gain(near)))

    def orders(self, state: PlanState) -> list[Numbers]:
        """What a plan has decided and has not filled."""
        found = [] if state.pending is None else [state.pending.numbers]
        if state.position is not None:
            found += [a.numbers for a in sorted(state.position.adds, key=lambda a: (a.rule, a.action))]
        return found

    def parts(self) -> Iterable[tuple[PlanState, Numbers]]:
        """All legs, then all orders, by plan."""
        for state, leg in self.account.legs():
            yield state, self.leg(state, leg)
        for state in self.account.states:
            for order in self.orders(state):
                yield state, order

    @property
    def equity(self) -> int:
        """E: equity in cents."""
        return self.account.equity(self.time)

    def worst(self) -> int:
        """W: the worst loss in cents."""
        return sum(n.worst for _, n in self.parts())

    def weight(self, state: PlanState, target: str) -> int:
        """How a plan's positions count in an exposure."""
        what, _, name = target.partition(":")
        market = self.markets[state.plan.market]
        if what == "currency":
            return state.plan.side * ((market.base == name) - (market.quote == name))
        return int(what == "" or market.name == name)

    def exposure(self, target: str, candidate: tuple[PlanState, Numbers] | None = None) -> float | None:
        """An exposure in percent of equity."""
        if self.equity <= 0:
            return None
        total = 0.0
        for state, n in [*self.parts(), *([candidate] if candidate else [])]:
            if self.weight(state, target):
                total += self.weight(state, target) * n.notional
        return 100 * abs(total) / (self.equity / 100)

    def read(self, data: tuple[object, ...]) -> float | None:
        """A guard's reading."""
        if data[0] == "margin_level":
            used = self.account.used_margin()
            return self.equity / used if used > 0 else None
        if data[0] == "worst_loss":
            return 100 * self.worst() / self.equity if self.equity > 0 else None
        return self.exposure(str(data[1]))

    def limit_with(
        self, limit: CheckedLimit, state: PlanState, order: Numbers, margin: float, values: Values, tick: int
    ) -> float | None:
        """What a limit would read with an order of a plan."""
        if self.equity <= 0:
            return None
        match limit.kind:
            case LimitKind.WORST_LOSS:
                return 100 * (self.worst() + order.worst) / self.equity
            case LimitKind.MARGIN_LEVEL:
                return self.equity / (self.account.used_margin() + self.account.unfilled_margin() + margin)
            case LimitKind.EXPOSURE:
                return self.exposure(limit.target, (state, order))
        risk = order.risk
        for other, n in self.parts():
            if loses_together(limit, state, other, values, tick):
                risk += n.risk
        return 100 * risk / self.equity

    def broken(
        self,
        guards: Iterable[CheckedGuard],
        state: PlanState,
        order: Numbers,
        margin: float,
        values: Values,
        tick: int,
    ) -> tuple[str, str, float | None] | None:
        """The first limit that an order would break: guard, text, and what it would read."""
        for guard in sorted(guards, key=lambda g: g.name):
            for limit in guard.limits if guard.covers(state.plan.name, state.plan.market) else ():
                x = self.limit_with(limit, state, order, margin, values, tick)
                least = limit.kind is LimitKind.MARGIN_LEVEL
                if x is None or (x < limit.bound if least else x > limit.bound):
                    return guard.name, limit.text, x
        return None


def loses_together(limit: CheckedLimit, state: PlanState, other: PlanState, values: Values, tick: int) -> bool:
    """Whether the risk of another plan's position counts beside that of a candidate."""
    plan = state.plan
    sides = plan.side * other.plan.side
    if other.plan.market == plan.market:
        return sides > 0
    c = values.value(correlation_node(plan.market, other.plan.market, limit.window, plan.step_lane), tick)
    return c is None or sides * float(c) >= limit.threshold
