"""Account phase: equity, stop-out and the account's statistics."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from tradeplan.dsl.graph import CheckedGuard

from tests.oracle.book import Leg, MarginCall, PlanState
from tests.oracle.clock import boundary_before
from tests.oracle.money import ask, profit
from tests.oracle.world import OracleAccount, OracleMarket
from tests.oracle.writer import Writer


def newest_bar(market: OracleMarket, finest: str, time: int, start: int) -> tuple[float, float] | None:
    """Close and spread of the newest finest bar of the run at a time."""
    bars = market.bars[finest]
    at = bars.newest(time)
    return None if at < 0 or bars.open_time[at] < start else (bars.close[at], bars.spread[at])


def mark(side: int, bar: tuple[float, float], market: OracleMarket) -> float:
    """Where a position is valued."""
    return bar[0] if side > 0 else ask(bar[0], bar[1], market.tick)


class Account:
    """What all plans share."""

    def __init__(self, account: OracleAccount, writer: Writer, finest: dict[str, str], states: list[PlanState]) -> None:
        self.account = account
        self.writer = writer
        self.finest = finest
        self.states = states
        self.balances: list[int] = []  # after each account phase
        self.called = False
        self.books: list[dict[str, tuple[int, int]]] = []  # then too: of each plan what is booked, and that with marks
        self._statistics: dict[tuple[int, tuple[object, ...], str], float | None] = {}
        self._sums: dict[tuple[object, ...], list[int]] = {}  # of `books`, by which of the two and the plans

    def legs(self) -> Iterable[tuple[PlanState, Leg]]:
        """All open legs, by plan and number."""
        for state in self.states:
            if state.position is not None:
                for leg in state.position.legs:
                    yield state, leg

    def marked(self, state: PlanState, leg: Leg, time: int) -> int:
        """The leg's profit at the mark, in cents."""
        market, position = self.writer.markets[state.plan.market], state.position
        assert position is not None
        bar = newest_bar(market, self.finest[market.name], time, self.writer.start)
        assert bar is not None
        rate = self.writer.rate(market, self.writer.newest_close(market, time))
        out = mark(position.side, bar, market)
        return profit(position.side, out, leg.price, leg.units, market.lot_step, market.contract, rate)

    def equity(self, time: int) -> int:
        """Balance and open profits, in cents."""
        return self.writer.balance + sum(self.marked(s, leg, time) for s, leg in self.legs())

    def used_margin(self) -> float:
        """The margin of all legs."""
        total = 0.0
        for state, leg in self.legs():
            market = self.writer.markets[state.plan.market]
            total += margin(market, leg.units, leg.price, leg.rate)
        return total

    def unfilled_margin(self) -> float:
        """The margin of what was decided and has not filled."""
        total = 0.0
        for state in self.states:
            if state.pending is not None:
                total += state.pending.margin
            if state.position is not None:
                for add in state.position.adds:
                    total += add.margin
        return total

    def phase(self, time: int) -> None:
        """Margin call, stop-out until margin suffices, then the equity of this instant."""
        if not self.called and self.under_call(time):
            self.called = True
            self.writer.calls.append(MarginCall(time, self.equity(time), self.used_margin()))
        while True:
            used = self.used_margin()
            if not (used > 0 and self.equity(time) / 100 < used * self.account.stop_out / 100):
                break
            state, leg = min(self.legs(), key=lambda both: self.marked(*both, time))
            market, position = self.writer.markets[state.plan.market], state.position
            assert position is not None
            bar = newest_bar(market, self.finest[market.name], time, self.writer.start)
            assert bar is not None
            out = mark(position.side, bar, market) - position.side * market.slip
            self.writer.close(state, leg, leg.units, out, time, "stop_out")
        self.called = self.called and self.under_call(time)
        self.writer.equity.append((time, self.equity(time)))
        self.balances.append(self.writer.balance)
        books = {}
        for s in self.states:
            booked = self.writer.booked.get(s.plan.name, 0)
            marked = sum(self.marked(s, leg, time) for leg in s.position.legs) if s.position is not None else 0
            books[s.plan.name] = (booked, booked + marked)
        self.books.append(books)

    def under_call(self, time: int) -> bool:
        """Whether equity is below the level of the margin call."""
        used = self.used_margin()
        return used > 0 and self.equity(time) / 100 < used * self.account.margin_call / 100

    def keep(self, time: int, data: tuple[object, ...], value: float | None) -> None:
        """Keep a reading as the account phase of an instant left it."""
        self._statistics[time, data, ""] = value

    def statistic(self, time: int, data: tuple[object, ...], guard: CheckedGuard | None = None) -> float | None:
        """`drawdown`, `loss`, `loss_rate` over a span, `equity` or `balance`, at an instant that has had its phase.

        Those of `trades` are about the plans that the guard covers.
        """
        trades = str(data[0]).startswith("trades.")
        key = (time, data, guard.name if trades and guard is not None else "")
        if key not in self._statistics:
            self._statistics[key] = self._of_trades(time, data, guard) if trades else self._compute(time, data)
        return self._statistics[key]

    def _of_trades(self, time: int, data: tuple[object, ...], guard: CheckedGuard | None) -> float:
        assert guard is not None
        covered = [s.plan.name for s in self.states if guard.covers(s.plan.name, s.plan.market)]
        which = 0 if data[0] == "trades.realised_loss" else 1
        sums = self._sums.setdefault((which, *covered), [])  # books are only ever added
        sums += [sum(books[name][which] for name in covered) for books in self.books[len(sums) :]]
        start, last = self._span(time, data[1])
        now = sums[last - 1]
        if data[0] == "trades.drawdown":
            return (max(sums[start:last]) - now) / 100
        return max(0, (sums[start - 1] if start > 0 else 0) - now) / 100

    def _span(self, time: int, span: object) -> tuple[int, int]:
        """The instants of a span that ends at a time: the first, and one after the last."""
        history = self.writer.equity
        last = bisect_right(history, time, key=lambda row: row[0])
        calendar, length = getattr(span, "calendar", ""), getattr(span, "milliseconds", 0)
        if calendar == "ever":
            return 0, last
        if calendar:
            boundary = boundary_before(time, calendar, self.account.boundary)
            return bisect_left(history, boundary, key=lambda row: row[0]), last
        return bisect_right(history, time - length, key=lambda row: row[0]), last

    def _compute(self, time: int, data: tuple[object, ...]) -> float | None:
        name, span = str(data[0]), data[1] if len(data) > 1 else None
        history = self.writer.equity
        start, last = self._span(time, span)
        now = history[last - 1][1] / 100
        if name == "equity":
            return now
        if name == "balance":
            return self.balances[last - 1] / 100
        before = [history[start - 1][1] / 100] if start > 0 else []
        first = before[-1] if before else self.account.balance_cents / 100
        if name == "drawdown":
            peak = max(e for _, e in history[start:last]) / 100
            return 100 * (peak - now) / peak if peak != 0 else None
        loss = max(0.0, first - now)
        if name == "loss":
            return loss
        if name == "loss_rate":
            return 100 * loss / first if first != 0 else None
        return None


def margin(market: OracleMarket, units: int, price: float, rate: float) -> float:
    """The margin of a leg in account currency."""
    return units * market.lot_step * market.contract * price * rate * market.margin_rate
