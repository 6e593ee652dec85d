"""Trades and orders as they stand, kept from the events of a run: rows for the store, one a position, one an intent."""

from __future__ import annotations

from dataclasses import dataclass

from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.engine.events import Answer, Decision, Fill, Swap
from tradeplan.runtime.engine.market_table import TradedMarket
from tradeplan.runtime.store.writer import Row

INTO = ("entry", "add")
DROPPED = frozenset({"late", "beyond_stop", "cancelled", "expired", "halted", "refused", "abandoned", "lost"})
"""What becomes of an entry or ADD that was sent and does not fill."""


@dataclass(slots=True)
class Trade:
    """A position from its first fill; money in cents, sizes in lot steps, as analysis/trades.py counts them."""

    position: int
    plan: CheckedPlan
    opened: int
    stop: float = 0.0
    first: float = 0.0  # price, size and rate of the entry, which R is measured by
    first_units: int = 0
    rate: float = 1.0
    came: int = 0
    came_cost: float = 0.0
    left: int = 0
    left_cost: float = 0.0
    profit: int = 0
    commission: int = 0
    swap: int = 0
    last: int = 0
    reason: str = ""

    def fill(self, event: Fill) -> None:
        """Add one fill."""
        self.profit += round(event.profit * 100)
        self.commission += round(event.commission * 100)
        if event.reason in INTO:
            self.came += event.units
            self.came_cost += event.units * event.price
            if event.reason == "entry":
                self.first, self.stop, self.rate = event.price, event.stop, event.rate
                self.first_units += event.units
        else:
            self.left += event.units
            self.left_cost += event.units * event.price
            self.last, self.reason = event.time, event.reason

    @property
    def is_open(self) -> bool:
        """Whether anything is held."""
        return self.came > self.left

    def row(self, market: TradedMarket) -> Row:
        """As the table `trade` has it."""
        net = (self.profit - self.commission + self.swap) / 100
        risk = abs(self.first - self.stop) * self.first_units * market.lot_step * market.contract * self.rate
        return {
            "position": self.position,
            "plan": self.plan.name,
            "version": self.plan.version,
            "market": self.plan.market,
            "side": self.plan.side,
            "opened": self.opened,
            "closed": None if self.is_open else self.last,
            "lots": round(self.came * market.lot_step, 8),
            "held": round((self.came - self.left) * market.lot_step, 8),
            "entry": self.came_cost / self.came if self.came else self.first,
            "exit": self.left_cost / self.left if self.left else None,
            "stop": self.stop,
            "profit": self.profit / 100,
            "commission": self.commission / 100,
            "swap": self.swap / 100,
            "net": net,
            "r": net / risk if risk > 0 else None,
            "reason": self.reason or None,
        }


class TradeBook:
    """The open trades of a run; told every fill and swap in order, it gives the row that changed."""

    def __init__(self) -> None:
        self._open: dict[int, Trade] = {}

    def fill(self, event: Fill, plan: CheckedPlan, market: TradedMarket) -> Row:
        """The row of the fill's position after it."""
        trade = self._open.get(event.position)
        if trade is None:
            trade = self._open[event.position] = Trade(event.position, plan, event.time)
        trade.fill(event)
        if not trade.is_open:
            del self._open[event.position]
        return trade.row(market)

    def swap(self, event: Swap, market: TradedMarket) -> Row | None:
        """The row after nights were charged; None for a position that is not open."""
        trade = self._open.get(event.position)
        if trade is None:
            return None
        trade.swap += round(event.amount * 100)
        return trade.row(market)


class OrderBook:
    """The orders of a run by intent: what was sent, and what became of it."""

    def __init__(self) -> None:
        self._working: dict[tuple[str, str], Row] = {}
        self._newest: dict[tuple[str, str], Row] = {}  # those that are over, too: an answer comes behind their end

    def sent(self, intent: int, event: Decision, plan: CheckedPlan, market: TradedMarket) -> Row:
        """The row of a decision for which something is sent; stop moves and cancels are in force at once."""
        at_once = event.about in ("stop", "cancel")
        row: Row = {
            "intent": intent,
            "plan": plan.name,
            "market": plan.market,
            "about": event.about,
            "side": plan.side if event.about in INTO else -plan.side,
            "lots": round(event.units * market.lot_step, 8),
            "price": event.price or None,
            "decided": event.time,
            "state": "sent",
            "filled": 0.0,
            "average": None,
            "ended": event.time if at_once else None,
            "ticket": None,
            "retcode": None,
            "answer": None,
        }
        self._newest[plan.name, event.about] = row
        if not at_once:
            self._working[plan.name, event.about] = row
        return dict(row)

    def dropped(self, event: Decision) -> Row | None:
        """The row of a waiting entry or ADD that a decision ends; None when it ends none."""
        about = "add" if event.about == "add" else "entry"
        row = self._working.get((event.plan, about)) if event.outcome in DROPPED else None
        if row is None or row["filled"] or event.about not in (*INTO, "cancel"):
            return None
        del self._working[event.plan, about]
        row |= {"state": event.outcome, "ended": event.time}
        return dict(row)

    def filled(self, event: Fill, market: TradedMarket) -> Row | None:
        """The row of the order that a fill belongs to; None for those of the broker's own stops and targets."""
        row = self._working.get((event.plan, event.reason))
        if row is None:
            return None
        lots = event.units * market.lot_step
        before, filled = row["filled"], row["filled"] + lots
        row["average"] = ((row["average"] or 0.0) * before + event.price * lots) / filled
        row |= {"filled": round(filled, 8), "state": "filled", "ended": event.time}
        return dict(row)

    def answered(self, event: Answer) -> Row | None:
        """The row of the order that a broker's answer is about; None where it is about none, or about an older one.

        The ticket is that of the first part, the retcode that of the newest answer. A stop that is put back, or a
        target that is set, is no order of the plan: a row that is over takes one answer only.
        """
        row = self._newest.get((event.plan, "stop" if event.about == "level" else event.about))
        if row is None or event.intent not in (None, row["intent"]):
            return None
        if event.intent is None and row["ended"] is not None and row["retcode"] is not None:
            return None
        row |= {"ticket": row["ticket"] or event.order or None, "retcode": event.retcode, "answer": event.text}
        return dict(row)
