"""The guard phase: rules about the account, over the plans that each guard covers."""

from __future__ import annotations

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.breakers import (
    spread,
)
from tradeplan.runtime.kernels.orders.exposure import (
    insert,
    remove,
)
from tradeplan.runtime.kernels.orders.layout import (
    A_CALENDAR,
    A_CODE,
    A_PERCENT,
    A_SPAN,
    ACTION,
    BLOCKING,
    CANCELLED,
    CLOSED,
    DO_FLATTEN,
    DO_HALT,
    EV_A,
    F_CLOSE_AT,
    F_PHASE,
    F_STREAK,
    FLAT,
    H_GUARDS,
    H_PLANS,
    H_PLANS_END,
    HALF_OPEN,
    INF,
    NO_CALENDAR,
    OPEN,
    P_ALWAYS,
    P_LANE,
    P_RULE0,
    P_RULE1,
    PENDING,
    PLAN,
    R_ACTION0,
    R_ACTION1,
    R_EDGE,
    R_HALT,
    R_NUMBER,
    R_OWNER,
    RULE,
    T_BLOCKED,
    T_OUTCOME,
    T_PROBE,
    T_STATE,
    T_UNTIL,
    TYPE_ALERT,
    TYPE_BREAKER,
    TYPE_HALT,
    U_LIST,
)
from tradeplan.runtime.kernels.orders.ledger import (
    covers,
    emit,
)
from tradeplan.runtime.kernels.orders.numbers import (
    span_end,
)
from tradeplan.runtime.kernels.orders.rules import (
    becomes_true,
    cancel_entry,
    request_close,
    rule_truth,
)


def guard_phase(b: Book, i: int, t: float) -> None:
    """One step of every guard, in order of name: the states of its breakers, then its rules."""
    changed = False
    for who in range(b.k[H_GUARDS], b.k[H_PLANS], PLAN):
        for r in range(b.k[who + P_RULE0], b.k[who + P_RULE1], RULE):
            if b.f[r + T_STATE] != CLOSED and settle(b, who, r, t):
                changed = True
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
                    if b.f[r + T_STATE] == CLOSED and b.f[r + T_BLOCKED] == 0.0:
                        trip(b, r, t)
                        changed = True
                elif code == DO_FLATTEN:
                    if b.f[r + T_STATE] != HALF_OPEN and b.f[r + T_BLOCKED] == 0.0:
                        flatten_covered(b, who, t)
                elif became:
                    emit(b, t, TYPE_ALERT, b.k[r + R_OWNER], b.k[r + R_NUMBER], 0, a)
        place_guard(b, who)
    if changed:
        spread(b)


def settle(b: Book, who: int, r: int, t: float) -> bool:
    """The state of a breaker that is not closed, at a step of its guard; whether it changed."""
    if b.f[r + T_STATE] == BLOCKING:
        if t < b.f[r + T_UNTIL]:
            return False
        if b.f[b.k[r + R_HALT] + A_PERCENT] == 0.0:
            reset(b, who, r, t)
            return True
        b.f[r + T_STATE] = HALF_OPEN
        b.f[r + T_PROBE] = 0.0
        emit(b, t, TYPE_BREAKER, b.k[r + R_OWNER], b.k[r + R_NUMBER], 0, int(HALF_OPEN))
        return True
    trying = int(b.f[r + T_PROBE])
    if trying == 0 or (trying > 0 and b.f[trying + F_PHASE] != FLAT):
        return False
    outcome = b.f[r + T_OUTCOME]
    b.f[r + T_PROBE] = 0.0
    b.f[r + T_OUTCOME] = 0.0
    if outcome > 0.0:
        reset(b, who, r, t)
        b.f[r + T_BLOCKED] = 1.0
    elif outcome < 0.0:
        trip(b, r, t)
    return True


def trip(b: Book, r: int, t: float) -> None:
    """A breaker opens, for the span of its HALT."""
    a = b.k[r + R_HALT]
    until = INF
    if b.k[a + A_SPAN] > 0 or b.k[a + A_CALENDAR] != NO_CALENDAR:
        until = span_end(b, float(b.k[a + A_SPAN]), b.k[a + A_CALENDAR], t)
    b.f[r + T_STATE] = BLOCKING
    b.f[r + T_UNTIL] = until
    row = emit(b, t, TYPE_HALT, b.k[r + R_OWNER], b.k[r + R_NUMBER], 0, 0)
    b.out[row + EV_A] = until


def reset(b: Book, who: int, r: int, t: float) -> None:
    """A breaker closes."""
    b.f[r + T_STATE] = CLOSED
    b.f[r + T_PROBE] = 0.0
    b.f[who + F_STREAK] = 0.0
    emit(b, t, TYPE_BREAKER, b.k[r + R_OWNER], b.k[r + R_NUMBER], 0, int(CLOSED))


def place_guard(b: Book, who: int) -> None:
    """Have a guard looked at on every step while the state of one of its rules may change without a TRUE condition."""
    watched = b.k[who + P_ALWAYS] != 0
    for r in range(b.k[who + P_RULE0], b.k[who + P_RULE1], RULE):
        state = b.f[r + T_STATE]
        if b.f[r + T_BLOCKED] != 0.0 or state == HALF_OPEN or (state == BLOCKING and b.f[r + T_UNTIL] < INF):
            watched = True
    if watched:
        insert(b.lists, b.k[b.k[who + P_LANE] + U_LIST], who)
    else:
        remove(b.lists, b.k[b.k[who + P_LANE] + U_LIST], who)


def flatten_covered(b: Book, who: int, t: float) -> None:
    """Cancel every pending entry and ask for a full close of every position of the plans that a guard covers."""
    for p in range(b.k[H_PLANS], b.k[H_PLANS_END], PLAN):
        if not covers(b, who, p):
            continue
        if b.f[p + F_PHASE] == PENDING:
            cancel_entry(b, p, CANCELLED, t)
        elif b.f[p + F_PHASE] == OPEN and b.f[p + F_CLOSE_AT] >= INF:
            request_close(b, p, -1, t)
