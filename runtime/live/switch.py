"""Brings the set that the engine runs up to what the folder wants, journal first, and puts aside what fails."""

from __future__ import annotations

from collections.abc import Callable

from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.engine.backtest import BacktestError
from tradeplan.runtime.engine.engine import Engine, Prepared
from tradeplan.runtime.live.activation import Active, Choice, Version, choose, versions_of
from tradeplan.runtime.live.folder import PlanFolder
from tradeplan.runtime.live.heap import hand_back
from tradeplan.runtime.live.quarantine import culprits, running_form
from tradeplan.runtime.live.record import no_point
from tradeplan.runtime.live.staging import Staging
from tradeplan.runtime.live.words import Urgent
from tradeplan.runtime.store.journal import Journal, JournalEvent, PlanVersion

TIDY_STEPS = 1_024
"""Columns that grow move now and then and leave holes; so often they are given back, at a millisecond or less."""


class Switch:
    """Decides, journals and installs sets of plans; keeps the versions that failed."""

    def __init__(
        self,
        folder: PlanFolder,
        journal: Journal,
        say: Callable[[str], None],
        quarantined: frozenset[Version] = frozenset(),
        point: Callable[[str], None] = no_point,
        staging: Staging | None = None,
        lacks: Callable[[CheckedPlan | CheckedGuard], str] = lambda block: "",
    ) -> None:
        """`staging` holds edits back until a person arms them; `lacks` says why one waits for bars."""
        self._staging, self._told = staging, frozenset[Version]()
        self._lacks, self._put_off = lacks, frozenset[Version]()
        self._folder, self._journal, self._say, self._point = folder, journal, say, point
        self.quarantined = set(quarantined)
        self._enacted: int | None = None  # when, until the set before is gone from memory
        self._tidied, self._steps = 0, 0  # the newest step that was counted, and how many since memory was handed back

    def update(self, engine: Engine, active: Active) -> Active:
        """Run what is wanted now, where it differs from what runs. The journal has it before the engine does."""
        while True:
            choice = self._choice(engine, active)
            if choice.active.key() == active.key():
                return active
            try:
                prepared = self._prepared(engine, choice.active)
            except Exception as error:  # a plan whose compiling fails must not take the others with it
                self._blame(engine, active, choice.active, error)
                continue
            self._enact(engine, choice.active, prepared)
            for name in choice.waiting:
                if name not in active.retired:
                    self._say(
                        f"`{name}`: its open position or order stays on the version that made it; what the folder"
                        " holds now waits for its end; `plan migrate` moves a position earlier"
                    )
            return choice.active

    def move(self, engine: Engine, active: Active, plan: CheckedPlan) -> Active:
        """Let this version of a plan take over its open position. Raises ValueError when it cannot run."""
        plans = tuple(plan if p.name == plan.name else p for p in active.plans)
        wanted = Active(plans, active.guards, active.retired - {plan.name}, active.silenced)
        try:
            prepared = engine.prepare(*running_form(wanted, self._folder.graph), {plan.name})
        except Exception as error:  # whatever is wrong with it: what runs goes on, and who asked is told
            raise ValueError(f"the new version of `{plan.name}` cannot run: {error}") from error
        self._enact(engine, wanted, prepared, plan.name)
        return wanted

    def put_aside(self, engine: Engine, active: Active, to: int, live_from: int, error: Exception) -> Active:
        """After a failed step: find whose fault it was and go on without. `engine` stands before the step.

        Raises the step's own error when no plan alone makes it fail, or when those that do are silent already: the
        step would be made again for ever.
        """
        found = culprits(engine, active, to, live_from, self._folder.graph)
        if all(name in active.silenced for name, _ in found):
            raise error
        for version, reason in found.items():
            self._quarantine(version, engine.now, reason)
        return self.update(engine, active)

    def _choice(self, engine: Engine, active: Active) -> Choice:
        wanted = self._folder.plans(), self._folder.guards()
        if self._staging is not None:
            wanted = self._staging.let(active, *wanted)
            waiting = frozenset((e.name, e.version) for e in self._staging.edits)
            for edit in self._staging.edits:
                if (edit.name, edit.version) not in self._told:
                    self._say(f"`{edit.name}`: {edit.what}: it waits for `plan arm`, and what ran goes on")
            self._told = waiting
        put_off = self._waiting_for_bars(active, [*wanted[0], *wanted[1]])
        return choose(active, *wanted, engine.busy, put_off | self.quarantined)

    def _waiting_for_bars(self, active: Active, wanted: list[CheckedPlan | CheckedGuard]) -> frozenset[Version]:
        """The versions that would begin now and cannot: they lack bars."""
        running = {*versions_of(active.plans), *versions_of(active.guards)}
        found = {
            (b.name, b.version): why for b in wanted if (b.name, b.version) not in running and (why := self._lacks(b))
        }
        for name, version in sorted(found.keys() - self._put_off):
            self._say(f"`{name}`: {found[name, version]}")
        self._put_off = frozenset(found)
        return self._put_off

    def _prepared(self, engine: Engine, active: Active) -> Prepared:
        return engine.prepare(*running_form(active, self._folder.graph))

    def _enact(self, engine: Engine, active: Active, prepared: Prepared, moved: str | None = None) -> None:
        body: dict[str, object] = {
            "plans": [list(v) for v in versions_of(active.plans)],
            "guards": [list(v) for v in versions_of(active.guards)],
            "retired": sorted(active.retired),
            "silenced": sorted(active.silenced),
        }
        texts = [PlanVersion(p.name, p.version, "plan", p.source.name, p.source.text) for p in active.plans]
        texts += [PlanVersion(g.name, g.version, "guard", g.source.name, g.source.text) for g in active.guards]
        self._point("before activation")
        # INVARIANT: on disk before it runs, so that a replay runs the same versions from the same instant
        # a program that does not know of moved positions must refuse the journal, so it is a kind of its own
        kind, more = ("activate", {}) if moved is None else ("migrate", {"moved": [moved]})
        self._journal.activate(JournalEvent(engine.now, kind, body | more), texts)
        self._point("activation")
        engine.install(prepared)
        engine.forbid_entries(active.retired)
        self._enacted = engine.now

    def tidy(self, engine: Engine) -> None:
        """Hand memory back: after the first step of a new set, whose former nobody looks at, and now and then."""
        if engine.now == self._tidied:
            return
        self._tidied, self._steps = engine.now, self._steps + 1
        if self._enacted is not None and engine.now > self._enacted:
            self._enacted = None
        elif self._steps < TIDY_STEPS:
            return
        self._steps = 0
        hand_back()

    def _blame(self, engine: Engine, active: Active, wanted: Active, error: Exception) -> None:
        """Try each new version beside what runs; those that fail are passed over from now on."""
        known = {*versions_of(active.plans), *versions_of(active.guards)}
        found = False
        blocks: list[CheckedPlan | CheckedGuard] = [*wanted.plans, *wanted.guards]
        for block in blocks:
            version = (block.name, block.version)
            if version in known:
                continue
            try:
                self._prepared(engine, _with(active, block))
            except Exception as reason:  # as above: the fault is the plan's
                self._quarantine(version, engine.now, reason)
                found = True
        if not found:
            raise error

    def _quarantine(self, version: Version, at: int, error: Exception) -> None:
        name, number = version
        self.quarantined.add(version)
        if isinstance(error, BacktestError):  # no fault of the text: with other data it may run after a restart
            self._say(Urgent(f"`{name}` is put aside: {error}", "quarantine"))
            return
        why = f"{type(error).__name__}: {error}"
        self._journal.append(JournalEvent(at, "quarantine", {"name": name, "version": number, "why": why}))
        self._say(
            Urgent(
                f"`{name}` failed and is put aside ({why}): it opens nothing more, and what it holds keeps its stop and"
                " target; an edited version is tried again",
                "quarantine",
            )
        )


def _with(active: Active, block: CheckedPlan | CheckedGuard) -> Active:
    """What runs, with one block added or replaced."""
    if isinstance(block, CheckedGuard):
        guards = (*(g for g in active.guards if g.name != block.name), block)
        return Active(active.plans, guards, active.retired, active.silenced)
    plans = (*(p for p in active.plans if p.name != block.name), block)
    return Active(plans, active.guards, active.retired - {block.name}, active.silenced - {block.name})
