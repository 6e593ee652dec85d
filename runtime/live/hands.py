"""What a person does to a run between two instants, from any thread: halt, resume, book, flatten, arm, migrate."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.engine.by_hand import ACCOUNT
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.live.activation import Active
from tradeplan.runtime.live.folder import PlanFolder
from tradeplan.runtime.live.migration import move_of, moved_to
from tradeplan.runtime.live.record import Recorder
from tradeplan.runtime.live.staging import Staging
from tradeplan.runtime.live.switch import Switch
from tradeplan.runtime.live.words import no_such, scope_text, time_text
from tradeplan.runtime.store.journal import Journal


@dataclass(frozen=True, slots=True)
class Run:
    """What a run works with while it runs."""

    journal: Journal
    recorder: Recorder
    engine: Engine
    active: Active
    switch: Switch


class Hands(ABC):
    """The acts of a person; an instance says how they are journalled and done, and holds the lock meanwhile."""

    __slots__ = ()

    _lock: threading.RLock
    say: Callable[[str], None]
    staging: Staging | None
    folder: PlanFolder

    @abstractmethod
    def _running(self) -> Run:
        """The run. Raises NotRunningError."""

    @abstractmethod
    def _act(self, kind: str, body: dict[str, object]) -> None:
        """Journal an act and do it."""

    @abstractmethod
    def _money(self) -> str:
        """The account's currency."""

    def halt(self, scope: str = ACCOUNT) -> None:
        """Open nothing more in this scope, a plan, a market or the whole account, until `resume`; from any thread.

        Raises NotRunningError when the run has not begun or has ended, ValueError for an unknown name.
        """
        with self._lock:
            run = self._running()
            known = {p.name for p in run.active.plans} | {p.market for p in run.active.plans}
            if scope not in known | {ACCOUNT}:
                raise ValueError(no_such(scope, known))
            self._act("halt", {"scope": scope})
            self.say(f"{time_text(run.engine.now)} UTC: {scope_text(scope)} halted by hand")

    def resume(self, scope: str = ACCOUNT) -> None:
        """Lift what `halt` of this scope did; of a guard close its breakers, of a plan end its own halts.

        Raises NotRunningError and ValueError as `halt` does.
        """
        with self._lock:
            run = self._running()
            known = {p.name for p in run.active.plans} | {p.market for p in run.active.plans} | set(run.engine.held)
            known |= {g.name for g in run.active.guards}
            if scope not in known | {ACCOUNT}:
                raise ValueError(no_such(scope, known))
            self._act("resume", {"scope": scope})
            self.say(f"{time_text(run.engine.now)} UTC: {scope_text(scope)} resumed by hand")

    def book(self, amount: float) -> None:
        """Tell the run of a deposit or (negative) a withdrawal, in account currency; from any thread.

        Raises NotRunningError, and ValueError when nothing would be left.
        """
        with self._lock:
            run = self._running()
            if not run.engine.equity + amount > 0.0:
                raise ValueError(
                    f"{amount:.2f} cannot be booked on an equity of {run.engine.equity:.2f}: something must be left"
                )
            self._act("book", {"amount": round(amount, 2)})
            self.say(f"{time_text(run.engine.now)} UTC: {amount:+.2f} {self._money()} booked")

    def flatten(self, scope: str = ACCOUNT) -> list[str]:
        """Cancel what waits and close every position of this scope, a plan, a market or the account; whose they were.

        It does not keep plans from opening again: `halt` does. Raises as `halt` does.
        """
        with self._lock:
            run = self._running()
            plans = {p.name: p.market for p in run.active.plans}
            if scope not in {*plans, *plans.values(), ACCOUNT}:
                raise ValueError(no_such(scope, {*plans, *plans.values()}))
            busy = [n for n, market in plans.items() if scope in (ACCOUNT, n, market) and run.engine.busy(n)]
            self._act("flatten", {"scope": scope})
            self.say(f"{time_text(run.engine.now)} UTC: {scope_text(scope)} flattened by hand: {len(busy)} plans")
            return busy

    def waiting(self) -> list[dict[str, Any]]:
        """The edits that wait to be armed. Raises NotRunningError."""
        with self._lock:
            run = self._running()
            return [] if self.staging is None else self.staging.told(run.engine, run.active, self._ceiling())

    def arm(self, versions: list[tuple[str, str]]) -> list[str]:
        """Let edits take effect at the next step, by name and version as `waiting` told them; their names.

        Raises NotRunningError, and ValueError for one that does not wait: it was edited again since it was looked at.
        """
        with self._lock:
            self._running()
            known = set() if self.staging is None else {(e.name, e.version) for e in self.staging.edits}
            for name, version in versions:
                if (name, version) not in known:
                    raise ValueError(f"`{name}` does not wait in this version: look again at what waits")
            if self.staging is not None:
                self.staging.arm(versions)
            names = [name for name, _ in versions]
            self.say(f"armed by hand: {', '.join(f'`{name}`' for name in names)}")
        self.reload()
        return names

    def migration(self, position: str) -> dict[str, Any]:
        """What moving a position to the newest version of its plan would change; see `Move`. Raises as `migrate`."""
        with self._lock:
            run = self._running()
            before, after = self._move(run, position)
            return asdict(move_of(run.engine, before, after))

    def migrate(self, position: str, before: str, after: str) -> str:
        """Move a position, named by its plan or its ticket at the broker, between the versions that `migration` told.

        The plan's name comes back. Raises NotRunningError, and ValueError when it cannot be done or is not that any
        more.
        """
        with self._lock:
            run = self._running()
            old, new = self._move(run, position)
            if (old.version, new.version) != (before, after):
                raise ValueError(f"`{new.name}` was edited again since it was looked at: look at what changes now")
            active = run.switch.move(run.engine, run.active, new)
            self._runs_now(active)
            run.recorder.tell([], active, run.engine)
            self.say(f"{time_text(run.engine.now)} UTC: `{new.name}`: its position goes on by version {after}, by hand")
            return new.name

    def _move(self, run: Run, position: str) -> tuple[CheckedPlan, CheckedPlan]:
        """The version that manages a position, and the one that it can be moved to. Raises ValueError."""
        name = self._plan_of(position) or position
        new = moved_to(name, run.active, run.engine, self.folder.plans(), self.staging, run.switch.quarantined)
        return next(p for p in run.active.plans if p.name == name), new

    @abstractmethod
    def _ceiling(self) -> float | None:
        """Percent of equity that all stops may cost by the limits below all plans; None: there are none."""

    @abstractmethod
    def _runs_now(self, active: Active) -> None:
        """The set has been replaced."""

    @abstractmethod
    def _plan_of(self, ticket: str) -> str | None:
        """Whose position a ticket at the broker is."""

    @abstractmethod
    def reload(self) -> None:
        """Have the folder looked at."""
