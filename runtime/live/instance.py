"""A running instance: start-up is recovery, then one step an instant until the feed or a person ends it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tradeplan.dsl.catalog import Catalog
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.live.activation import Active, choose
from tradeplan.runtime.live.feed import ReplayClock
from tradeplan.runtime.live.folder import PlanFolder, Scan
from tradeplan.runtime.live.record import Recorder
from tradeplan.runtime.live.recovery import Recovery, recover
from tradeplan.runtime.live.watcher import Watcher
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.store.journal import Journal, JournalEvent
from tradeplan.runtime.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is made of; a database remembers it and refuses another."""

    feed: str
    account: AccountConfig
    start: int
    end: int


def account_text(account: AccountConfig) -> str:
    """The account's settings as one line, the same for equal settings."""
    return json.dumps(asdict(account), sort_keys=True)


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
class Instance:
    """Owns the engine, the journal and the writer of one run."""

    folder: PlanFolder
    dataset: Dataset
    catalog: Catalog
    settings: Settings
    database: Path
    clock: ReplayClock
    say: Callable[[str], None]
    tell_scan: Callable[[Scan], None]
    stop: Callable[[], bool] = lambda: False
    _live_from: int = field(default=0, init=False)
    _quarantined: set[tuple[str, str]] = field(default_factory=set, init=False)

    def run(self, watcher: Watcher | None = None) -> Totals:
        """Recover, then step until the feed ends or `stop()` says so."""
        journal, writer = Journal(self.database), Writer(self.database)
        try:
            return self._run(journal, writer, watcher)
        finally:
            writer.close()
            journal.close()

    def _run(self, journal: Journal, writer: Writer, watcher: Watcher | None) -> Totals:
        recovered = self._recover(journal)
        engine, active = recovered.engine, recovered.active
        recorder = Recorder(journal, writer, lambda market: self.dataset.profile(market).lot_step, self.say)
        recorder.repeat(recovered.segments)
        self.clock.start(recovered.time)
        self._note_outage(journal, engine, recovered)
        self.tell_scan(self.folder.scan())
        active = self._activate(journal, engine, active)
        waiting = True
        for instant in self._instants(engine, watcher):
            if watcher is not None and watcher.take():
                scan = self.folder.scan()
                self.tell_scan(scan)
                waiting = waiting or scan.changed
            if waiting:
                active = self._activate(journal, engine, active)
                waiting = bool(active.retired)
            live_from = self._live_from if instant <= self._live_from else 0
            recorder.record(engine.advance(instant, live_from), active, engine)
        recorder.finish(engine, active)
        return Totals(engine.now, recorder.steps, recorder.decisions, recorder.fills, engine.balance, engine.equity)

    def _recover(self, journal: Journal) -> Recovery:
        journal.keep_setting("feed", self.settings.feed)
        journal.keep_setting("account", account_text(self.settings.account))
        journal.keep_setting("start", str(self.settings.start))
        return recover(journal, self._new_engine, self.catalog, self.folder.markets, self.folder.graph)

    def _new_engine(self) -> Engine:
        return Engine(self.dataset, self.settings.account, self.catalog, self.settings.start, self.settings.end)

    def _note_outage(self, journal: Journal, engine: Engine, recovered: Recovery) -> None:
        """When the feed went on while the program was away, what is decided on those bars comes too late to be sent."""
        following = engine.next_instant()
        back_at = self.clock.now()
        self._live_from = max(recovered.live_from, 0)
        if recovered.continued and following is not None and back_at > following:
            journal.append(JournalEvent(recovered.time, "outage", {"until": back_at}))
            self._live_from = back_at
            self.say(f"was away for {(back_at - recovered.time) / 60_000:.0f} minutes of the feed: catching up")

    def _instants(self, engine: Engine, watcher: Watcher | None) -> Iterator[int]:
        def sleep(seconds: float) -> bool:
            if watcher is not None:
                watcher.wait(seconds)
            return self.stop()

        while not self.stop():
            instant = engine.next_instant()
            if instant is None:
                return
            if not self.clock.wait_until(instant, sleep):
                return
            yield instant

    def _activate(self, journal: Journal, engine: Engine, active: Active) -> Active:
        choice = choose(active, self.folder.plans(), self.folder.guards(), engine.busy, frozenset(self._quarantined))
        if choice.active.key() == active.key():
            return active
        at = engine.now
        for plan in (*choice.active.plans, *choice.active.guards):
            kind = "plan" if plan in choice.active.plans else "guard"
            journal.keep_version(plan.name, plan.version, kind, plan.source.name, plan.source.text, at)
        journal.append(
            JournalEvent(
                at,
                "activate",
                {
                    "plans": [[p.name, p.version] for p in choice.active.plans],
                    "guards": [[g.name, g.version] for g in choice.active.guards],
                    "retired": sorted(choice.active.retired),
                },
            )
        )
        engine.activate(choice.active.plans, choice.active.guards)
        engine.forbid_entries(choice.active.retired)
        for name in choice.waiting:
            if name not in active.retired:
                self.say(
                    f"`{name}`: its open position stays on the version that opened it; the new one waits for its end"
                )
        return choice.active
