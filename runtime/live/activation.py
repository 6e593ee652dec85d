"""Which plan versions run: the folder's newest, except where an open position holds on to the one that opened it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tradeplan.dsl.graph import CheckedGuard, CheckedPlan


@dataclass(frozen=True, slots=True)
class Active:
    """The set that the engine runs; `retired` plans manage what they have and open nothing."""

    plans: tuple[CheckedPlan, ...] = ()
    guards: tuple[CheckedGuard, ...] = ()
    retired: frozenset[str] = frozenset()

    def key(self) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...], frozenset[str]]:
        """Equal for equal sets of versions."""
        return (
            tuple((p.name, p.version) for p in self.plans),
            tuple((g.name, g.version) for g in self.guards),
            self.retired,
        )


@dataclass(slots=True)
class Choice:
    """The next set, and the plans whose newest version waits for a position to close."""

    active: Active
    waiting: list[str] = field(default_factory=list)


def choose(
    current: Active,
    wanted_plans: Iterable[CheckedPlan],
    wanted_guards: Iterable[CheckedGuard],
    busy: Callable[[str], bool],
    quarantined: frozenset[tuple[str, str]] = frozenset(),
) -> Choice:
    """Decide the set for the next step.

    `busy(name)`: the plan has a position or a pending order. `quarantined` holds (name, version) that raised: such a
    version opens nothing, and its position is managed by the broker-side stops alone.
    """
    running = {p.name: p for p in current.plans}
    wanted = {p.name: p for p in wanted_plans if (p.name, p.version) not in quarantined}
    plans: dict[str, CheckedPlan] = {}
    retired: set[str] = set()
    waiting: list[str] = []
    for name, plan in wanted.items():
        old = running.get(name)
        if old is not None and old.version != plan.version and busy(name):
            plans[name] = old
            retired.add(name)
            waiting.append(name)
        else:
            plans[name] = plan
    for name, old in running.items():
        if name not in plans and busy(name):
            plans[name] = old
            retired.add(name)
            waiting.append(name)
    ordered = tuple(plans[name] for name in sorted(plans))
    guards = tuple(sorted(wanted_guards, key=lambda g: g.name))
    return Choice(Active(ordered, guards, frozenset(retired)), sorted(waiting))
