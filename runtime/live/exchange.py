"""Between a run and a broker outside: what it tells is journalled, then entered; then what is wanted is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tradeplan.runtime.broker.acts import Batch, Broker
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Event
from tradeplan.runtime.live.activation import Active
from tradeplan.runtime.live.acts import enact
from tradeplan.runtime.live.record import Recorder
from tradeplan.runtime.store.journal import Journal, JournalEvent


@dataclass(frozen=True, slots=True)
class Exchange:
    """One run's dealings with its broker; every method is called between two instants, the run's lock held."""

    broker: Broker
    journal: Journal
    recorder: Recorder
    point: Callable[[str], None]

    @classmethod
    def opened(cls, broker: Broker, journal: Journal, recorder: Recorder, point: Callable[[str], None]) -> Exchange:
        """Let the broker remember what the journal knows of it."""
        broker.remember(journal.events(), journal.intents())
        return cls(broker, journal, recorder, point)

    def before(self, instant: int, engine: Engine, active: Active) -> None:
        """Enter what filled up to an instant that is handled next."""
        for batch in self.broker.read(engine, instant):
            self._enter(batch, engine, active)

    def round(self, engine: Engine, active: Active) -> None:
        """Look at the broker, then send: first what happened, then what follows from it."""
        for batch in self.broker.read(engine):
            self._enter(batch, engine, active)
        for batch in self.broker.carry_out(engine):
            self._enter(batch, engine, active)

    def _enter(self, batch: Batch, engine: Engine, active: Active) -> None:
        events = [JournalEvent(engine.now, act.kind, act.body) for act in batch]
        self.point("before act")
        # INVARIANT: on disk, all of it, before it is done: a deal that fills two legs is entered whole or not at all
        self.journal.append_all(events)
        self.point("act journalled")
        told: list[Event] = []
        for act, event in zip(batch, events, strict=True):
            self.broker.note(act)
            told += enact(engine, event)
        self.recorder.tell(told, active, engine)
