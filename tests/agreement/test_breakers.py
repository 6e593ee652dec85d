"""Breakers against a ledger kept over the list of fills, and the promise that nothing enters while one is open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

import numpy as np
import pytest
from tradeplan.dsl.graph import CheckedGuard, HaltAction
from tradeplan.runtime.engine.backtest import run_backtest
from tradeplan.runtime.engine.events import Breaker, Decision, Event, Fill, Halt
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.stdlib.registry import catalog

from tests.agreement.runs import account_of, can_run
from tests.oracle.cases import random_case
from tests.runtime.live.world import ACCOUNT, MINUTE, START, checked, dataset_of

KERNELS = Kernels("interpreted")
BARS = 3 * 1_440
# every exit is a CLOSE, so it fills at an open and is known one minute later, when that bar has closed
TRADERS = """
PLAN fast
TRADE btc ON M1
WHEN ema(3) CROSSES ABOVE ema(9) THEN BUY 1 lot STOP 90000 pips
WHEN held >= 6m THEN CLOSE
PLAN slow
TRADE btc ON M1
WHEN ema(10) CROSSES BELOW ema(30) THEN SELL 2 lots STOP 90000 pips
WHEN held >= 25m THEN CLOSE
"""


@dataclass
class Breakers:
    """The ledger of one guard with one breaker: what it should do at each minute."""

    guard: str
    covered: tuple[str, ...]
    minutes: int
    probe: bool
    state: str = "closed"
    until: int = 0
    trying: str = ""
    since: int = 0
    barred: bool = False
    counted_from: int = 0
    told: list[tuple[int, str]] = field(default_factory=list)

    def step(self, now: int, tripped: bool, closed: list[tuple[int, str, float]], busy: bool) -> None:
        """One minute; `closed`: when a position was known to be closed, whose, and with what result."""
        if self.state == "open" and now >= self.until:
            self.state = "half_open" if self.probe else "closed"
            self.told.append((now, "half_open" if self.probe else "reset"))
            if not self.probe:
                self.counted_from = len(closed)
        elif self.state == "half_open" and self.trying and not busy:
            results = [net for _, plan, net in closed[self.since :] if plan == self.trying]
            self.trying = ""
            if results and results[-1] > 0:
                self.state, self.barred, self.counted_from = "closed", True, len(closed)
                self.told.append((now, "reset"))
                tripped = False  # it reads what the reset has left
            elif results:
                self.open(now)
        if not tripped:
            self.barred = False
        elif self.state == "closed" and not self.barred:
            self.open(now)

    def open(self, now: int) -> None:
        self.state, self.until = "open", now + self.minutes * MINUTE
        self.told.append((now, "halt"))


def closed_positions(told: Iterable[Event], plans: tuple[str, ...]) -> list[tuple[int, str, float]]:
    """Positions of plans in the order in which they closed: when that was known, whose, and the net result."""
    nets: dict[tuple[str, int], float] = {}
    last: dict[tuple[str, int], int] = {}
    for e in told:
        if isinstance(e, Fill) and e.plan in plans:
            nets[e.plan, e.position] = nets.get((e.plan, e.position), 0.0) + e.profit - e.commission
            if e.reason == "close":
                last[e.plan, e.position] = e.time + MINUTE
    return [(time, plan, nets[plan, number]) for (plan, number), time in sorted(last.items(), key=lambda x: x[1])]


def run_of(guard: str, seed: int) -> list[Event]:
    steps = np.random.default_rng(seed).normal(0.0, 12.0, BARS)
    plans, guards, _ = checked(TRADERS, guard)
    return run_backtest(
        plans, guards, dataset_of(10_000.0 + np.cumsum(steps)), catalog(), ACCOUNT, kernels=KERNELS
    ).events()


def said(told: list[Event]) -> list[tuple[int, str]]:
    """What the breakers did."""
    return [
        (e.time, "halt") if isinstance(e, Halt) else (e.time, e.state) for e in told if isinstance(e, Halt | Breaker)
    ]


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize(("covers", "plans"), [("", ("fast", "slow")), ("COVERS PLANS fast", ("fast",))])
@pytest.mark.parametrize(("ends", "minutes", "probe"), [("FOR 45m", 45, False), ("FOR 45m PROBE 50%", 45, True)])
def test_a_streak_agrees_with_the_ledger(
    seed: int, covers: str, plans: tuple[str, ...], ends: str, minutes: int, probe: bool
) -> None:
    told = run_of(f"GUARD g {covers}\nWHEN trades.losing_streak >= 3 THEN HALT {ends}\n", seed)
    closed = closed_positions(told, plans)
    sent = [(e.time, e.plan) for e in told if isinstance(e, Decision) and e.about == "entry" and e.outcome == "sent"]
    ledger = Breakers("g", plans, minutes, probe)
    open_since: dict[str, int] = {}
    for now in range(START + MINUTE, START + BARS * MINUTE + 1, MINUTE):
        known = [c for c in closed if c[0] <= now]
        for time, plan, _ in known:
            if time == now:
                open_since.pop(plan, None)
        before = ledger.counted_from
        streak = 0
        for _, _, net in known[before:]:
            streak = streak + 1 if net < 0 else 0
        if ledger.state == "open" and now >= ledger.until and not probe:
            streak = 0  # its reset comes first
        ledger.step(now, streak >= 3, known, ledger.trying in open_since)
        for time, plan in sent:
            if time == now and plan in plans:
                open_since[plan] = now
                if ledger.state == "half_open" and not ledger.trying:
                    ledger.trying, ledger.since = plan, len(known)
    assert said(told) == ledger.told
    assert sum(what == "halt" for _, what in ledger.told) >= 3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_realised_loss_agrees_with_the_ledger(seed: int) -> None:
    told = run_of("GUARD g\nWHEN trades.realised_loss(4h) > 60 USD THEN HALT FOR 30m\n", seed)
    booked = [(e.time + MINUTE, round(100 * (e.profit - e.commission))) for e in told if isinstance(e, Fill)]
    ledger = Breakers("g", ("fast", "slow"), 30, False)
    for now in range(START + MINUTE, START + BARS * MINUTE + 1, MINUTE):
        money = [sum(cents for time, cents in booked if time <= at) for at in (now - 240 * MINUTE, now)]
        ledger.step(now, money[0] - money[1] > 6_000, [], False)
    assert said(told) == ledger.told
    assert sum(what == "halt" for _, what in ledger.told) >= 2


def blocked(told: list[Event], guards: Iterable[CheckedGuard], plan: str, market: str) -> list[tuple[int, int]]:
    """From and until of every time at which a breaker that covers a plan was open, by what was recorded."""
    found: list[tuple[int, int]] = []
    for guard in guards:
        if not guard.covers(plan, market):
            continue
        for rule in guard.rules:
            if not any(isinstance(a, HaltAction) for a in rule.actions):
                continue
            begun = None
            for e in told:
                if isinstance(e, Halt | Breaker) and (e.owner, e.rule) == (guard.name, rule.number):
                    if begun is not None:
                        found.append((begun, e.time))
                    begun = e.time if isinstance(e, Halt) else None
            if begun is not None:
                found.append((begun, 1 << 62))
    return found


@pytest.mark.parametrize("seed", range(40))
def test_nothing_enters_and_nothing_is_added_while_a_breaker_is_open(seed: int) -> None:
    case = random_case(Random(7_000 + seed), plans=2)
    if not case.plans or not case.guards or not can_run(case):
        return
    end = case.world.span[1]
    told = run_backtest(
        case.plans, case.guards, case.world.dataset, catalog(), account_of(case), end=end, kernels=KERNELS
    ).events()
    for plan in case.plans:
        spans = blocked(told, case.guards, plan.name, plan.market)
        for e in told:
            if isinstance(e, Decision) and e.plan == plan.name and e.about in ("entry", "add") and e.outcome == "sent":
                assert [s for s in spans if s[0] <= e.time < s[1]] == [], case.text
