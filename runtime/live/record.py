"""Puts what the engine tells into the store: intents into the journal first, then everything else in batches."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict

from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import (
    Alert,
    Answer,
    Breaker,
    Decision,
    Event,
    Fill,
    Halt,
    MarginCall,
    Swap,
    intent_id,
    intent_leg,
)
from tradeplan.runtime.live.activation import Active
from tradeplan.runtime.live.books import Books
from tradeplan.runtime.live.words import Urgent, time_text
from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.store.journal import Journal, JournalIntent
from tradeplan.runtime.store.retention import KEPT_FROM, is_forgotten
from tradeplan.runtime.store.writer import Row, Writer
from tradeplan.runtime.watch.states import feed_states, plan_states

PROGRESS_SECONDS = 0.05
STATES_SECONDS = 1.0
"""How often it is worked out how each plan stands, at most: 0.4 ms a plan of eight parts."""
_DROPPED = {"late", "beyond_stop", "cancelled", "expired", "halted", "refused", "abandoned", "lost"}


def no_point(name: str) -> None:
    """Nothing happens at the places where a crash would matter."""


class Recorder:
    """Writes events of one run. Repeated events (after a restart) leave what is there as it is."""

    def __init__(
        self,
        journal: Journal,
        writer: Writer,
        books: Books,
        say: Callable[[str], None],
        point: Callable[[str], None] = no_point,
    ) -> None:
        """`point(name)` is called at the places where a crash matters; tests crash there."""
        self._journal, self._writer, self._books, self._say = journal, writer, books, say
        self._kept_from = int(journal.setting(KEPT_FROM) or 0)
        self._waiting: dict[str, int] = {}
        self.point = point
        self._told_at = self._looked_at = 0.0
        self._states: dict[str, object] = {}
        self.broken: tuple[str, ...] = ()  # files with mistakes, for whoever looks from outside
        self.trouble = ""  # why the broker takes nothing, for the same
        self.steps = self.decisions = self.fills = 0
        self._between: list[Event] = []

    def repeat(self, segments: Sequence[tuple[list[Event], Active]]) -> None:
        """Events that recovery found again: rows that a kill kept from the disk are written, intents must be the same.

        Raises StoreError when they are not: the bars or the program are others than those of the journal.
        """
        found: dict[int, JournalIntent] = {}
        states: dict[int, str] = {}
        for events, active in segments:
            versions = _versions(active)
            for event in events:
                intent = self._intent(event, versions)
                if intent is not None:
                    found[intent.id] = intent
                states.update(self._settled(event, versions))
        known, newest = self._journal.intent_ids(), self._journal.last_event_time()
        # an act is on disk before the intents that follow from it, so those of the newest may be missing, and so may
        # those of an instant of which no progress is told: it is written when all intents of its instant are
        progress = self._journal.progress()
        begun = max((t for t in (newest, progress and progress[0]) if t is not None), default=None)
        late = [i for i in found.values() if i.id not in known and begun is not None and i.time >= begun]
        self._journal.intend(late)
        known |= {i.id for i in late}
        if found.keys() != known:
            more, less = len(known - found.keys()), len(found.keys() - known)
            raise StoreError(
                f"the journal `{self._journal.path}` holds {more} orders that these bars do not give, and lacks {less}"
                " that they do: the data or the program changed since; nothing is sent; use the data of that run, or"
                " begin a new database with --db"
            )
        self._journal.settle(states.items())
        for events, active in segments:
            for event in events:
                self._write(event, active, repeated=True)
        self.decisions = self.fills = 0

    def record(self, events: Iterable[Event], active: Active, engine: Engine) -> None:
        """Journal the intents of one instant, then queue the rest."""
        events = list(events)
        versions = _versions(active) if events else {}
        intents = [i for e in events if (i := self._intent(e, versions)) is not None]
        self.point("decided")
        if intents:
            # INVARIANT: a fill happens in a later instant, so this commit is on disk before the broker can act on it
            self._journal.intend(intents)
            self.point("journalled")
        states = [s for e in events for s in self._settled(e, versions)]
        if states:
            self._journal.settle(states)
        for event in events:
            self._write(event, active)
        self.steps += 1
        self._books.stepped(engine)
        now = time.monotonic()
        if events or now - self._told_at >= PROGRESS_SECONDS:
            self._told_at = now
            self._progress(engine, active, now - self._looked_at >= STATES_SECONDS)

    def tell(self, events: Iterable[Event], active: Active, engine: Engine, look: bool = True) -> None:
        """Record what an act between two instants came to, and where the run stands after it."""
        events = list(events)
        versions = _versions(active) if events else {}
        intents = [i for e in events if (i := self._intent(e, versions)) is not None]
        if intents:
            self._journal.intend(intents)
        states = [s for e in events for s in self._settled(e, versions)]
        if states:
            self._journal.settle(states)
        for event in events:
            self._write(event, active)
        self._between += events
        self._progress(engine, active, look)

    def between(self) -> list[Event]:
        """What acts between instants came to since the last call, for whoever counts."""
        told, self._between = self._between, []
        return told

    @property
    def states(self) -> dict[str, object]:
        """How plans and feeds stood when it was last looked."""
        return self._states

    def finish(self, engine: Engine, active: Active) -> None:
        """Say where the run stands."""
        self._progress(engine, active)

    def _intent(self, event: Event, versions: dict[str, str]) -> JournalIntent | None:
        if not isinstance(event, Decision):
            return None
        leg = intent_leg(event)
        if leg is None:
            return None
        version = versions.get(event.plan, "")
        body = {"rule": event.rule, "units": event.units, "price": event.price, "position": event.position}
        identity = intent_id(event.plan, version, event.time, leg)
        return JournalIntent(identity, event.plan, version, event.time, leg, event.about, body)

    def _settled(self, event: Event, versions: dict[str, str]) -> Iterable[tuple[int, str]]:
        """What became of intents: an entry waits for its fill or its end, stop moves are in force at once."""
        if isinstance(event, Decision):
            leg = intent_leg(event)
            if leg == "entry":
                self._waiting[event.plan] = intent_id(event.plan, versions.get(event.plan, ""), event.time, leg)
            elif leg is not None:
                yield intent_id(event.plan, versions.get(event.plan, ""), event.time, leg), "sent"
            if event.outcome in _DROPPED and event.plan in self._waiting and event.about in ("entry", "cancel"):
                yield self._waiting.pop(event.plan), event.outcome
        elif isinstance(event, Fill) and event.reason == "entry" and event.plan in self._waiting:
            yield self._waiting.pop(event.plan), "filled"

    def _write(self, event: Event, active: Active, repeated: bool = False) -> None:
        match event:
            case Decision():
                self.decisions += 1
                said: dict[str, object] = {"units": event.units, "price": event.price, "position": event.position}
                parts = [asdict(part) for part in event.optional]
                if event.limit is not None:
                    # JSON knows no NaN: a reading that was UNKNOWN is null
                    value = event.limit.value if event.limit.value == event.limit.value else None
                    parts_of_limit = {"guard": event.limit.guard, "limit": event.limit.limit, "value": value}
                    said |= {"limit": parts_of_limit}
                if event.spoken is not None:
                    said |= {"spoken": asdict(event.spoken)}
                detail = json.dumps(said | {"optional": parts} if parts else said)
                leg = intent_leg(event)
                version = _versions(active).get(event.plan, "")
                intent = None if leg is None else intent_id(event.plan, version, event.time, leg)
                row: Row = {"time": event.time, "plan": event.plan, "rule": event.rule, "detail": detail}
                row["seq"] = self._books.decision(event, intent, active)
                forgotten = is_forgotten("decision", event.outcome, event.about) and event.time < self._kept_from
                if not (repeated and forgotten):
                    self._writer.put("decision", row | {"action": event.about, "outcome": event.outcome})
            case Fill():
                self.fills += 1
                self._books.fill(event, active)
            case Swap():
                self._books.swap(event, active)
            case Answer():
                self._books.answer(event)
            case Alert():
                if not repeated:
                    self._say(Urgent(f"{time_text(event.time)} UTC: alert of `{event.owner}`: {event.told}", "alert"))
                if not (repeated and event.time < self._kept_from):
                    self._writer.put(
                        "alert", {"time": event.time, "plan": event.owner, "rule": event.rule, "text": event.told}
                    )
            case MarginCall():
                text = f"margin call: equity {event.equity:.2f} against a used margin of {event.margin:.2f}"
                if not repeated:
                    self._say(Urgent(f"{time_text(event.time)} UTC: {text}", "margin"))
                self._writer.put("alert", {"time": event.time, "plan": "account", "rule": -1, "text": text})
            case Breaker():
                if not repeated:
                    state = "is closed again" if event.state == "reset" else "lets one smaller entry through"
                    text = f"{time_text(event.time)} UTC: rule {event.rule + 1} of `{event.owner}` {state}"
                    self._say(Urgent(text, "breaker"))
                row = {"time": event.time, "plan": event.owner, "rule": event.rule, "detail": "{}", "seq": None}
                self._writer.put("decision", row | {"action": "breaker", "outcome": event.state})
            case Halt():
                if not repeated:
                    until = "a person resumes" if event.until is None else f"{time_text(event.until)} UTC"
                    self._say(Urgent(f"{time_text(event.time)} UTC: `{event.owner}` halts until {until}", "breaker"))
                self._writer.put(
                    "decision",
                    {
                        "time": event.time,
                        "plan": event.owner,
                        "rule": event.rule,
                        "action": "halt",
                        "outcome": "sent",
                        "detail": json.dumps({"until": event.until}),
                        "seq": None,
                    },
                )

    def _progress(self, engine: Engine, active: Active, look: bool = True) -> None:
        if look:
            self._looked_at = time.monotonic()
            states = plan_states(engine, active.retired, active.silenced)
            self._states = {"states": states, "feeds": feed_states(engine)}
        body = self._states | {
            "written": time.time_ns() // 1_000_000,
            "plans": [[p.name, p.version, p.name in active.retired] for p in active.plans],
            "guards": [[g.name, g.version] for g in active.guards],
            "silenced": sorted(active.silenced),
            "broken": self.broken,
            "trouble": self.trouble,
            "positions": [asdict(p) for p in engine.positions()],
            "breakers": [asdict(b) for b in engine.breakers() if b.state != "closed"],
            "held": sorted(engine.held),
        }
        row = {"id": 1, "time": engine.now, "balance": engine.balance, "equity": engine.equity}
        self._books.states(engine, active)
        self._writer.put("progress", row | {"body": json.dumps(body)}, replace=True)


def _versions(active: Active) -> dict[str, str]:
    return {p.name: p.version for p in active.plans}
