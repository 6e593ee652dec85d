"""A plan that fails is put aside: it is found by trial, and what it holds keeps its stop and target at the broker."""

from __future__ import annotations

from dataclasses import replace

from tradeplan.dsl.graph import (
    CancelAction,
    CheckedGuard,
    CheckedPlan,
    CheckedRule,
    EntryAction,
    Graph,
    Level,
    MoveStopAction,
    RuleAction,
)
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.live.activation import Active, Version, versions_of


def silenced_plan(plan: CheckedPlan, graph: Graph) -> CheckedPlan:
    """The same plan without anything of its own to evaluate; positions and legs find their places as before.

    No rule becomes TRUE but a last one, which cancels a waiting order: nobody is left who could do it later.
    """
    rules = tuple(_mute(rule, graph) for rule in plan.rules)
    always = graph.truth(True)
    number = max(rule.number for rule in rules) + 1
    cancel = replace(rules[-1], number=number, condition=always, hoisted=always, actions=(CancelAction(plan.span),))
    return replace(plan, rules=(*rules, cancel))


def silenced_guard(guard: CheckedGuard, graph: Graph) -> CheckedGuard:
    """The same guard, saying nothing."""
    return replace(guard, rules=tuple(_mute(rule, graph) for rule in guard.rules))


def running_form(active: Active, graph: Graph) -> tuple[list[CheckedPlan], list[CheckedGuard]]:
    """The set as the engine is to run it."""
    plans = [silenced_plan(p, graph) if p.name in active.silenced else p for p in active.plans]
    return plans, list(active.guards)


def culprits(engine: Engine, active: Active, to: int, live_from: int, graph: Graph) -> dict[Version, Exception]:
    """Which of the set make the next `advance` fail, each tried with all others silenced; `engine` stays as it is."""
    plans, guards = running_form(active, graph)
    quiet_plans = {p.name: silenced_plan(p, graph) for p in plans}
    quiet_guards = {g.name: silenced_guard(g, graph) for g in guards}
    found: dict[Version, Exception] = {}
    for version in (*versions_of(plans), *versions_of(guards)):
        name = version[0]
        trial = engine.fork()
        try:
            trial.activate(
                [p if p.name == name else quiet_plans[p.name] for p in plans],
                [g if g.name == name else quiet_guards[g.name] for g in guards],
            )
            trial.forbid_entries(active.retired)
            trial.advance(to, live_from)
        except Exception as error:  # whatever a plan raises is that plan's fault, and is told with its name
            found[version] = error
    return found


def _mute(rule: CheckedRule, graph: Graph) -> CheckedRule:
    never = graph.truth(False)
    actions = tuple(_quiet(action, graph) for action in rule.actions)
    return replace(rule, clauses=(), condition=never, hoisted=never, residual=None, actions=actions, gates=None)


def _quiet(action: RuleAction, graph: Graph) -> RuleAction:
    """An action of the same shape whose values are constants."""
    match action:
        case EntryAction():
            return replace(
                action,
                price=None if action.price is None else graph.constant(1.0),
                stop=_level(action.stop, graph),
                target=None if action.target is None else _level(action.target, graph),
                takes=tuple(replace(take, at=_level(take.at, graph)) for take in action.takes),
            )
        case MoveStopAction():
            return replace(action, price=graph.constant(1.0))
        case _:
            return action


def _level(level: Level, graph: Graph) -> Level:
    return replace(level, value=graph.constant(1.0))
