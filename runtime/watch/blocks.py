"""What keeps a plan from entering whatever its conditions say: its limits, halts, guards, people, its own position."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tradeplan.dsl.explain.spans import span_text
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan
from tradeplan.runtime.engine.by_hand import ACCOUNT
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.order_loop import OrderLoop
from tradeplan.runtime.engine.program import Owner
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.kernels.orders.arrays import Book
from tradeplan.runtime.kernels.orders.limits import too_many
from tradeplan.runtime.kernels.orders.numbers import span_end
from tradeplan.runtime.live.words import scope_text


@dataclass(frozen=True, slots=True)
class Block:
    """One thing in the way. `kind` is a word for programs; `by` a guard, plan or scope; `until` UTC ms, None: open."""

    kind: str
    text: str
    by: str = ""
    rule: int | None = None
    until: int | None = None


def blocks(
    engine: Engine, loop: OrderLoop, owner: Owner, book: Book, t: float, retired: Collection[str]
) -> list[Block]:
    """Everything that blocks a plan's entries at time `t`, in the order in which the engine asks."""
    plan, f, k, p = owner.block, loop.f, loop.k, owner.address
    assert isinstance(plan, CheckedPlan)
    found: list[Block] = []
    if f[p + at.F_PHASE] == at.OPEN:
        closing = f[p + at.F_CLOSE_AT] < at.INF
        found.append(Block("closing", "its position is being closed") if closing else Block("position", "it holds one"))
    elif f[p + at.F_PHASE] == at.PENDING:
        found.append(Block("order", "its order waits for a fill"))
    if plan.name in retired or f[p + at.F_FROZEN] != 0.0:
        found.append(Block("retired", "the folder holds another version of it, or none"))
    if plan.expires is not None and t >= plan.expires:
        found.append(Block("expired", "its last day (EXPIRES) has passed", until=plan.expires))
    found += _own_halts(owner, loop, t)
    found += _guards(plan, loop, p, t)
    for scope in (ACCOUNT, plan.market, plan.name):
        if scope in engine.held:
            back = f"plan resume {scope}" if scope else "plan resume"
            found.append(Block("halt", f"{scope_text(scope)} is halted until `{back}`", scope or "account"))
    if plan.once and f[p + at.F_FILLS] > 0.0:
        found.append(Block("once", "ONCE: it had its entry"))
    if plan.cooldown is not None and f[p + at.F_LAST_EXIT] > -at.INF:
        ends = span_end(book, float(k[p + at.P_COOLDOWN]), int(k[p + at.P_COOLDOWN_CALENDAR]), f[p + at.F_LAST_EXIT])
        if t < ends:
            found.append(Block("cooldown", f"COOLDOWN {span_text(plan.cooldown)} after its last exit", until=int(ends)))
    if plan.max_count and plan.max_span is not None and too_many(book, p, t):
        found.append(Block("max_count", f"MAX {plan.max_count} PER {span_text(plan.max_span)} is reached"))
    return found


def _own_halts(owner: Owner, loop: OrderLoop, t: float) -> list[Block]:
    found = []
    for number, address in sorted(owner.rules.items()):
        if loop.k[address + at.R_HALT] and t < loop.f[address + at.T_UNTIL]:
            until = _time(float(loop.f[address + at.T_UNTIL]))
            found.append(Block("own_rule", f"its rule {number + 1} halts it", owner.block.name, number, until))
    return found


def _guards(plan: CheckedPlan, loop: OrderLoop, address: int, t: float) -> list[Block]:
    names = {o.address: o.block.name for o in loop.program.plans}
    found = []
    for guard in loop.program.guards:
        block = guard.block
        if not isinstance(block, CheckedGuard) or not block.covers(plan.name, plan.market):
            continue
        for number, rule in sorted(guard.rules.items()):
            state = loop.f[rule + at.T_STATE]
            if not loop.k[rule + at.R_HALT] or state == at.CLOSED:
                continue
            where = f"guard `{block.name}`, rule {number + 1}"
            if state == at.BLOCKING:
                percent = loop.f[loop.k[rule + at.R_HALT] + at.A_PERCENT]
                until = _time(float(loop.f[rule + at.T_UNTIL]))
                if percent != 0.0 or until is None or t < until:
                    found.append(Block("guard", f"{where} halts it", block.name, number, until))
            elif loop.f[rule + at.T_PROBE] not in (0.0, float(address)):
                other = names.get(int(loop.f[rule + at.T_PROBE]), "another plan")
                found.append(Block("probe", f"{where} lets `{other}` try alone first", block.name, number))
    return found


def _time(until: float) -> int | None:
    return None if until >= at.INF else int(until)
