"""What breakers make of plans: who is blocked, who may try with a part of its size."""

from __future__ import annotations

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.layout import (
    A_PERCENT,
    BLOCKING,
    CLOSED,
    F_BY_HAND,
    F_GUARDED,
    F_HALT,
    F_PROBE,
    H_GUARDS,
    H_PLANS,
    H_PLANS_END,
    HALF_OPEN,
    INF,
    P_RULE0,
    P_RULE1,
    PLAN,
    R_HALT,
    RULE,
    T_OUTCOME,
    T_PROBE,
    T_STATE,
    T_UNTIL,
)
from tradeplan.runtime.kernels.orders.ledger import (
    covers,
)


def is_halted(b: Book, p: int, t: float) -> bool:
    """Whether entries and ADDs of a plan are off."""
    return t < b.f[p + F_HALT] or t < b.f[p + F_GUARDED] or t < b.f[p + F_BY_HAND]


def begin_probe(b: Book, p: int) -> None:
    """An entry was sent with a part of its size: its plan tries for every half-open breaker that covers it."""
    for g in range(b.k[H_GUARDS], b.k[H_PLANS], PLAN):
        if covers(b, g, p):
            for r in range(b.k[g + P_RULE0], b.k[g + P_RULE1], RULE):
                if b.f[r + T_STATE] == HALF_OPEN and b.f[r + T_PROBE] == 0.0:
                    b.f[r + T_PROBE] = p
                    b.f[r + T_OUTCOME] = 0.0
    spread(b)


def spread(b: Book) -> None:
    """Work out anew for each plan what the breakers that cover it leave it.

    INVARIANT: call it after everything that changes the state of a breaker; plans read the result only.
    """
    for p in range(b.k[H_PLANS], b.k[H_PLANS_END], PLAN):
        until = 0.0
        part = 0.0
        for g in range(b.k[H_GUARDS], b.k[H_PLANS], PLAN):
            if covers(b, g, p):
                for r in range(b.k[g + P_RULE0], b.k[g + P_RULE1], RULE):
                    a = b.k[r + R_HALT]
                    if a == 0 or b.f[r + T_STATE] == CLOSED:
                        continue
                    percent = b.f[a + A_PERCENT]
                    if b.f[r + T_STATE] == BLOCKING:
                        # what ends half-open blocks until its guard has stepped
                        until = max(until, b.f[r + T_UNTIL] if percent == 0.0 else INF)
                    elif b.f[r + T_PROBE] != 0.0 and b.f[r + T_PROBE] != p:
                        until = INF
                    else:
                        part = percent if part == 0.0 else min(part, percent)
        b.f[p + F_GUARDED] = until
        b.f[p + F_PROBE] = part
