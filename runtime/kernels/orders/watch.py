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
    BOUND,
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
    F_FROZEN,
    F_HELD_UNTIL,
    F_NEXT,
    F_OPENED,
    F_PHASE,
    F_POSITION,
    F_R,
    F_SIDE,
    G_BOUND0,
    G_BOUND1,
    G_COLUMN,
    G_NEXT,
    GATE,
    H_IN_R,
    H_LEVEL,
    H_UPWARDS,
    H_VALUE,
    INF,
    K_POSITION,
    OPEN,
    P_ALWAYS,
    P_ENTRY0,
    P_LANE,
    P_MARKET,
    P_RULE0,
    P_SIDE,
    Q_BEST,
    Q_ENTRY,
    Q_PROFIT,
    R_ACTION0,
    R_ACTION1,
    R_EDGE,
    R_GATE0,
    R_GATE1,
    R_GATED,
    R_RESIDUAL,
    RULE,
    STATEFUL,
    T_INERT,
    U_END,
    U_TIMES,
)
from tradeplan.runtime.kernels.orders.numbers import (
    to_tick,
)
from tradeplan.runtime.kernels.orders.values import (
    position_value,
    present_stop,
)

NEARLY = 1e-9


def watch(b: Book, p: int) -> None:
    """Note which rules could change nothing now, and have the plan looked at on its next step.

    INVARIANT: call it after everything that changes stop, entry, requests, or what is used up.
    """
    b.f[p + F_NEXT] = 0.0
    for r in range(b.k[p + P_RULE0], b.k[p + P_ENTRY0], RULE):
        b.f[r + T_INERT] = 1.0 if inert(b, p, r) else 0.0


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


def doze(b: Book, p: int, i: int, t: float) -> None:
    """After step `i` of an open position: what has to come before a later step can do anything.

    Of each rule every way in which it can be TRUE (its gates) waits for the first of its bounds that does not hold, or,
    where they all hold, for the next step at which its column is TRUE. What is used up, and a stop that could only be
    loosened, does not count.
    INVARIANT: holds until `watch` is called; a bound that is passed again in the other direction shuts a gate, which is
    no harm: the gate's column goes on being asked.
    """
    b.f[p + F_ABOVE] = INF
    b.f[p + F_BELOW] = -INF
    b.f[p + F_BEST_FROM] = INF
    b.f[p + F_HELD_UNTIL] = INF
    following = time_of(b, p, i + 1)
    b.f[p + F_NEXT] = following
    if b.f[p + F_FROZEN] != 0.0 or b.f[p + F_AWAKE] != 0.0 or b.k[p + P_ALWAYS] != 0:
        return
    next_true = INF
    for r in range(b.k[p + P_RULE0], b.k[p + P_ENTRY0], RULE):
        if b.f[r + T_INERT] != 0.0:
            continue
        if b.k[r + R_GATED] == 0:
            return
        for g in range(b.k[r + R_GATE0], b.k[r + R_GATE1], GATE):
            if shut(b, p, g, t):
                continue
            if b.k[g + G_COLUMN] < 0:
                return
            if b.f[g + G_NEXT] <= t:
                b.f[g + G_NEXT] = time_of(b, p, next_step(b, p, b.k[b.k[g + G_COLUMN]], i + 1))
            next_true = min(next_true, b.f[g + G_NEXT])
            if next_true <= following:
                return
    b.f[p + F_NEXT] = next_true


def shut(b: Book, p: int, g: int, t: float) -> bool:
    """Whether one of the bounds of a gate does not hold; the first such is what the plan waits for."""
    for x in range(b.k[g + G_BOUND0], b.k[g + G_BOUND1], BOUND):
        level = bound_level(b, p, x)
        upwards = b.k[x + H_UPWARDS] != 0
        what = b.k[x + H_VALUE]
        value = position_value(b, p, what, t)
        if value >= level if upwards else value <= level:
            continue
        if what == Q_PROFIT:
            if upwards:
                b.f[p + F_ABOVE] = min(b.f[p + F_ABOVE], level)
            else:
                b.f[p + F_BELOW] = max(b.f[p + F_BELOW], level)
        elif upwards and what == Q_BEST:
            b.f[p + F_BEST_FROM] = min(b.f[p + F_BEST_FROM], level)
        elif upwards:
            b.f[p + F_HELD_UNTIL] = min(b.f[p + F_HELD_UNTIL], b.f[p + F_OPENED] + math.floor(level))
        return True  # of the furthest and the time held only less was asked for: they never fall
    return False


def closed(b: Book, p: int, r: int, i: int, t: float) -> bool:
    """Whether a rule of an open position cannot be TRUE at a step: none of its gates is open."""
    for g in range(b.k[r + R_GATE0], b.k[r + R_GATE1], GATE):
        column = b.k[g + G_COLUMN]
        if column >= 0 and b.truths[b.k[column] + i] != 2:
            continue
        if within(b, p, g, t):
            return False
    return True


def within(b: Book, p: int, g: int, t: float) -> bool:
    """Whether the bounds of a gate hold."""
    for x in range(b.k[g + G_BOUND0], b.k[g + G_BOUND1], BOUND):
        value = position_value(b, p, b.k[x + H_VALUE], t)
        level = bound_level(b, p, x)
        if value < level if b.k[x + H_UPWARDS] != 0 else value > level:
            return False
    return True


def bound_level(b: Book, p: int, x: int) -> float:
    """What a bound is compared with; the condition may divide where this multiplies, so its rounding is allowed for."""
    level = b.f[x + H_LEVEL]
    if b.k[x + H_IN_R] != 0:
        level *= b.f[p + F_R]
    return level - NEARLY * abs(level) if b.k[x + H_UPWARDS] != 0 else level + NEARLY * abs(level)


def next_step(b: Book, p: int, column: int, i: int) -> int:
    """The first step from `i` on at which a condition column is TRUE, or the one after the chunk's last."""
    last = b.k[b.k[p + P_LANE] + U_END]
    while i < last and b.truths[column + i] != 2:
        i += 1
    return i


def time_of(b: Book, p: int, i: int) -> float:
    """The time of a step; of the one after the chunk's last, which nobody knows yet, one that is not later."""
    lane = b.k[p + P_LANE]
    if i < b.k[lane + U_END]:
        return float(b.times[b.k[lane + U_TIMES] + i])
    return float(b.times[b.k[lane + U_TIMES] + b.k[lane + U_END] - 1]) + 1.0


def asleep(b: Book, p: int, best: float, bid: float, ask: float, t: float) -> bool:
    """Whether a step at a time, furthest and mark can be left out."""
    if b.f[p + F_PHASE] != OPEN or t >= b.f[p + F_NEXT]:
        return False
    if best >= b.f[p + F_BEST_FROM] or t >= b.f[p + F_HELD_UNTIL]:
        return False
    side = b.f[p + F_SIDE]
    mark = bid if side > 0.0 else ask
    profit = side * (mark - b.f[p + F_ENTRY])
    return profit < b.f[p + F_ABOVE] and profit > b.f[p + F_BELOW]
