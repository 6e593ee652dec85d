"""When the rules of an open position have to be looked at next, so that the steps before that can be skipped."""

from __future__ import annotations

import math

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.layout import (
    A_CODE,
    A_INDEX,
    A_OPERAND,
    A_PERCENT,
    A_USED,
    ACTION,
    C_GE,
    C_GT,
    C_LE,
    C_LT,
    DO_ADD,
    DO_CANCEL,
    DO_CLOSE,
    DO_CLOSE_PART,
    DO_MOVE_STOP,
    F_ABOVE,
    F_AWAKE,
    F_BELOW,
    F_BEST_FROM,
    F_CLOSE_AT,
    F_ENTRY,
    F_EVERY,
    F_FROZEN,
    F_HELD_UNTIL,
    F_OPENED,
    F_PHASE,
    F_POSITION,
    F_R,
    F_SIDE,
    INF,
    K_CONSTANT,
    K_POSITION,
    LITERAL,
    LITERALS,
    OPEN,
    P_ALWAYS,
    P_ENTRY0,
    P_MARKET,
    P_RULE0,
    P_SIDE,
    Q_BEST,
    Q_ENTRY,
    Q_HELD,
    Q_PROFIT,
    Q_R,
    R_ACTION0,
    R_ACTION1,
    R_EDGE,
    R_LITERAL0,
    R_LITERAL1,
    R_RESIDUAL,
    RULE,
    STATEFUL,
    T_INERT,
    X_COMPARE,
    X_LEFT,
    X_LEFT_INDEX,
    X_LEFT_SCALE,
    X_RIGHT,
    X_RIGHT_INDEX,
    X_RIGHT_SCALE,
)
from tradeplan.runtime.kernels.orders.numbers import (
    to_tick,
)
from tradeplan.runtime.kernels.orders.values import (
    present_stop,
)


def watch(b: Book, p: int) -> None:
    """Work out bounds that hold until the position changes: below them no rule of the plan can do anything.

    Each rule needs one literal that must be TRUE for it to act, such as `profit >= 1.5R`; a rule without one is looked
    at on every step. What is used up, and a stop that could only be loosened, does not count.
    INVARIANT: call it after everything that changes stop, entry, requests, or what is used up.
    """
    b.f[p + F_EVERY] = 0.0
    b.f[p + F_ABOVE] = INF
    b.f[p + F_BELOW] = -INF
    b.f[p + F_BEST_FROM] = INF
    b.f[p + F_HELD_UNTIL] = INF
    if b.f[p + F_FROZEN] != 0.0 or b.f[p + F_AWAKE] != 0.0 or b.k[p + P_ALWAYS] != 0:
        b.f[p + F_EVERY] = 1.0
    for r in range(b.k[p + P_RULE0], b.k[p + P_ENTRY0], RULE):
        if inert(b, p, r):
            b.f[r + T_INERT] = 1.0
        else:
            b.f[r + T_INERT] = 0.0
            if not bounded(b, p, r):
                b.f[p + F_EVERY] = 1.0


def inert(b: Book, p: int, r: int) -> bool:
    """Whether nothing that a rule could do would change anything now."""
    if b.k[r + R_EDGE] != 0 or b.k[r + R_RESIDUAL] == STATEFUL:
        return False
    closing = b.f[p + F_CLOSE_AT] < INF
    for a in range(b.k[r + R_ACTION0], b.k[r + R_ACTION1], ACTION):
        code = b.k[a + A_CODE]
        if code == DO_CANCEL:
            continue
        if closing and code in (DO_CLOSE, DO_CLOSE_PART, DO_ADD, DO_MOVE_STOP):
            continue
        if code in (DO_CLOSE_PART, DO_ADD) and b.f[a + A_USED] == b.f[p + F_POSITION]:
            continue
        if code == DO_MOVE_STOP and cannot_tighten(b, p, a):
            continue
        return False
    return True


def cannot_tighten(b: Book, p: int, a: int) -> bool:
    """Whether MOVE STOP TO entry is behind the present stop."""
    if b.k[a + A_OPERAND] != K_POSITION or b.k[a + A_INDEX] != Q_ENTRY:
        return False
    price = to_tick(b, b.k[p + P_MARKET], b.f[a + A_PERCENT] * b.f[p + F_ENTRY])
    if b.k[p + P_SIDE] > 0:
        return price <= present_stop(b, p)
    return price >= present_stop(b, p)


def bounded(b: Book, p: int, r: int) -> bool:
    """Bring in the first literal of a rule that bounds profit, best or held; False when there is none."""
    if b.k[r + R_RESIDUAL] != LITERALS:
        return False
    for x in range(b.k[r + R_LITERAL0], b.k[r + R_LITERAL1], LITERAL):
        if b.k[x + X_LEFT] != K_POSITION or b.f[x + X_LEFT_SCALE] != 1.0:
            continue
        level = fixed(b, p, b.k[x + X_RIGHT], b.k[x + X_RIGHT_INDEX], b.f[x + X_RIGHT_SCALE])
        if math.isnan(level):
            continue
        what = b.k[x + X_LEFT_INDEX]
        upwards = b.k[x + X_COMPARE] == C_GT or b.k[x + X_COMPARE] == C_GE
        if what == Q_PROFIT and upwards:
            b.f[p + F_ABOVE] = min(b.f[p + F_ABOVE], level)
            return True
        if what == Q_PROFIT and (b.k[x + X_COMPARE] == C_LT or b.k[x + X_COMPARE] == C_LE):
            b.f[p + F_BELOW] = max(b.f[p + F_BELOW], level)
            return True
        if what == Q_BEST and upwards:
            b.f[p + F_BEST_FROM] = min(b.f[p + F_BEST_FROM], level)
            return True
        if what == Q_HELD and upwards:
            b.f[p + F_HELD_UNTIL] = min(b.f[p + F_HELD_UNTIL], b.f[p + F_OPENED] + math.floor(level))
            return True
    return False


def fixed(b: Book, p: int, kind: int, index: int, scale: float) -> float:
    """The other side of a literal if it stays what it is: a number, or a multiple of R; else NaN."""
    if kind == K_CONSTANT:
        return scale
    if kind == K_POSITION and index == Q_R:
        return scale * b.f[p + F_R]
    return math.nan


def asleep(b: Book, p: int, best: float, bid: float, ask: float, t: float) -> bool:
    """Whether a step at a time, furthest and mark can be left out."""
    if b.f[p + F_PHASE] != OPEN or b.f[p + F_EVERY] != 0.0:
        return False
    if best >= b.f[p + F_BEST_FROM] or t >= b.f[p + F_HELD_UNTIL]:
        return False
    side = b.f[p + F_SIDE]
    mark = bid if side > 0.0 else ask
    profit = side * (mark - b.f[p + F_ENTRY])
    return profit < b.f[p + F_ABOVE] and profit > b.f[p + F_BELOW]
