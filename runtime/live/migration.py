"""What `plan migrate` would change for an open position, and the checks before it is done."""

from __future__ import annotations

from dataclasses import dataclass

from tradeplan.dsl.graph import AddAction, CheckedPlan, CheckedRule, CloseAction, Node, Op
from tradeplan.runtime.engine.at_stake import AtStake, at_stake
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.may_move import obstacle
from tradeplan.runtime.engine.moving import pairs_of_rules
from tradeplan.runtime.engine.wanted import Holding
from tradeplan.runtime.live.activation import Active, Version
from tradeplan.runtime.live.staging import Staging
from tradeplan.runtime.live.words import no_such


@dataclass(frozen=True, slots=True)
class Move:
    """What moving an open position to another version of its plan changes; rules in their canonical text.

    Stop and targets are prices; `before` and `after` the versions; `starts` says what new rules begin with.
    """

    plan: str
    market: str
    side: int
    lots: float
    stop: float
    targets: tuple[float, ...]
    before: str
    after: str
    gone: tuple[str, ...]
    came: tuple[str, ...]
    stays: int
    starts: tuple[str, ...]
    entries: bool  # whether entries, COOLDOWN, MAX or their kin differ: they count from the next position on
    stake_before: AtStake
    stake_after: AtStake


def moved_to(
    name: str,
    active: Active,
    engine: Engine,
    wanted: tuple[CheckedPlan, ...],
    staging: Staging | None,
    quarantined: set[Version],
) -> CheckedPlan:
    """The version of a plan that its position can be moved to. Raises ValueError that says what is in the way."""
    running = {p.name: p for p in active.plans}
    if name not in running:
        open_now = {p.plan for p in engine.holdings()}
        raise ValueError(no_such(name, open_now) if open_now else "no position is open: there is nothing to move")
    if name in active.silenced:
        raise ValueError(
            f"`{name}` failed and is put aside, what its rules remembered is gone: its position keeps stop and target;"
            f" `plan flatten {name}` closes it"
        )
    newest = next((p for p in wanted if p.name == name), None)
    if newest is None:
        raise ValueError(f"the folder holds no plan `{name}` any more: there is no version to move to")
    if newest.version == running[name].version:
        raise ValueError(f"`{name}` runs by its newest good version already")
    if (name, newest.version) in quarantined:
        raise ValueError(f"the newest version of `{name}` failed and is put aside: edit it first")
    if staging is not None and staging.waits(running[name], newest):
        raise ValueError(f"the newest version of `{name}` waits to be armed: `plan arm {name}` shows what it risks")
    assert engine.standing is not None, "a plan runs"
    why = obstacle(engine.standing, newest)
    if why is not None:
        raise ValueError(why)
    return newest


def move_of(engine: Engine, before: CheckedPlan, after: CheckedPlan) -> Move:
    """What is to be shown before a person says yes."""
    assert engine.standing is not None
    holding = next(h for h in engine.holdings() if h.plan == after.name)
    position = next(p for p in engine.positions() if p.plan == after.name)
    pairs = pairs_of_rules(before.rules, after.rules)
    kept = set(pairs.values())
    came = [r for r in after.rules if r.number not in pairs]
    gone = [r for r in before.rules if r.number not in kept]
    limits = [(p.cooldown, p.max_count, p.max_span, p.once, p.expires) for p in (before, after)]
    return Move(
        after.name,
        after.market,
        holding.side,
        position.lots,
        holding.stop_wanted,
        _targets(holding),
        before.version,
        after.version,
        tuple(r.text for r in gone if r.entry is None),
        tuple(r.text for r in came if r.entry is None),
        sum(r.entry is None for r in after.rules if r.number in pairs),
        tuple(text for r in came if r.entry is None for text in _starts(r)),
        any(r.entry is not None for r in (*gone, *came)) or limits[0] != limits[1],
        at_stake(engine.standing, before),
        at_stake(engine.standing, after),
    )


def _targets(holding: Holding) -> tuple[float, ...]:
    return tuple(dict.fromkeys(x.target for x in holding.legs if x.target is not None))


def _starts(rule: CheckedRule) -> list[str]:
    """With what a rule begins that the version before did not have."""
    told = []
    if any(isinstance(a, AddAction) or (isinstance(a, CloseAction) and a.percent < 100.0) for a in rule.actions):
        told.append(f"`{rule.text}` is not used up: it may act once on this position")
    if rule.residual is not None and _remembers(rule.residual):
        told.append(f"`{rule.text}` looks at steps from now on: the spans of FOR and WITHIN begin anew")
    return told


def _remembers(node: Node) -> bool:
    return node.positional and (node.op in (Op.FOR, Op.WITHIN) or any(_remembers(i) for i in node.inputs))
