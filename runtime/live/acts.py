"""What a person, or the program's own measuring, does to a run between two instants, as the journal keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from tradeplan.runtime.engine.by_hand import BreakerState
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Event
from tradeplan.runtime.store.journal import JournalEvent


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


def enact(engine: Engine, event: JournalEvent) -> list[Event]:
    """Do what a journalled act says, now or again; what is there to be recorded comes back."""
    match event.kind:
        case "halt":
            engine.halt(str(event.body["scope"]))
        case "resume":
            return engine.resume(str(event.body["scope"]))
        case "book":
            engine.book(float(event.body["amount"]))
        case "reading":
            engine.read(str(event.body["name"]), float(event.body["value"]))
        case kind:
            raise ValueError(f"`{kind}` is no act")
    return []
