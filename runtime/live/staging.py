"""Edits on an account with real money wait until a person arms them; what reduces risk does not wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tradeplan.dsl.graph import AddAction, CheckedGuard, CheckedPlan, LimitKind, SizeKind
from tradeplan.runtime.live.activation import Active, Version, versions_of

GONE = ""
"""The version of a guard that was taken out of the folder."""
_UNITS = {SizeKind.RISK_PERCENT: "% of equity", SizeKind.RISK_MONEY: " of account money", SizeKind.LOTS: " lots"}


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit that waits: `what` in words, and what an entry risks and may lose at the worst before and after."""

    name: str
    version: str
    what: str
    risk_before: str
    risk_after: str
    worst_before: str
    worst_after: str


@dataclass(slots=True)
class Staging:
    """Lets versions through that are armed, and keeps what runs in place of the others.

    A plan that is taken out and a guard that is new only reduce risk: they pass.
    """

    armed: set[Version] = field(default_factory=set)
    edits: tuple[Edit, ...] = ()

    @classmethod
    def of(
        cls, continued: bool, active: Active, plans: Iterable[CheckedPlan], guards: Iterable[CheckedGuard]
    ) -> Staging:
        """At a first start all that is in the folder is meant; later only what ran."""
        if continued:
            return cls({*versions_of(active.plans), *versions_of(active.guards)})
        return cls({*versions_of(plans), *versions_of(guards)})

    def arm(self, versions: Iterable[Version]) -> None:
        """Let these edits through."""
        self.armed.update(versions)

    def waits(self, old: CheckedPlan | None, plan: CheckedPlan) -> bool:
        """Whether a version of a plan may not run yet in place of the one that runs."""
        return (plan.name, plan.version) not in self.armed and (old is None or old.version != plan.version)

    def let(
        self, active: Active, plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard]
    ) -> tuple[tuple[CheckedPlan, ...], tuple[CheckedGuard, ...]]:
        """The plans and guards that may run now; `edits` then says what waits."""
        running = {p.name: p for p in active.plans}
        kept = {g.name: g for g in active.guards}
        waiting: list[Edit] = []
        let_plans: list[CheckedPlan] = []
        for plan in plans:
            old = running.get(plan.name)
            if not self.waits(old, plan):
                let_plans.append(plan)
                continue
            what = "new plan" if old is None else "changed plan"
            bound = worst_loss(kept.values())
            waiting.append(Edit(plan.name, plan.version, what, risk(old), risk(plan), bound, bound))
            if old is not None:
                let_plans.append(old)
        let_guards: list[CheckedGuard] = []
        wanted = {g.name: g for g in guards}
        for name in sorted({*kept, *wanted}):
            before, after = kept.get(name), wanted.get(name)
            version = GONE if after is None else after.version
            if before is None or version == before.version or (name, version) in self.armed:
                if after is not None:
                    let_guards.append(after)
                continue
            what = "guard taken out" if after is None else "changed guard"
            others = [g for g in kept.values() if g.name != name]
            with_it = others if after is None else [*others, after]
            waiting.append(Edit(name, version, what, "", "", worst_loss(kept.values()), worst_loss(with_it)))
            let_guards.append(before)
        self.edits = tuple(waiting)
        return tuple(let_plans), tuple(let_guards)

    def told(self) -> list[dict[str, Any]]:
        """The edits that wait, for a command."""
        return [asdict(edit) for edit in self.edits]


def risk(plan: CheckedPlan | None) -> str:
    """What one entry of a plan risks at the most, and with all of its ADDs."""
    if plan is None:
        return "nothing"
    entries = [rule.entry for rule in plan.rules if rule.entry is not None]
    if not entries:
        return "nothing"
    adds = sum(a.percent for rule in plan.rules for a in rule.actions if isinstance(a, AddAction))
    largest: dict[SizeKind, float] = {}
    for entry in entries:
        largest[entry.size_kind] = max(largest.get(entry.size_kind, 0.0), entry.size)
    told = " or ".join(f"{size:g}{_UNITS[kind]}" for kind, size in largest.items())
    return f"{told}, {100 + adds:g}% of that with every ADD" if adds else told


def worst_loss(guards: Iterable[CheckedGuard]) -> str:
    """The worst loss that guards without a scope let the account come to."""
    bounds = [
        limit.bound
        for guard in guards
        if not (guard.markets or guard.plans)
        for limit in guard.limits
        if limit.kind is LimitKind.WORST_LOSS
    ]
    return f"{min(bounds):g}% of equity" if bounds else "not bounded by a guard"
