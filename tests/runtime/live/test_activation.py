"""Which versions run: edits wait for positions, failed versions are passed over or silenced."""

from __future__ import annotations

import pytest
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.live.activation import Active, choose

from tests.runtime.live.world import checked

PLAN = "PLAN {name}\nTRADE btc ON M1\nWHEN close > {level} THEN BUY RISK 1% STOP 10 pips\n"


def _plan(name: str, level: int = 1) -> CheckedPlan:
    return checked(PLAN.format(name=name, level=level))[0][0]


def _guard(percent: int) -> CheckedGuard:
    return checked(f"GUARD g\nWHEN account.drawdown(day) > {percent}% THEN FLATTEN\n")[1][0]


OLD, NEW, OTHER = _plan("a", 1), _plan("a", 2), _plan("b")


@pytest.mark.parametrize(
    ("running", "wanted", "busy", "plans", "retired"),
    [
        ([], [OLD, OTHER], "", [OLD, OTHER], set()),
        ([OLD], [NEW], "", [NEW], set()),
        ([OLD], [NEW], "a", [OLD], {"a"}),
        ([OLD], [], "a", [OLD], {"a"}),
        ([OLD], [], "", [], set()),
        ([OLD, OTHER], [NEW, OTHER], "b", [NEW, OTHER], set()),
        ([OLD], [OLD], "a", [OLD], set()),
    ],
)
def test_a_busy_plan_keeps_its_version(
    running: list[CheckedPlan], wanted: list[CheckedPlan], busy: str, plans: list[CheckedPlan], retired: set[str]
) -> None:
    chosen = choose(Active(tuple(running)), wanted, [], lambda name: name == busy).active
    assert list(chosen.plans) == plans
    assert chosen.retired == retired


def test_a_version_that_comes_back_is_not_retired_any_more() -> None:
    retired = choose(Active((OLD,)), [NEW], [], lambda name: True).active
    assert choose(retired, [OLD], [], lambda name: True).active == Active((OLD,))


def test_a_new_version_that_failed_is_passed_over_for_the_last_good_one() -> None:
    bad = frozenset({("a", NEW.version)})
    assert choose(Active((OLD,)), [NEW], [], lambda name: False, bad).active == Active((OLD,))
    assert choose(Active(), [NEW], [], lambda name: False, bad).active == Active()


def test_a_running_version_that_failed_is_silenced_while_it_holds_something() -> None:
    bad = frozenset({("a", OLD.version)})
    held = choose(Active((OLD, OTHER)), [OLD, OTHER], [], lambda name: name == "a", bad)
    assert held.active == Active((OLD, OTHER), (), frozenset({"a"}), frozenset({"a"}))
    assert held.waiting == []
    assert choose(held.active, [OLD, OTHER], [], lambda name: False, bad).active == Active((OTHER,))
    assert choose(held.active, [NEW, OTHER], [], lambda name: False, bad).active == Active((NEW, OTHER))


def test_guards_are_replaced_at_once_and_fall_back_too() -> None:
    first, second = _guard(5), _guard(6)
    running = Active((), (first,))
    assert choose(running, [], [second], lambda name: True).active.guards == (second,)
    bad = frozenset({("g", second.version)})
    assert choose(running, [], [second], lambda name: True, bad).active.guards == (first,)
    assert choose(running, [], [], lambda name: True).active.guards == ()
