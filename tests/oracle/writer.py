"""The one place where fills happen: balance, records, and the end of a position."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.oracle.book import Decision, Fill, Leg, PlanState, Trade
from tests.oracle.money import cents, profit
from tests.oracle.world import OracleMarket


@dataclass
class Writer:
    """Balance in cents and everything that was recorded."""

    markets: dict[str, OracleMarket]
    balance: int
    live_from: int = 0
    decisions: list[Decision] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    equity: list[tuple[int, int]] = field(default_factory=list)  # (instant, cents)
    _last_rate: dict[str, float] = field(default_factory=dict)

    def active_from(self, time: int) -> int:
        """When what is decided at a time can reach the broker."""
        return max(time, self.live_from)

    def decide(
        self, time: int, plan: str, rule: int, what: str, outcome: str, units: int = 0, price: float | None = None
    ) -> None:
        """Record a decision."""
        self.decisions.append(Decision(time, plan, rule, what, outcome, units, price))

    def rate(self, market: OracleMarket, time: int) -> float:
        """Profit currency to account currency at a time, the last known one if missing."""
        rate = self.known_rate(market, time)
        return self._last_rate[market.name] if rate is None else rate

    def known_rate(self, market: OracleMarket, time: int) -> float | None:
        """The rate at a time, None if it is missing."""
        rate = market.rate(time)
        if rate is not None:
            self._last_rate[market.name] = rate
        return rate

    def entered(self, state: PlanState, leg: Leg, time: int, reason: str, market: OracleMarket) -> None:
        """A leg came into being."""
        position = state.position
        assert position is not None
        commission = cents(leg.units * market.lot_step * market.commission)
        self.balance -= commission
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
        rate = self.rate(market, time)
        gain = profit(position.side, price, leg.price, units, market.lot_step, market.contract, rate)
        commission = cents(units * market.lot_step * market.commission)
        self.balance += gain - commission
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
