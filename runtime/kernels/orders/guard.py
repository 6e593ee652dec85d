"""The guard phase: rules about the account, over all plans."""

from __future__ import annotations

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.layout import (
    A_CODE,
    ACTION,
    CANCELLED,
    DO_FLATTEN,
    DO_HALT,
    F_CLOSE_AT,
    F_PHASE,
    H_GUARDS,
    H_PLANS,
    H_PLANS_END,
    INF,
    OPEN,
    P_RULE0,
    P_RULE1,
    PENDING,
    PLAN,
    R_ACTION0,
    R_ACTION1,
    R_EDGE,
    R_NUMBER,
    R_OWNER,
    RULE,
    T_BLOCKED,
    TYPE_ALERT,
)
from tradeplan.runtime.kernels.orders.ledger import (
    emit,
)
from tradeplan.runtime.kernels.orders.rules import (
    becomes_true,
    cancel_entry,
    request_close,
    rule_truth,
    start_halt,
)


def guard_phase(b: Book, i: int, t: float) -> None:
    """One step of every guard, in order of name."""
    for who in range(b.k[H_GUARDS], b.k[H_PLANS], PLAN):
        for r in range(b.k[who + P_RULE0], b.k[who + P_RULE1], RULE):
            truth = rule_truth(b, -1, r, i, t)
            became = b.k[r + R_EDGE] != 0 and becomes_true(b, -1, r, i, truth)
            if truth != 2:
                if truth == 0:
                    b.f[r + T_BLOCKED] = 0.0
                continue
            for a in range(b.k[r + R_ACTION0], b.k[r + R_ACTION1], ACTION):
                code = b.k[a + A_CODE]
                if code == DO_HALT:
                    start_halt(b, -1, r, a, t)
                elif code == DO_FLATTEN:
                    flatten_all(b, t)
                elif became:
                    emit(b, t, TYPE_ALERT, b.k[r + R_OWNER], b.k[r + R_NUMBER], 0, a)


def flatten_all(b: Book, t: float) -> None:
    """Cancel every pending entry and ask for a full close of every position."""
    for p in range(b.k[H_PLANS], b.k[H_PLANS_END], PLAN):
        if b.f[p + F_PHASE] == PENDING:
            cancel_entry(b, p, CANCELLED, t)
        elif b.f[p + F_PHASE] == OPEN and b.f[p + F_CLOSE_AT] >= INF:
            request_close(b, p, -1, t)
