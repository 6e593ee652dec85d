"""An engine brought to the newest step of one plan: by replay of a run's journal, or by a backtest up to there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tradeplan.dsl.catalog import Catalog, Markets
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Graph
from tradeplan.dsl.pipeline import check_source
from tradeplan.dsl.source import Source
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.backtest import run_span, traded_lane
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.live.recovery import ACTIVATIONS, recover
from tradeplan.runtime.live.words import time_text
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.store.database import StoreError
from tradeplan.runtime.store.journal import Journal, JournalEvent
from tradeplan.runtime.store.retention import KEPT_FROM
from tradeplan.runtime.watch.why_not import WhyNot, why_not

FAR = 14 * 86_400_000
"""How far back a plan's newest step is looked for: longer than any market is closed."""


class NoStepError(ValueError):
    """There is no such plan, or it has no step there; the message says what there is."""


class PastJournal(Journal):
    """A run's journal as it stood before an instant, for reading only; the run may go on meanwhile."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, read_only=True)
        self.before: int | None = None

    def events(self) -> list[JournalEvent]:
        """What was there before the instant."""
        return [e for e in super().events() if self.before is None or e.time < self.before]

    def reached(self) -> int:
        """The last instant that is known to have been handled. Raises StoreError for a run that has done nothing."""
        progress = self.progress()
        if progress is None:
            raise StoreError(f"the run of `{self.path}` has not come to its first step yet")
        return progress[0]

    def account(self) -> AccountConfig:
        """The account of the run."""
        return AccountConfig(**json.loads(self.setting("account") or "{}"))

    def names(self, at: int) -> dict[str, str]:
        """The plans and guards that ran after an instant, with their versions."""
        newest = [e for e in super().events() if e.kind in ACTIVATIONS and e.time < at]
        return {str(n): str(v) for n, v in newest[-1].body["plans"]} if newest else {}

    def by_broker(self) -> bool:
        """Whether a broker outside fills."""
        return self.setting("broker") is not None

    def kept_from(self) -> int:
        """From when on refused decisions are all there; earlier ones may have been forgotten."""
        return int(self.setting(KEPT_FROM) or 0)

    def decisions(self) -> list[tuple[int, str, int, str, str]]:
        """Time, plan, rule, what it was about and outcome of every decision of plans."""
        return list(
            self._db.execute(
                "select time, plan, rule, action, outcome from decision where action not in ('halt', 'breaker')"
            )
        )

    def fills(self) -> list[tuple[int, str, int, str, float]]:
        """Time, plan, leg, reason and price of every fill."""
        return list(self._db.execute("select time, plan, leg, reason, price from fill where reason <> 'swap'"))

    def plans(self, world: World) -> list[CheckedPlan]:
        """Every plan that ever ran, in every version."""
        sources = [Source(file, text) for file, text in self.texts()]
        return [p for s in sources for p in check_source(s, world.catalog, world.markets, world.graph).plans]


@dataclass(frozen=True, slots=True)
class World:
    """What a replay or backtest runs over."""

    dataset: Dataset
    catalog: Catalog
    markets: Markets
    graph: Graph
    kernels: Kernels | None = None


def live_why_not(journal: PastJournal, world: World, name: str, at: int | None) -> WhyNot:
    """A plan of a run at its newest step at or before a time; None: as far as the run has come.

    Raises NoStepError, and StoreError when the journal does not fit the bars.
    """
    reached, start = journal.reached(), int(journal.setting("start") or 0)
    if at is not None and at > reached:
        raise NoStepError(f"the run has come to {time_text(reached)} UTC; {time_text(at)} UTC is later")
    at = reached if at is None else at
    names = journal.names(at)
    if name not in names:
        known = ", ".join(f"`{n}`" for n in sorted(names)) or "none"
        raise NoStepError(f"no plan `{name}` ran at {time_text(at)} UTC: there were {known}")
    file, text = journal.version_text(name, names[name])
    checked = check_source(Source(file, text), world.catalog, world.markets, world.graph)
    plan = next((p for p in checked.plans if p.name == name), None)
    if plan is None:
        raise StoreError(f"the journal keeps no text that gives `{name}` its version `{names[name]}`: it was damaged")
    step = newest_step(world.dataset, plan, start, at)
    journal.before = step
    account = journal.account()
    end = max([reached, *(span[1] for m in world.dataset.markets() if (span := world.dataset.span(m)) is not None)])

    def new_engine() -> Engine:
        # with a broker outside the fills are those that the journal tells
        return Engine(world.dataset, account, world.catalog, start, end, world.kernels, outside=journal.by_broker())

    found = recover(journal, new_engine, world.catalog, world.markets, world.graph, until=step - 1)
    told = found.engine.advance(step, found.live_from if step <= found.live_from else 0)
    active = found.active
    why = why_not(found.engine, name, told, active.retired, active.silenced)
    if why is None:
        raise NoStepError(f"`{name}` was loaded after its step at {time_text(step)} UTC, and has had none since")
    return why


def backtest_why_not(
    plans: Sequence[CheckedPlan],
    guards: Sequence[CheckedGuard],
    world: World,
    account: AccountConfig,
    name: str,
    at: int | None,
    start: int | None = None,
) -> WhyNot:
    """A plan in a backtest of these plans from `start` on, at its newest step at or before a time; None: at the end.

    Raises NoStepError, and BacktestError without bars.
    """
    plan = next((p for p in plans if p.name == name), None)
    if plan is None:
        known = ", ".join(f"`{p.name}`" for p in plans)
        raise NoStepError(f"there is no plan `{name}` in these files: there are {known}")
    traded = [traded_lane(world.dataset, plans, m, start, None) for m in sorted({p.market for p in plans})]
    begin, finish = run_span(traded, start, None)
    step = newest_step(world.dataset, plan, begin, finish if at is None else min(at, finish))
    engine = Engine(world.dataset, account, world.catalog, begin, finish, world.kernels)
    engine.activate(plans, guards)
    engine.advance(step - 1)
    told = engine.advance(step)
    why = why_not(engine, name, told)
    assert why is not None
    return why


def newest_step(dataset: Dataset, plan: CheckedPlan, start: int, at: int) -> int:
    """The newest step of a plan in `(start, at]`. Raises NoStepError when there is none."""
    steps = dataset.calendar(plan.market).scheduled_closes(plan.timeframe, max(start, at - FAR), at)
    if not len(steps):
        steps = dataset.calendar(plan.market).scheduled_closes(plan.timeframe, start, at)
    if not len(steps):
        raise NoStepError(
            f"`{plan.name}` has no step between {time_text(start)} and {time_text(at)} UTC: it steps on closes of"
            f" {plan.market} {plan.timeframe}"
        )
    return int(steps[-1])
