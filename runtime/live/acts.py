"""What a person, the program's measuring or a broker does to a run between two instants, as the journal keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tradeplan.runtime.engine.by_hand import BreakerState, flatten
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Alert, Answer, Event, Fill
from tradeplan.runtime.engine.outside import (
    ActError,
    Filled,
    charge_swap,
    fill,
    refuse,
    set_balance,
    set_others,
    stop_is,
)
from tradeplan.runtime.engine.program import READINGS
from tradeplan.runtime.live.activation import Active
from tradeplan.runtime.store.journal import JournalEvent


class NotRunningError(RuntimeError):
    """Something was asked of a run that is not there (yet, or any more)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run stands, for who asks from another thread: money in account currency, time in UTC ms.

    `held` are the scopes that a person has halted, the empty one being the account.
    """

    time: int
    balance: float
    equity: float
    plans: tuple[str, ...]
    guards: tuple[str, ...]
    retired: frozenset[str]
    breakers: tuple[BreakerState, ...]
    held: frozenset[str]
    readings: dict[str, float]

    @classmethod
    def of(cls, engine: Engine, active: Active) -> Standing:
        """Of an engine between two instants, and the set that it runs."""
        return cls(
            engine.now,
            engine.balance,
            engine.equity,
            tuple(p.name for p in active.plans),
            tuple(g.name for g in active.guards),
            active.retired,
            tuple(engine.breakers()),
            engine.held,
            {name: engine.reading(name) for name in READINGS},
        )


BY_HAND = frozenset({"halt", "resume", "book", "flatten", "reading"})
BY_BROKER = frozenset(
    {"attached", "fill", "refused", "stop", "swap", "balance", "orphan", "unknown", "answered", "others"}
)
ACTS = BY_HAND | BY_BROKER
"""The kinds of journal events that `enact` knows."""


def enact(engine: Engine, event: JournalEvent) -> list[Event]:
    """Do what a journalled act says, now or again; what is there to be recorded comes back."""
    match event.kind:
        case "halt":
            engine.halt(str(event.body["scope"]))
        case "resume":
            return engine.resume(str(event.body["scope"]))
        case "book":
            engine.book(float(event.body["amount"]))
        case "flatten":
            return engine.enter(lambda loop: flatten(loop, str(event.body["scope"]), engine.now))
        case "reading":
            engine.read(str(event.body["name"]), float(event.body["value"]))
        case kind if kind in BY_BROKER:
            try:
                return _enter(engine, kind, event.body)
            except ActError as error:
                # it is in the journal: now and in every replay it changes nothing, and a person is told
                return [Alert(engine.now, "broker", -1, f"an act of the broker does not fit: {error}")]
        case kind:
            raise ValueError(f"`{kind}` is no act")
    return []


def _enter(engine: Engine, kind: str, body: dict[str, Any]) -> list[Event]:
    """What a broker outside did; amounts are whole cents of the account."""
    if kind == "fill":
        told = Filled(**{name: body[name] for name in Filled._fields if name in body})
        deal, order = int(body.get("deal", 0)), int(body.get("order", 0))
        came = engine.enter(lambda loop: fill(loop, told))
        return [e._replace(deal=deal, order=order) if isinstance(e, Fill) else e for e in came]
    if kind == "answered":
        return [Answer(engine.now, **{name: body[name] for name in Answer._fields if name != "time"})]
    if kind == "refused":
        said = str(body["plan"]), str(body["about"]), int(body["rule"]), str(body["outcome"]), int(body["time"])
        return engine.enter(lambda loop: refuse(loop, *said))
    if kind == "stop":
        return engine.enter(lambda loop: stop_is(loop, str(body["plan"]), float(body["price"])))
    if kind == "swap":
        charge = str(body["plan"]), int(body["leg"]), float(body["amount"]), int(body["time"])
        return engine.enter(lambda loop: charge_swap(loop, *charge))
    if kind in ("orphan", "unknown"):
        return []  # for the broker's memory alone
    if kind == "attached":
        # what the account begins with is no profit: readings of loss and drawdown do not move
        others = float(body.get("others", 0.0))
        engine.book((float(body["amount"]) + others) / 100.0 - engine.balance)
        return engine.enter(lambda loop: set_others(loop, others, from_balance=True))
    if kind == "others":
        return engine.enter(lambda loop: set_others(loop, float(body["amount"])))
    return engine.enter(lambda loop: set_balance(loop, float(body["amount"])))
