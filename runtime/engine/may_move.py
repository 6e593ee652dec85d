"""What stands in the way of an open position that is to go on under another version of its plan."""

from __future__ import annotations

from tradeplan.dsl.graph import CheckedPlan
from tradeplan.runtime.engine.order_loop import OrderLoop
from tradeplan.runtime.engine.program_writer import captured_nodes
from tradeplan.runtime.engine.wanted import orders
from tradeplan.runtime.kernels.orders import layout as at


def obstacle(loop: OrderLoop, plan: CheckedPlan) -> str | None:
    """Why the open position of this plan's name cannot go on under `plan`, None if it can."""
    owner = next((o for o in loop.program.plans if o.block.name == plan.name), None)
    if owner is None or loop.f[owner.address + at.F_PHASE] == at.FLAT:
        return f"`{plan.name}` holds nothing: its newest version runs as soon as it is good"
    before, f, p = owner.block, loop.f, owner.address
    assert isinstance(before, CheckedPlan)
    if f[p + at.F_PHASE] == at.PENDING:
        return f"the entry of `{plan.name}` has not filled: what waits keeps its stop, size and end; ask again after it"
    if plan.market != before.market:
        return (
            f"`{plan.name}` holds {before.market}, the new version trades {plan.market}: a position cannot change that"
        )
    if plan.side != before.side:
        way = {1: "buys", -1: "sells"}
        return (
            f"`{plan.name}` holds a position that {way[before.side]}, the new version {way[plan.side]}: a position"
            " cannot be turned round"
        )
    if f[p + at.F_CLOSE_AT] < at.INF:
        return f"the position of `{plan.name}` is being closed"
    if f[p + at.F_PARTS] > 0.0:
        return f"a part of the position of `{plan.name}` is being closed: ask again when that has filled"
    if any(order.plan == plan.name for order in orders(loop)):
        return f"an order of `{plan.name}` (an ADD, or the rest of its entry) has not filled: ask again after it"
    noted = set(captured_nodes(before.rules))
    for rule in plan.rules:
        if any(node not in noted for node in captured_nodes([rule])):
            return (
                f"rule {rule.number + 1} of the new version reads with at_entry(...) what the version that opened the"
                " position did not note down: it would never be TRUE; close the position by hand, or leave that rule"
                " out until it is closed"
            )
    return None
