"""Guard phase: one step of one guard, over the plans that it covers."""

from __future__ import annotations

from dataclasses import dataclass, field

from tradeplan.dsl.graph import AlertAction, CheckedGuard, CheckedRule, FlattenAction, HaltAction

from tests.oracle.account_phase import Account
from tests.oracle.book import PlanState
from tests.oracle.plan_phase import halt_end, request_full
from tests.oracle.values import Values
from tests.oracle.writer import Result, Writer


@dataclass
class BreakerState:
    """A guard's rule with HALT: `state` is CLOSED, OPEN or HALF_OPEN; `until` counts while it is OPEN."""

    rule: CheckedRule
    action: HaltAction
    state: str = "CLOSED"
    until: int = 0
    barred: bool = False
    probe: str = ""  # the plan that has the probe
    since: int = 0  # how many positions had closed when it got it


@dataclass
class GuardState:
    """A guard at work: its breakers by rule, its readings so far, and where its streak starts."""

    guard: CheckedGuard
    breakers: dict[int, BreakerState] = field(default_factory=dict)
    times: dict[int, int] = field(default_factory=dict)
    streaks: dict[int, int] = field(default_factory=dict)  # at a step, after its resets
    reset_after: int = 0  # how many positions had closed at the last reset

    def __post_init__(self) -> None:
        for rule in self.guard.rules:
            for action in rule.actions:
                if isinstance(action, HaltAction):
                    self.breakers[rule.number] = BreakerState(rule, action)

    def covers(self, state: PlanState) -> bool:
        """Whether a plan is one of those that it is about."""
        return self.guard.covers(state.plan.name, state.plan.market)


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
        if time is None:
            return None
        if data[0] == "trades.losing_streak":
            return float(self.state.streaks[tick])
        return self._account.statistic(time, data, self.state.guard)


def streak(state: GuardState, results: list[Result]) -> int:
    """Losses in a row at the end of what closed since the last reset."""
    count = 0
    for result in results[state.reset_after :]:
        if state.guard.covers(result.plan, result.market):
            count = count + 1 if result.net < 0 else 0
    return count


def run_guard(
    state: GuardState, tick: int, time: int, values: Values, account: Account, writer: Writer, plans: list[PlanState]
) -> None:
    """States of the breakers, then rules top to bottom."""
    for breaker in state.breakers.values():
        settle(state, breaker, time, account, writer, plans)
    state.times[tick] = time
    state.streaks[tick] = streak(state, writer.results)
    reader = GuardReader(state, account)
    name = state.guard.name
    for rule in state.guard.rules:
        found = state.breakers.get(rule.number)
        truth = values.value(rule.condition, tick, reader)
        if truth is False and found is not None:
            found.barred = False
        if truth is not True:
            continue
        before = values.value(rule.condition, tick - 1, reader) if tick - 1 in state.times else None
        for action in rule.actions:
            if isinstance(action, HaltAction):
                assert found is not None
                if found.state == "CLOSED" and not found.barred:
                    trip(state, found, time, account, writer)
            elif isinstance(action, FlattenAction):
                if found is None or not (found.barred or found.state == "HALF_OPEN"):
                    flatten(time, writer, [p for p in plans if state.covers(p)])
            elif isinstance(action, AlertAction) and before is False:
                writer.decide(time, name, rule.number, "alert", "sent")


def settle(
    state: GuardState, breaker: BreakerState, time: int, account: Account, writer: Writer, plans: list[PlanState]
) -> None:
    """What time and the probe have made of a breaker."""
    if breaker.state == "OPEN" and time >= breaker.until:
        if breaker.action.probe:
            breaker.state, breaker.probe = "HALF_OPEN", ""
            writer.decide(time, state.guard.name, breaker.rule.number, "breaker", "half_open")
        else:
            reset(state, breaker, time, writer)
    elif breaker.state == "HALF_OPEN" and breaker.probe:
        plan = next(p for p in plans if p.plan.name == breaker.probe)
        if plan.position is not None or plan.pending is not None:
            return
        closed = [r for r in writer.results[breaker.since :] if r.plan == breaker.probe]
        breaker.probe = ""
        if closed and closed[-1].net > 0:
            reset(state, breaker, time, writer)
            breaker.barred = True
        elif closed:
            trip(state, breaker, time, account, writer)


def trip(state: GuardState, breaker: BreakerState, time: int, account: Account, writer: Writer) -> None:
    """It opens."""
    breaker.state, breaker.until = "OPEN", halt_end(breaker.action, time, account.account.boundary)
    writer.decide(time, state.guard.name, breaker.rule.number, "halt", "sent")


def reset(state: GuardState, breaker: BreakerState, time: int, writer: Writer) -> None:
    """It closes, and the streak begins anew."""
    breaker.state = "CLOSED"
    state.reset_after = len(writer.results)
    writer.decide(time, state.guard.name, breaker.rule.number, "breaker", "reset")


def part_of(guards: list[GuardState], plan: PlanState, time: int) -> float | None:
    """What breakers leave a plan: None nothing, 100 all of its size, else the percent at which it may try."""
    part = 100.0
    for guard in guards:
        for breaker in guard.breakers.values() if guard.covers(plan) else ():
            if breaker.state == "OPEN" and (time < breaker.until or breaker.action.probe):
                return None
            if breaker.state == "HALF_OPEN":
                if breaker.probe and breaker.probe != plan.plan.name:
                    return None
                part = min(part, breaker.action.probe)
    return part


def tries(guards: list[GuardState], plan: PlanState) -> bool:
    """Whether a breaker that covers a plan is HALF_OPEN."""
    return any(b.state == "HALF_OPEN" for g in guards if g.covers(plan) for b in g.breakers.values())


def begin_probe(guards: list[GuardState], plan: PlanState, writer: Writer) -> None:
    """An entry was sent: it is the probe of every breaker that waits for one."""
    for guard in guards:
        for breaker in guard.breakers.values() if guard.covers(plan) else ():
            if breaker.state == "HALF_OPEN" and not breaker.probe:
                breaker.probe, breaker.since = plan.plan.name, len(writer.results)


def flatten(time: int, writer: Writer, plans: list[PlanState]) -> None:
    """Close and cancel, of all these plans."""
    for plan in plans:
        if plan.pending is not None:
            plan.pending = None
            writer.decide(time, plan.plan.name, -1, "cancel", "cancelled")
        if plan.position is not None and not plan.position.closing:
            request_full(writer, plan, time, -1)
