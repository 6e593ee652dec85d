"""The one place where fills happen: balance, records, and the end of a position."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from tradeplan.dsl.timeframe import milliseconds

from tests.oracle.book import Decision, Fill, Leg, MarginCall, PlanState, Trade, Voiced
from tests.oracle.money import cents, clean, profit
from tests.oracle.world import OracleMarket


@dataclass(frozen=True)
class Result:
    """How a position ended, in the order in which they did."""

    plan: str
    market: str
    net: int  # cents


@dataclass
class Writer:
    """Balance in cents and everything that was recorded."""

    markets: dict[str, OracleMarket]
    balance: int
    live_from: int = 0
    start: int = 0  # of the run
    decisions: list[Decision] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    calls: list[MarginCall] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    equity: list[tuple[int, int]] = field(default_factory=list)  # (instant, cents)
    results: list[Result] = field(default_factory=list)
    booked: dict[str, int] = field(default_factory=dict)  # cents, by plan
    _moments: dict[str, list[int]] = field(default_factory=dict)

    def book(self, plan: str, amount: int) -> None:
        """Money comes in for a plan, or goes out."""
        self.balance += amount
        self.booked[plan] = self.booked.get(plan, 0) + amount

    def active_from(self, time: int) -> int:
        """When what is decided at a time can reach the broker."""
        return max(time, self.live_from)

    def decide(
        self,
        time: int,
        plan: str,
        rule: int,
        what: str,
        outcome: str,
        units: int = 0,
        price: float | None = None,
        unknown: tuple[str, ...] = (),
        limit: tuple[str, str, float | None] | None = None,
        spoken: Voiced | None = None,
    ) -> None:
        """Record a decision."""
        self.decisions.append(Decision(time, plan, rule, what, outcome, units, price, unknown, limit, spoken))

    def rate(self, market: OracleMarket, time: int) -> float:
        """Profit currency to account currency at a time, else the last known at a bar's open or close before."""
        rate = market.rate(time)
        at = bisect_right(self.moments(market), time)
        while rate is None:
            at -= 1
            rate = market.rate(self.moments(market)[at])
        return rate

    def moments(self, market: OracleMarket) -> list[int]:
        """All opens and closes of the market's finest bars."""
        if market.name not in self._moments:
            bars = min(market.bars.values(), key=lambda b: milliseconds(b.timeframe))
            self._moments[market.name] = sorted({*bars.open_time, *bars.close_time})
        return self._moments[market.name]

    def rate_now(self, market: OracleMarket, time: int) -> float | None:
        """The rate at the newest finest close, None if it is missing there."""
        bars = min(market.bars.values(), key=lambda b: milliseconds(b.timeframe))
        return None if bars.newest(time) < 0 else market.rate(self.newest_close(market, time))

    def newest_close(self, market: OracleMarket, time: int) -> int:
        """The close of the newest finest bar at a time: when the mark was made."""
        bars = min(market.bars.values(), key=lambda b: milliseconds(b.timeframe))
        return bars.close_time[bars.newest(time)]

    def entered(self, state: PlanState, leg: Leg, time: int, reason: str, market: OracleMarket) -> None:
        """A leg came into being."""
        position = state.position
        assert position is not None
        commission = cents(leg.units * market.lot_step * market.commission)
        self.book(state.plan.name, -commission)
        position.net -= commission
        self.fills.append(
            Fill(time, state.plan.name, leg.number, position.side, leg.units, leg.price, reason, 0, commission)
        )

    def close(
        self,
        state: PlanState,
        leg: Leg,
        units: int,
        price: float,
        time: int,
        reason: str,
        better: float | None = None,
    ) -> None:
        """A leg, or a part of it, is closed."""
        position, market = state.position, self.markets[state.plan.market]
        assert position is not None
        rate, price = self.rate(market, time), clean(price, market.tick)
        gain = profit(position.side, price, leg.price, units, market.lot_step, market.contract, rate)
        commission = cents(units * market.lot_step * market.commission)
        self.book(state.plan.name, gain - commission)
        position.net += gain - commission
        name = state.plan.name
        self.fills.append(Fill(time, name, leg.number, position.side, units, price, reason, gain, commission, better))
        leg.units -= units
        leg.requested = 0
        if leg.units == 0:
            position.legs.remove(leg)
        if not position.legs:
            state.position = None
            state.last_exit = time
            self.results.append(Result(name, state.plan.market, position.net))
            self.trades.append(
                Trade(
                    name,
                    position.side,
                    position.opened,
                    time,
                    position.size,
                    position.entry,
                    position.net,
                    reason,
                    position.ambiguous,
                )
            )
