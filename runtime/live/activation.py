"""Which plan versions run: the folder's newest, except where an open position holds on to the one that opened it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from tradeplan.dsl.graph import CheckedGuard, CheckedPlan

Block = TypeVar("Block", CheckedPlan, CheckedGuard)
Version = tuple[str, str]
"""Name and version of a plan or guard."""


@dataclass(frozen=True, slots=True)
class Active:
    """The set that the engine runs.

    `retired` plans manage what they have and open nothing; `silenced` ones are retired because they failed: none of
    their rules runs, and what they hold has its stop and target at the broker.
    """

    plans: tuple[CheckedPlan, ...] = ()
    guards: tuple[CheckedGuard, ...] = ()
    retired: frozenset[str] = frozenset()
    silenced: frozenset[str] = frozenset()

    def key(self) -> tuple[frozenset[Version], frozenset[Version], frozenset[str], frozenset[str]]:
        """Equal for equal sets of versions."""
        return frozenset(versions_of(self.plans)), frozenset(versions_of(self.guards)), self.retired, self.silenced


@dataclass(slots=True)
class Choice:
    """The next set, and the plans whose newest version waits for a position to close."""

    active: Active
    waiting: list[str] = field(default_factory=list)


def versions_of(blocks: Iterable[CheckedPlan | CheckedGuard]) -> list[Version]:
    """Name and version of each."""
    return [(b.name, b.version) for b in blocks]


def choose(
    current: Active,
    wanted_plans: Iterable[CheckedPlan],
    wanted_guards: Iterable[CheckedGuard],
    busy: Callable[[str], bool],
    quarantined: frozenset[Version] = frozenset(),
) -> Choice:
    """Decide the set for the next step.

    `busy(name)`: the plan has a position or a pending order. `quarantined` versions failed: one that was about to
    start is passed over for the last good version; one that was running opens nothing and is silenced while it holds
    something.
    """
    running = {p.name: p for p in current.plans}
    wanted = {p.name: p for p in wanted_plans}
    plans: dict[str, CheckedPlan] = {}
    retired: set[str] = set()
    silenced: set[str] = set()
    for name in sorted({*running, *wanted}):
        old = running.get(name)
        target = _good(wanted.get(name), old, quarantined)
        if old is not None and (target is None or target.version != old.version) and busy(name):
            plans[name] = old
            retired.add(name)
            if (name, old.version) in quarantined:
                silenced.add(name)
        elif target is not None:
            plans[name] = target
    old_guards = {g.name: g for g in current.guards}
    guards = [_good(g, old_guards.get(g.name), quarantined) for g in sorted(wanted_guards, key=lambda g: g.name)]
    active = Active(
        tuple(plans[name] for name in sorted(plans)),
        tuple(g for g in guards if g is not None),
        frozenset(retired),
        frozenset(silenced),
    )
    return Choice(active, sorted(retired - silenced))


def _good(wanted: Block | None, old: Block | None, quarantined: frozenset[Version]) -> Block | None:
    """The wanted version; where it failed the last one that did not, if it still runs; None: nothing."""
    if wanted is None or (wanted.name, wanted.version) not in quarantined:
        return wanted
    return old if old is not None and (old.name, old.version) not in quarantined else None
