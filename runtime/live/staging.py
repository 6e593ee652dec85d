"""Edits on an account with real money wait until a person arms them; what only reduces risk does not wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, LimitKind
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.live.activation import Active, Version, versions_of
from tradeplan.runtime.live.reduction import guard_only_reduces, only_reduces
from tradeplan.runtime.live.worst import Worst, risk_text, total, worst_of

GONE = ""
"""The version of a guard that was taken out of the folder."""


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit that waits: `what` in words, and what runs and would run (None: nothing)."""

    name: str
    version: str
    what: str
    before: CheckedPlan | CheckedGuard | None
    after: CheckedPlan | CheckedGuard | None


@dataclass(slots=True)
class Staging:
    """Lets versions through that are armed or only reduce risk, and keeps what runs in place of the others.

    A plan that is taken out and a guard that is new only reduce risk too. What does not run any more is armed no more:
    the way back to it is an edit like any other.
    """

    armed: set[Version] = field(default_factory=set)
    edits: tuple[Edit, ...] = ()
    _ran: frozenset[Version] = frozenset()

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
        if (plan.name, plan.version) in self.armed:
            return False
        return old is None or not (old.version == plan.version or only_reduces(old, plan))

    def _guard_waits(self, before: CheckedGuard | None, after: CheckedGuard | None, name: str) -> bool:
        if before is None or (name, GONE if after is None else after.version) in self.armed:
            return False
        return after is None or not (before.version == after.version or guard_only_reduces(before, after))

    def let(
        self, active: Active, plans: Sequence[CheckedPlan], guards: Sequence[CheckedGuard]
    ) -> tuple[tuple[CheckedPlan, ...], tuple[CheckedGuard, ...]]:
        """The plans and guards that may run now; `edits` then says what waits."""
        now = frozenset((*versions_of(active.plans), *versions_of(active.guards)))
        self.armed -= self._ran - now
        self._ran = now
        running = {p.name: p for p in active.plans}
        waiting: list[Edit] = []
        let_plans: list[CheckedPlan] = []
        for plan in plans:
            old = running.get(plan.name)
            if not self.waits(old, plan):
                let_plans.append(plan)
                continue
            waiting.append(Edit(plan.name, plan.version, "new plan" if old is None else "changed plan", old, plan))
            if old is not None:
                let_plans.append(old)
        kept, wanted = {g.name: g for g in active.guards}, {g.name: g for g in guards}
        let_guards: list[CheckedGuard] = []
        for name in sorted({*kept, *wanted}):
            before, after = kept.get(name), wanted.get(name)
            waits = self._guard_waits(before, after, name)
            if waits:
                what, version = ("guard taken out", GONE) if after is None else ("changed guard", after.version)
                waiting.append(Edit(name, version, what, before, after))
            runs = before if waits else after
            if runs is not None:
                let_guards.append(runs)
        self.edits = tuple(waiting)
        return tuple(let_plans), tuple(let_guards)

    def told(self, engine: Engine, active: Active, ceiling: float | None) -> list[dict[str, Any]]:
        """The edits that wait, for a command, with what they may lose at the equity of now; all in words.

        `ceiling`: percent of equity beyond which limits.toml refuses entries, by what all stops cost.
        """
        return [_told(edit, engine, active, ceiling) for edit in self.edits]


def _told(edit: Edit, engine: Engine, active: Active, ceiling: float | None) -> dict[str, Any]:
    money = engine.account.currency
    told: dict[str, Any] = {"name": edit.name, "version": edit.version, "what": edit.what}
    guards = {g.name: g for g in active.guards}
    told["worst_before"] = worst_loss(guards.values(), engine)
    if isinstance(edit.before, CheckedGuard) or isinstance(edit.after, CheckedGuard):
        guards.pop(edit.name, None)
        after = [*guards.values(), *([edit.after] if isinstance(edit.after, CheckedGuard) else [])]
        return told | {"worst_after": worst_loss(after, engine), "notes": []}
    told |= {"worst_after": told["worst_before"]}
    for when, plan in (("before", edit.before), ("after", edit.after)):
        assert not isinstance(plan, CheckedGuard)
        others = [p for p in active.plans if p.name != edit.name]
        worst = worst_of(plan, engine)
        told |= {f"risk_{when}": risk_text(plan), f"loss_{when}": _loss(worst, money)}
        told[f"total_{when}"] = _total(*total(others if plan is None else [*others, plan], engine), money)
    return told | {"notes": _notes(edit, engine, ceiling)}


def _loss(worst: Worst, money: str) -> str:
    if worst.stop is None:
        return f"not known: {worst.unknown}"
    gap = "" if worst.gap is None or worst.gap <= worst.stop else f" ({worst.gap:,.2f} with the market's gap allowance)"
    return f"{worst.stop:,.2f} {money}{gap}"


def _total(known: float, unknown: tuple[str, ...], money: str) -> str:
    if not unknown:
        return f"{known:,.2f} {money}"
    return f"not known: {', '.join(f'`{n}`' for n in unknown)}; the others {known:,.2f} {money}"


def _notes(edit: Edit, engine: Engine, ceiling: float | None) -> list[str]:
    """What the figures take for granted."""
    assert isinstance(edit.after, CheckedPlan)
    worst, money, equity = worst_of(edit.after, engine), engine.account.currency, engine.equity
    told = [f"at an equity of {equity:,.2f} {money}, every order filled and every stop reached, without a gap"]
    if worst.adds:
        told.append(
            "an ADD counts as if it were made at the entry's price; one made further from the stop risks more,"
            " so with ADDs the figure is no bound"
        )
    if worst.gap is None and worst.stop:
        gap = engine.dataset.profile(edit.after.market).gap
        told.append(
            f"a gap through the stop loses more, by the size times the gap (the market's allowance: {gap:g}% of price);"
            " the size depends on the stop, which is worked out at the entry"
        )
    if ceiling is not None and ceiling < 100.0:
        told.append(
            f"limits.toml refuses entries with which all stops would cost more than {ceiling:g}% of equity,"
            f" {equity * ceiling / 100.0:,.2f} {money}"
        )
    return told


def worst_loss(guards: Iterable[CheckedGuard], engine: Engine) -> str:
    """The worst loss, gaps of the allowance included, that guards without a scope let the account come to."""
    bounds = [
        limit.bound
        for guard in guards
        if not (guard.markets or guard.plans)
        for limit in guard.limits
        if limit.kind is LimitKind.WORST_LOSS
    ]
    if not bounds:
        return "not bounded by a guard"
    return f"{min(bounds):g}% of equity, {engine.equity * min(bounds) / 100.0:,.2f} {engine.account.currency}"
