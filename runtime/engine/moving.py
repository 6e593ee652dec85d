"""Carries an open position to another version of its plan: levels, legs, and what rules that stay remember."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tradeplan.dsl.graph import CheckedRule, EntryAction, RuleAction
from tradeplan.runtime.engine.order_loop import OrderLoop
from tradeplan.runtime.engine.program import Owner
from tradeplan.runtime.engine.program_writer import captured_nodes
from tradeplan.runtime.kernels.orders import layout as at


def legs_in_use(loop: OrderLoop | None) -> dict[str, int]:
    """How many legs the open position of each plan has: a new version keeps their numbers and adds behind them."""
    if loop is None:
        return {}
    return {
        owner.block.name: int(loop.f[owner.address + at.F_LEGS])
        for owner in loop.program.plans
        if loop.f[owner.address + at.F_PHASE] == at.OPEN
    }


def pairs_of_rules(old: Sequence[CheckedRule], new: Sequence[CheckedRule]) -> dict[int, int]:
    """The rules of `new` that stand in `old` with the same condition and actions: number there, number here."""
    free = list(old)
    found: dict[int, int] = {}
    for rule in new:
        same = next((r for r in free if is_same(r, rule)), None)
        if same is not None:
            free.remove(same)
            found[rule.number] = same.number
    return found


def is_same(a: CheckedRule, b: CheckedRule) -> bool:
    """Whether two rules of one graph mean the same, wherever they stand."""
    if a.condition is not b.condition or len(a.actions) != len(b.actions):
        return False
    return all(same_action(x, y) for x, y in zip(a.actions, b.actions, strict=True))


def same_action(x: RuleAction, y: RuleAction) -> bool:
    """Whether two actions do the same; the size and levels of an entry count as well."""
    if type(x) is not type(y):
        return False
    if isinstance(x, EntryAction) and isinstance(y, EntryAction):
        levels = [(e.stop, e.target, *(t.at for t in e.takes)) for e in (x, y)]
        told = [[None if level is None else (level.kind, level.value) for level in both] for both in levels]
        shares = [[t.percent for t in e.takes] for e in (x, y)]
        words = [(e.side, e.size_kind, e.size, e.order, e.price, e.valid) for e in (x, y)]
        return words[0] == words[1] and told[0] == told[1] and shares[0] == shares[1]
    return replace(x, span=y.span) == y


def carry_position(old: OrderLoop, new: OrderLoop, previous: Owner, owner: Owner) -> None:
    """Give a position, its levels, legs and what rules that stay remember to another version of its plan."""
    a, b = previous.address, owner.address
    new.f[b : b + at.PLAN] = old.f[a : a + at.PLAN]
    first, last = int(old.k[a + at.P_LEG0]), int(old.k[a + at.P_LEG1])
    size = min(last - first, int(new.k[b + at.P_LEG1] - new.k[b + at.P_LEG0]))
    target = int(new.k[b + at.P_LEG0])
    new.f[target : target + size] = old.f[first : first + size]
    noted = {node: i for i, node in enumerate(captured_nodes(previous.block.rules))}
    for i, node in enumerate(captured_nodes(owner.block.rules)):
        source = int(old.k[a + at.P_CAPTURE0]) + at.CAPTURE * noted[node]
        target = int(new.k[b + at.P_CAPTURE0]) + at.CAPTURE * i
        new.f[target : target + at.CAPTURE] = old.f[source : source + at.CAPTURE]
    for number, before in pairs_of_rules(previous.block.rules, owner.block.rules).items():
        _carry_rule(old, new, previous, owner, before, number)


def _carry_rule(old: OrderLoop, new: OrderLoop, previous: Owner, owner: Owner, before: int, number: int) -> None:
    source, rule = previous.rules[before], owner.rules[number]
    new.f[rule : rule + at.RULE] = old.f[source : source + at.RULE]
    first, last = int(new.k[rule + at.R_ACTION0]), int(new.k[rule + at.R_ACTION1])
    start = int(old.k[source + at.R_ACTION0])
    for i, action in enumerate(range(first, last, at.ACTION)):
        new.f[action + at.A_USED] = old.f[start + i * at.ACTION + at.A_USED]
    for here, there in zip(owner.cells.get(number, ()), previous.cells.get(before, ()), strict=True):
        new.f[here : here + at.CELL] = old.f[there : there + at.CELL]
