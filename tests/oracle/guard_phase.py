"""Guard phase: one step of one guard, over all plans."""

from __future__ import annotations

from dataclasses import dataclass, field

from tradeplan.dsl.graph import AlertAction, CheckedGuard, FlattenAction, HaltAction

from tests.oracle.account_phase import Account
from tests.oracle.book import PlanState
from tests.oracle.plan_phase import halt_end, request_full
from tests.oracle.values import Values
from tests.oracle.writer import Writer


@dataclass
class GuardState:
    """A guard at work: which halts run, and its readings so far."""

    guard: CheckedGuard
    halts: dict[int, int] = field(default_factory=dict)
    times: dict[int, int] = field(default_factory=dict)


class GuardReader:
    """The account at the guard's steps; a guard has no position."""

    def __init__(self, state: GuardState, account: Account) -> None:
        self.state = state
        self._account = account

    def position(self, tick: int, name: str) -> float | None:
        """A guard has none."""
        return None

    def entry_tick(self, tick: int) -> int | None:
        """A guard has none."""
        return None

    def account(self, tick: int, data: tuple[object, ...]) -> float | None:
        """An account reading at a step."""
        time = self.state.times.get(tick)
        return None if time is None else self._account.statistic(time, data)


def run_guard(
    state: GuardState, tick: int, time: int, values: Values, account: Account, writer: Writer, plans: list[PlanState]
) -> None:
    """Rules top to bottom."""
    state.times[tick] = time
    reader = GuardReader(state, account)
    name = state.guard.name
    for rule in state.guard.rules:
        if values.value(rule.condition, tick, reader) is not True:
            continue
        before = values.value(rule.condition, tick - 1, reader) if tick - 1 in state.times else None
        for action in rule.actions:
            if isinstance(action, HaltAction) and not time < state.halts.get(rule.number, 0):
                state.halts[rule.number] = halt_end(action, time, account.account.boundary)
                writer.decide(time, name, rule.number, "halt", "sent")
            elif isinstance(action, FlattenAction):
                flatten(time, writer, plans)
            elif isinstance(action, AlertAction) and before is False:
                writer.decide(time, name, rule.number, "alert", "sent")


def flatten(time: int, writer: Writer, plans: list[PlanState]) -> None:
    """Close and cancel, of all plans."""
    for plan in plans:
        if plan.pending is not None:
            plan.pending = None
            writer.decide(time, plan.plan.name, -1, "cancel", "cancelled")
        if plan.position is not None and not plan.position.closing:
            request_full(writer, plan, time, -1)
