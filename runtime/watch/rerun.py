"""A run's plans over its bars once more as a backtest: nothing late, nobody away, the engine's own fills."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.events import Event
from tradeplan.runtime.engine.may_move import obstacle
from tradeplan.runtime.live.activation import Active, choose
from tradeplan.runtime.live.acts import enact
from tradeplan.runtime.live.quarantine import running_form
from tradeplan.runtime.live.recovery import ACTIVATIONS, Versions
from tradeplan.runtime.watch.past import PastJournal, World

_BY_PEOPLE = ("halt", "resume", "book")


class Rerun:
    """What people did happens again when they did it: edits, halts, resumes, bookings; what the world did does not.

    A version that the run replaced while it was flat may hold a position here: it then goes on with it until it is
    flat too, and opens nothing.
    """

    def __init__(self, journal: PastJournal, world: World) -> None:
        self._journal, self._world = journal, world
        self._start, self._reached = int(journal.setting("start") or 0), journal.reached()
        spans = [span[1] for m in world.dataset.markets() if (span := world.dataset.span(m)) is not None]
        end = max([self._reached, *spans])
        self._engine = Engine(world.dataset, journal.account(), world.catalog, self._start, end, world.kernels)
        self._active = self._wanted = Active()
        self._told: list[Event] = []

    def events(self) -> list[Event]:
        """Everything that is decided and filled up to where the run has come."""
        versions = Versions(self._journal, self._world.catalog, self._world.markets, self._world.graph)
        for event in self._journal.events():
            self._run_to(event.time)
            if event.kind in ACTIVATIONS:
                self._wanted = versions.active(event)
                self._settle(self._movable(event.body.get("moved", ())))
            elif event.kind in _BY_PEOPLE and "why" not in event.body:  # a halt with a reason was the feed's
                self._told += enact(self._engine, event)
        self._run_to(self._reached)
        return self._told

    def _run_to(self, time: int) -> None:
        while self._leftovers() and (instant := self._engine.next_instant()) is not None and instant <= time:
            self._told += self._engine.advance(instant)
            self._settle()
        self._told += self._engine.advance(time)

    def _leftovers(self) -> bool:
        return bool(self._active.retired - self._wanted.retired)

    def _movable(self, names: Iterable[str]) -> set[str]:
        """Of positions that a person moved to another version those that are there and can be moved in this run too."""
        loop, plans = self._engine.standing, {p.name: p for p in self._wanted.plans}
        return set() if loop is None else {n for n in names if n in plans and obstacle(loop, plans[n]) is None}

    def _settle(self, moved: Collection[str] = ()) -> None:
        def busy(name: str) -> bool:
            return name not in moved and self._engine.busy(name)

        found = choose(self._active, self._wanted.plans, self._wanted.guards, busy).active
        retired = found.retired | (self._wanted.retired & {p.name for p in found.plans})
        active = Active(found.plans, found.guards, retired, self._wanted.silenced)
        if active.key() != self._active.key():
            self._engine.activate(*running_form(active, self._world.graph), moved)
            self._engine.forbid_entries(active.retired)
            self._active = active
