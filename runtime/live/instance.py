"""A running instance: start-up is recovery, then one step an instant until the feed or a person ends it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tradeplan.dsl.catalog import Catalog
from tradeplan.runtime.broker.acts import Broker
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Event
from tradeplan.runtime.engine.timing import FunctionTimer
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.live.activation import Active
from tradeplan.runtime.live.acts import NotRunningError as NotRunningError
from tradeplan.runtime.live.acts import Standing, enact
from tradeplan.runtime.live.books import Books
from tradeplan.runtime.live.commands import commands_of
from tradeplan.runtime.live.exchange import Exchange
from tradeplan.runtime.live.feed import Arrivals, Feed
from tradeplan.runtime.live.first_words import first_words
from tradeplan.runtime.live.folder import PlanFolder, Scan
from tradeplan.runtime.live.hands import Hands, Run
from tradeplan.runtime.live.health import Health
from tradeplan.runtime.live.patience import Patience
from tradeplan.runtime.live.record import Recorder, no_point
from tradeplan.runtime.live.recovery import Recovery, past_of, recover
from tradeplan.runtime.live.room_watch import RoomWatch
from tradeplan.runtime.live.settings import Settings as Settings
from tradeplan.runtime.live.settings import keep_settings
from tradeplan.runtime.live.staging import Staging
from tradeplan.runtime.live.switch import Switch
from tradeplan.runtime.live.watcher import Watcher
from tradeplan.runtime.live.words import Urgent, scope_text, time_text
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.growing import Growing
from tradeplan.runtime.store.database import StoreTrouble
from tradeplan.runtime.store.journal import Journal, JournalEvent
from tradeplan.runtime.store.lock import RunLock
from tradeplan.runtime.store.requests import Requests
from tradeplan.runtime.store.writer import Writer
from tradeplan.runtime.watch.step import Step

IDLE_SECONDS = 0.25
"""How long a wait lasts before it looks whether somebody wants to stop."""

CHUNK = 512
"""Bars of a lane that are evaluated at once at the most. A step brings one, only recovery many; what is not reserved is
not filled up minute by minute: the rows of 60 plans are 4 MB, where a backtest's chunks would make them 34."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Where a run stands when it ends, and what it did since it was started."""

    time: int
    steps: int
    decisions: int
    fills: int
    balance: float
    equity: float


@dataclass(slots=True)
class Instance(Hands):
    """Owns the engine, the journal and the writer of one run.

    `point(name)` is called where a crash matters: `recovered`, `outage`, `before activation`, `activation`, `decided`,
    `journalled`, `act journalled`, `series journalled`, `stepped`. `halt`, `resume`, `book`, `flatten`, `reload`,
    `end` and `status` may be called from any thread; other processes ask for them by `Requests`.
    """

    folder: PlanFolder
    dataset: Dataset
    catalog: Catalog
    settings: Settings
    database: Path
    clock: Feed
    say: Callable[[str], None]
    tell_scan: Callable[[Scan], None]
    stop: Callable[[], bool] = lambda: False
    point: Callable[[str], None] = no_point
    kernels: Kernels | None = None
    broker: Broker | None = None  # outside; None: the engine's own, on paper
    turned: Callable[[], None] = lambda: None  # called at every turn of the loop, waits included
    stepped: Callable[[Step], None] = lambda step: None
    timer: FunctionTimer | None = None  # of functions
    staged: bool = False  # edits wait until a person arms them
    staging: Staging | None = field(default=None, init=False)
    trouble: str = ""  # why nothing is done at present: the database cannot be written; empty: it can
    _lock: threading.RLock = field(default_factory=threading.RLock, init=False)
    _run_state: Run | None = field(default=None, init=False)
    _rescan: threading.Event = field(default_factory=threading.Event, init=False)
    _ending: threading.Event = field(default_factory=threading.Event, init=False)
    _requests: Requests | None = field(default=None, init=False)
    _start: int = field(default=0, init=False)
    _room: RoomWatch | None = field(default=None, init=False)
    _begun: bool = field(default=False, init=False)
    _live_from: int = field(default=0, init=False)
    _caught_up: bool = field(default=False, init=False)

    def run(self, watcher: Watcher | None = None) -> Totals:
        """Recover, then step until the feed ends or `stop()` says so. Raises StoreError before anything is done.

        When the database cannot be written later on the run waits for it; StoreTrouble is raised if that is no use.
        """
        lock = RunLock(self.database)
        patience = Patience(self.database, self.say, lambda: self.stop() or self._ending.is_set())
        try:
            while True:
                try:
                    return self._live(watcher)
                except StoreTrouble as trouble:
                    self.trouble = str(trouble)
                    if not self._begun or not patience.outlast(trouble):
                        raise
                    self.trouble = ""
        finally:
            self.clock.close()
            lock.close()

    def _live(self, watcher: Watcher | None) -> Totals:
        with ExitStack() as closing:
            journal = Journal(self.database)
            closing.callback(journal.close)
            writer = Writer(self.database)
            closing.callback(writer.close)
            self._requests = Requests(self.database, self.say)
            closing.callback(self._requests.close)
            return self._run(journal, writer, self._requests, watcher)

    def _run(self, journal: Journal, writer: Writer, requests: Requests, watcher: Watcher | None) -> Totals:
        broker = None if self.broker is None else self.broker.name
        self._start = keep_settings(journal, self.settings, broker)
        self.clock.open(past_of(journal), self.folder.plans(), self.folder.guards())
        recovered = self._recover(journal)
        engine, active = recovered.engine, recovered.active
        books = Books(writer, self.dataset, self.catalog, self.settings.keep_days, journal.lacks_columns())
        recorder = Recorder(journal, writer, books, self.say, self.point)
        recorder.repeat(recovered.segments)
        self.point("recovered")
        self.clock.start(recovered.time, active.plans, active.guards)
        self._need(journal, engine, active)
        used = [str(event.body["digest"]) for event in journal.events() if event.kind == "news"]
        self._take_news(journal, engine, self.clock.begin_news(used[-1] if used else None))
        self._note_outage(journal, engine, recovered)
        self.tell_scan(self.folder.scan())
        if self.staged:
            self.staging = Staging.of(recovered.continued, active, self.folder.plans(), self.folder.guards())
        kept, lacks = recovered.quarantined, self.clock.lacks
        switch = Switch(self.folder, journal, self.say, kept, self.point, self.staging, lacks)
        ran = [p.source for p in active.plans if p.name not in active.retired] + [g.source for g in active.guards]
        self.folder.keep_good(ran)
        active = self._switched(journal, engine, active, switch)
        recorder.broken = self.folder.broken
        recorder.finish(engine, active)
        account = "" if self.broker is None else self.broker.name
        for text in first_words(engine, active, recovered.continued, self._money(), account):
            self.say(text)
        exchange = None if self.broker is None else Exchange.opened(self.broker, journal, recorder, self.point)
        health = Health(self.dataset, self.clock)
        room = self._room = RoomWatch(self.database, self._start, self.say)
        commands = commands_of(self)
        # INVARIANT: whoever holds the lock sees the run between two instants; all that is done to it is done so
        with self._lock:
            self._run_state = Run(journal, recorder, engine, active, switch)
            self._begun = True
        idle = False
        try:
            while not (self.stop() or self._ending.is_set()):
                requests.answer(commands)
                self.turned()
                room.look(engine.now)
                with self._lock:
                    active = self._running().active  # a person may have moved a position to another version
                    again = self._rescan.is_set()
                    self._rescan.clear()
                    if (watcher is not None and watcher.take()) or again:
                        scan = self.folder.scan()
                        self.tell_scan(scan)
                        recorder.broken = self.folder.broken
                        if scan.changed or again:
                            self._need(journal, engine, active)
                            active = self._switched(journal, engine, active, switch)
                    if any(not engine.busy(name) for name in active.retired):
                        active = self._switched(journal, engine, active, switch)
                    self._run_state = Run(journal, recorder, engine, active, switch)
                    instant = engine.next_instant()
                    if idle and instant is not None and self.clock.now() > instant:
                        self._note_away(journal, engine.now, self.clock.now())
                    idle = instant is None
                    # INVARIANT: while instants of an outage are caught up with, nothing later than them is entered
                    self._caught_up = self._caught_up or instant is None or instant > self.clock.now()
                    if exchange is not None and self._caught_up:
                        exchange.round(engine, active)
                        instant = engine.next_instant()
                    switch.tidy(engine)
                if instant is None:
                    if active.plans or watcher is None:
                        break
                    watcher.wait(IDLE_SECONDS)  # without a plan there is nothing to step: the feed waits for one
                    with self._lock:
                        if self.clock.seek():  # plans may wait for bars that come only now
                            self._show(journal, engine)
                            self.reload()
                    for text in self.clock.tidings():
                        self.say(text)
                elif self.clock.wait_until(instant, lambda seconds: self._slept(seconds, watcher)):
                    with self._lock:
                        began, active = time.monotonic(), self._running().active
                        self._take_in(journal, engine)
                        if exchange is not None:
                            exchange.before(instant, engine, active)
                        engine, active, told = self._advance(journal, writer, switch, engine, active, instant)
                        recorder.trouble = "" if self.broker is None else self.broker.trouble
                        recorder.record(told, active, engine)
                        self._run_state = Run(journal, recorder, engine, active, switch)
                        took = time.monotonic() - began
                        self.stepped(Step(engine, [*recorder.between(), *told], took, recorder.states, room.found))
                        for name, value in health.measure(engine, instant, took).items():
                            self._act("reading", {"name": name, "value": value})
                    self.point("stepped")
        finally:
            with self._lock:
                self._run_state = None
        recorder.finish(engine, active)
        return Totals(engine.now, recorder.steps, recorder.decisions, recorder.fills, engine.balance, engine.equity)

    def _need(self, journal: Journal, engine: Engine, active: Active) -> None:
        """Have all fed that plans of the folder read, and those that run: an older version may still hold something."""
        self.clock.need((*active.plans, *self.folder.plans()), (*active.guards, *self.folder.guards()))
        self._show(journal, engine)

    def _switched(self, journal: Journal, engine: Engine, active: Active, switch: Switch) -> Active:
        """The set that is wanted now; what only the one before it read is fed no more."""
        now = switch.update(engine, active)
        if now is not active:
            self._need(journal, engine, now)
        return now

    def _show(self, journal: Journal, engine: Engine) -> None:
        """Series that lacked until now are seen from here on, by a replay too."""
        came = self.clock.appeared()
        for one in came:
            journal.append(JournalEvent(engine.now, "series", asdict(one)))
        if came:
            self.point("series journalled")
            self.clock.show()
            engine.see([one.key for one in came])

    def _money(self) -> str:
        return self.settings.account.currency

    def _ceiling(self) -> float | None:
        return None if self.broker is None else self.broker.ceiling

    def _runs_now(self, active: Active) -> None:
        self._run_state = replace(self._running(), active=active)

    def _plan_of(self, ticket: str) -> str | None:
        return self.broker.plan_of(int(ticket)) if self.broker is not None and ticket.isdecimal() else None

    def reload(self) -> None:
        """Have the folder looked at before the next step, whatever a watcher says; from any thread."""
        self._rescan.set()

    def end(self) -> None:
        """Stop after the present step, as a signal does; from any thread."""
        self._ending.set()

    @property
    def ending(self) -> bool:
        """Whether somebody asked for the end."""
        return self._ending.is_set()

    def status(self) -> Standing:
        """Where the run stands between two instants; from any thread. Raises NotRunningError."""
        with self._lock:
            run = self._running()
            return Standing.of(run.engine, run.active)

    def _running(self) -> Run:
        if self._run_state is None:
            raise NotRunningError("the run has not begun, or it has ended: ask again while it runs")
        return self._run_state

    def _act(self, kind: str, body: dict[str, object]) -> None:
        """Journal an act, do it, and record what came of it; the lock is held."""
        run = self._running()
        event = JournalEvent(run.engine.now, kind, body)
        # INVARIANT: on disk before it is done, so that a replay does it again at the same place
        run.journal.append(event)
        self.point("act journalled")
        run.recorder.tell(enact(run.engine, event), run.active, run.engine, kind != "reading")

    def _advance(
        self, journal: Journal, writer: Writer, switch: Switch, engine: Engine, active: Active, instant: int
    ) -> tuple[Engine, Active, list[Event]]:
        """One step; when a plan fails in it, the step is made again from the journal without that plan."""
        live_from = self._live_from if instant <= self._live_from else 0
        while True:
            try:
                return engine, active, engine.advance(instant, live_from)
            except Exception as error:  # a plan that fails must not take the others with it; who it was is found out
                writer.flush()
                before = self._recover(journal, engine.now)
                engine = before.engine
                active = switch.put_aside(engine, before.active, instant, live_from, error)

    def _take_in(self, journal: Journal, engine: Engine) -> None:
        """Let what the feed brought be seen by the next step; what a replay must know is journalled first."""
        self._show(journal, engine)
        came = self.clock.arrivals(engine.now)
        if came.begun:
            self.reload()
        self._take_news(journal, engine, came)
        for scope, why in came.halts:
            self._act("halt", {"scope": scope, "why": why})
            self.say(Urgent(f"{time_text(engine.now)} UTC: {scope_text(scope)} is halted: {why}", "feed"))
        if came.away_until is not None and came.away_until > self._live_from:
            self._note_away(journal, engine.now, came.away_until)
        for bar in came.late:
            journal.append(JournalEvent(engine.now, "late", asdict(bar)))
        self.clock.deliver()

    def _take_news(self, journal: Journal, engine: Engine, came: Arrivals) -> None:
        """What a feed says, and another calendar of news, which is in force for steps after this instant."""
        for text in came.told:
            self.say(text)
        if came.news is not None and isinstance(self.dataset, Growing):
            journal.append(JournalEvent(engine.now, "news", {"digest": came.news}))
            self.dataset.use_news(came.news)

    def _note_away(self, journal: Journal, since: int, until: int) -> None:
        journal.append(JournalEvent(since, "outage", {"until": until}))
        self._live_from, self._caught_up = until, False
        self.point("outage")
        self.say(Urgent(f"was away for {(until - since) / 60_000:.0f} minutes of the feed: catching up", "feed"))

    def _recover(self, journal: Journal, until: int | None = None) -> Recovery:
        return recover(journal, self._new_engine, self.catalog, self.folder.markets, self.folder.graph, until)

    def _new_engine(self) -> Engine:
        engine = Engine(
            self.dataset,
            self.settings.account,
            self.catalog,
            self._start,
            self.settings.end,
            self.kernels,
            CHUNK,
            outside=self.broker is not None,
        )
        engine.timer = self.timer
        return engine

    def _note_outage(self, journal: Journal, engine: Engine, recovered: Recovery) -> None:
        """When the feed went on while the program was away, what is decided on those bars comes too late to be sent."""
        following = engine.next_instant()
        back_at = self.clock.now()
        self._live_from, self._caught_up = max(recovered.live_from, 0), False
        if recovered.continued and following is not None and back_at > following and back_at > self._live_from:
            self._note_away(journal, recovered.time, back_at)

    def _slept(self, seconds: float, watcher: Watcher | None) -> bool:
        """Sleep; True: there is something to look at before the next instant."""
        if watcher is None:
            time.sleep(seconds)
        elif watcher.wait(seconds):
            return True
        self.turned()
        if self._room is not None:
            self._room.look(self.clock.now())
        for text in self.clock.tidings():
            self.say(text)
        # a broker outside is looked at in every pause: what it did, and a stop that is missing, do not wait for a bar
        asked = self.broker is not None or (self._requests is not None and self._requests.waiting())
        return asked or self.stop() or self._ending.is_set() or self._rescan.is_set()
