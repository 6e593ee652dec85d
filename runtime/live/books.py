"""What a run keeps beside its journal for people and analysis: fills, trades, orders, states, equity, patterns."""

from __future__ import annotations

import json
from dataclasses import asdict

from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.engine.detections import Detections
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Answer, Decision, Fill, Swap
from tradeplan.runtime.engine.market_table import TradedMarket, traded_market
from tradeplan.runtime.engine.plan_states import PlanState, plan_states
from tradeplan.runtime.live.activation import Active
from tradeplan.runtime.live.trade_book import OrderBook, TradeBook
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.store.retention import Retention
from tradeplan.runtime.store.writer import Row, Writer

HOUR = 3_600_000
PATTERN_LIFE = 24 * HOUR
"""How long a detection is kept, in ms."""


class Books:
    """Told everything in order, it queues rows for the writer; it decides nothing and is read by nothing that does."""

    def __init__(
        self, writer: Writer, dataset: Dataset, catalog: Catalog, keep_days: int | None = None, renew: bool = False
    ) -> None:
        """`renew`: fills are written anew, since those that are there lack columns of later versions."""
        self._writer, self._dataset, self._catalog = writer, dataset, catalog
        self._retention, self._renew = Retention(keep_days), renew
        self._trades, self._orders = TradeBook(), OrderBook()
        self._seq = self._answers = 0
        self._hour = -1
        self._states: dict[str, tuple[str, PlanState]] | None = None
        self._detections: Detections | None = None

    def decision(self, event: Decision, intent: int | None, active: Active) -> int:
        """Note a decision and its order; returns its place in the run."""
        plan = _plan(active, event.plan)
        if plan is not None:
            self._put("orders", self._orders.dropped(event))
            if intent is not None:
                self._put("orders", self._orders.sent(intent, event, plan, self._market(plan.market)))
        return self._next()

    def fill(self, event: Fill, active: Active) -> None:
        """A fill, and the trade and the order that it belongs to."""
        plan = _plan(active, event.plan)
        assert plan is not None, "a plan that fills is in the set"
        market = self._market(plan.market)
        row = {
            "price": event.price,
            "lots": round(event.units * market.lot_step, 8),
            "profit": event.profit,
            "commission": event.commission,
            "swap": 0.0,
            "version": plan.version,
            "rule": event.rule,
            "units": event.units,
            "rate": event.rate,
            "spread": event.spread,
            "known": int(event.known),
            "slip": event.slip,
            "stop": event.stop,
            "better": event.better,
            "deal": event.deal or None,
            "ticket": event.order or None,
        }
        self._fill_row(event, event.reason, row)
        self._put("orders", self._orders.filled(event, market))
        self._put("trade", self._trades.fill(event, plan, market))

    def swap(self, event: Swap, active: Active) -> None:
        """Nights charged on a trade."""
        plan = _plan(active, event.plan)
        row: Row = dict.fromkeys(("price", "lots", "profit", "commission"), 0.0) | {"swap": event.amount}
        row |= {"version": "" if plan is None else plan.version, "rule": -1, "units": 0, "rate": 1.0, "spread": 0.0}
        row |= {"known": 1, "slip": 0.0, "stop": 0.0, "better": 0.0, "deal": None, "ticket": None}
        self._fill_row(event, "swap", row)
        if plan is not None:
            self._put("trade", self._trades.swap(event, self._market(plan.market)))

    def answer(self, event: Answer) -> None:
        """What a broker outside said, and the order that it was about."""
        ticket = event.order or None
        row: Row = {"time": event.time, "plan": event.plan, "about": event.about, "intent": event.intent}
        row |= {"part": event.part, "ticket": ticket, "retcode": event.retcode, "text": event.text}
        self._answers += 1  # counted apart: a migration back forgets answers, and places in the run stay as they are
        self._writer.put("broker_answer", row | {"number": self._answers})
        self._put("orders", self._orders.answered(event))

    def stepped(self, engine: Engine) -> None:
        """After each step: patterns that came to be seen, and by the hour the account and what may be forgotten."""
        loop = engine.standing
        if loop is not None:
            if self._detections is None or self._detections.evaluator is not loop.evaluator:
                self._detections = Detections(loop.evaluator, self._catalog)
            for found in self._detections.new():
                self._writer.put("pattern", asdict(found) | {"expires": found.time + PATTERN_LIFE})
        hour = engine.now // HOUR
        if hour != self._hour:
            self._hour = hour
            self._writer.put("equity", {"time": engine.now, "balance": engine.balance, "equity": engine.equity})
            for statement, parameters in self._retention.statements(engine.now):
                self._writer.run(statement, parameters)

    def states(self, engine: Engine, active: Active) -> None:
        """The states of plans, where they have changed."""
        loop = engine.standing
        found: dict[str, tuple[str, PlanState]] = {}
        for s in [] if loop is None else plan_states(loop, engine.now):
            said = "put aside" if s.plan in active.silenced else "retired" if s.plan in active.retired else "running"
            found[s.plan] = said, s
        known = self._states
        if known is None or known.keys() - found.keys():
            kept = json.dumps(sorted(found))
            self._writer.run("delete from plan_state where plan not in (select value from json_each(?))", [kept])
        for name, (said, s) in found.items():
            if known is None or known.get(name) != (said, s):
                self._writer.put("plan_state", s._asdict() | {"state": said, "time": engine.now}, replace=True)
        self._states = found

    def _fill_row(self, event: Fill | Swap, reason: str, more: Row) -> None:
        key = {"time": event.time, "plan": event.plan, "leg": event.leg, "reason": reason, "position": event.position}
        self._writer.put("fill", key | more | {"seq": self._next()}, replace=self._renew)

    def _market(self, name: str) -> TradedMarket:
        return traded_market(self._dataset.profile(name))

    def _put(self, table: str, row: Row | None) -> None:
        if row is not None:
            self._writer.put(table, row, replace=True)

    def _next(self) -> int:
        self._seq += 1
        return self._seq


def _plan(active: Active, name: str) -> CheckedPlan | None:
    return next((p for p in active.plans if p.name == name), None)
