"""What a rule reads: columns, the position, the account, and stack programs over them."""

from __future__ import annotations

import math

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.layout import (
    C_EQ,
    C_GE,
    C_GT,
    C_LE,
    C_LT,
    F_BEST,
    F_ENTRY,
    F_OPENED,
    F_PHASE,
    F_R,
    F_STOP,
    F_STOP_AT,
    F_STOP_NEW,
    F_UNITS,
    I_VALUE,
    INF,
    INSTRUCTION,
    K_COLUMN,
    K_CONSTANT,
    K_POSITION,
    L_UNITS,
    LEG,
    LITERAL,
    M_LOT_STEP,
    N_ASK,
    N_CLOSE,
    O_ABS,
    O_ADD,
    O_AND,
    O_BECAME,
    O_BRANCH,
    O_CAPTURE,
    O_CHOOSE,
    O_COLUMN,
    O_COMPARE,
    O_CONSTANT,
    O_DIV,
    O_FOR,
    O_GREATEST,
    O_INDEX,
    O_JUMP,
    O_KNOWN,
    O_LEAST,
    O_MIN,
    O_MUL,
    O_NEG,
    O_NOT,
    O_OPERATION,
    O_OR,
    O_POSITION,
    O_READING,
    O_SKIP_FALSE,
    O_SKIP_TRUE,
    O_STATISTIC,
    O_SUB,
    O_TRUTH,
    O_VALUE,
    O_WITHIN,
    OPEN,
    P_CELL0,
    P_CELL1,
    P_LEG0,
    P_LEG1,
    P_MARKET,
    P_SIDE,
    Q_BEST,
    Q_ENTRY,
    Q_FIRST,
    Q_HELD,
    Q_PROFIT,
    Q_R,
    Q_SIDE,
    Q_STOP,
    X_COMPARE,
    X_LEFT,
    X_LEFT_INDEX,
    X_LEFT_SCALE,
    X_RIGHT,
    X_RIGHT_INDEX,
    X_RIGHT_SCALE,
    Z_VALUE,
)


def present_stop(b: Book, p: int) -> float:
    """The stop as last requested."""
    if b.f[p + F_STOP_AT] < INF:
        return b.f[p + F_STOP_NEW]
    return b.f[p + F_STOP]


def mark_of(b: Book, m: int, side: float) -> float:
    """The price at which a position of this side could be closed at the newest close."""
    if side > 0.0:
        return b.f[m + N_CLOSE]
    return b.f[m + N_ASK]


def position_value(b: Book, p: int, q: int, t: float) -> float:
    """A position value; UNKNOWN while flat."""
    if p < 0 or b.f[p + F_PHASE] != OPEN:
        return math.nan
    if q == Q_PROFIT:
        side = float(b.k[p + P_SIDE])
        return side * (mark_of(b, b.k[p + P_MARKET], side) - b.f[p + F_ENTRY])
    if q == Q_BEST:
        return b.f[p + F_BEST]
    if q == Q_R:
        return b.f[p + F_R]
    if q == Q_ENTRY:
        return b.f[p + F_ENTRY]
    if q == Q_HELD:
        return t - b.f[p + F_OPENED]
    if q == Q_STOP:
        return present_stop(b, p)
    if q == Q_SIDE:
        return float(b.k[p + P_SIDE])
    if q == Q_FIRST:
        return b.f[p + F_UNITS] * b.f[b.k[p + P_MARKET] + M_LOT_STEP]
    units = 0.0
    for leg in range(b.k[p + P_LEG0], b.k[p + P_LEG1], LEG):
        units += b.f[leg + L_UNITS]
    return units * b.f[b.k[p + P_MARKET] + M_LOT_STEP]


def compare(how: int, a: float, b: float) -> bool:
    """A comparison of two known numbers; with a NaN it is False, also for `!=`."""
    if how == C_GE:
        return a >= b
    if how == C_GT:
        return a > b
    if how == C_LT:
        return a < b
    if how == C_LE:
        return a <= b
    if how == C_EQ:
        return a == b
    return a < b or a > b


def operand(b: Book, p: int, i: int, t: float, kind: int, index: int, scale: float) -> float:
    """One side of a flat literal: `scale x` a constant, a position value, a column or a capture."""
    if kind == K_CONSTANT:
        return scale
    if kind == K_POSITION:
        return scale * position_value(b, p, index, t)
    if kind == K_COLUMN:
        return scale * b.values[b.k[index] + i]
    return scale * captured(b, p, index)


def captured(b: Book, p: int, index: int) -> float:
    """What was kept at the step that sent the entry; UNKNOWN while flat."""
    if p < 0 or b.f[p + F_PHASE] != OPEN:
        return math.nan
    return b.f[index + I_VALUE]


def literals_true(b: Book, p: int, i: int, t: float, first: int, last: int) -> bool:
    """Whether every flat literal in `[first, last)` is TRUE."""
    for x in range(first, last, LITERAL):
        left = operand(b, p, i, t, b.k[x + X_LEFT], b.k[x + X_LEFT_INDEX], b.f[x + X_LEFT_SCALE])
        right = operand(b, p, i, t, b.k[x + X_RIGHT], b.k[x + X_RIGHT_INDEX], b.f[x + X_RIGHT_SCALE])
        if not compare(b.k[x + X_COMPARE], left, right):
            return False
    return True


def temporal(b: Book, op: int, cell: int, bars: float, x: float) -> float:
    """FOR, WITHIN and becoming TRUE at one step; `cells` count the steps since what decides them, INF at the start."""
    if op == O_BECAME:
        before = b.f[cell]
        b.f[cell] = x
        if before > 1.0 or math.isnan(before) or math.isnan(x):
            return math.nan
        return 1.0 if x == 1.0 and before == 0.0 else 0.0
    decisive = 0.0 if op == O_FOR else 1.0
    b.f[cell] += 1.0
    b.f[cell + 1] += 1.0
    if math.isnan(x):
        b.f[cell + 1] = 0.0
    elif x == decisive:
        b.f[cell] = 0.0
    if b.f[cell] < bars:
        return decisive
    if b.f[cell + 1] < bars:
        return math.nan
    return 1.0 - decisive


def binary(op: int, how: int, a: float, b: float) -> float:
    """An operation on two operands; conditions are 1, 0 and NaN."""
    if op == O_AND:
        if a == 0.0 or b == 0.0:
            return 0.0
        return a if math.isnan(a) else b
    if op == O_OR:
        if a == 1.0 or b == 1.0:
            return 1.0
        return a if math.isnan(a) else b
    if op in (O_GREATEST, O_LEAST):
        if math.isnan(a):
            return b
        if math.isnan(b) or (a >= b) == (op == O_GREATEST):
            return a
        return b
    if math.isnan(a) or math.isnan(b):
        return math.nan
    if op == O_COMPARE:
        return 1.0 if compare(how, a, b) else 0.0
    if op == O_ADD:
        return a + b
    if op == O_SUB:
        return a - b
    if op == O_MUL:
        return a * b
    if op == O_DIV:
        return a / b if b != 0.0 else math.nan
    if op == O_MIN:
        return b if b < a else a
    return b if b > a else a


def run_program(b: Book, p: int, i: int, t: float, first: int, last: int) -> float:
    """The value of a stack program at a step; `p` is -1 for a guard."""
    top = -1
    k = first
    while k < last:
        op = b.k[k + O_OPERATION]
        x = b.k[k + O_INDEX]
        value = b.f[k + O_VALUE]
        k += INSTRUCTION
        if op == O_CONSTANT:
            top += 1
            b.stack[top] = value
        elif op == O_COLUMN:
            top += 1
            b.stack[top] = b.values[b.k[x] + i]
        elif op == O_TRUTH:
            top += 1
            truth = b.truths[b.k[x] + i]
            b.stack[top] = math.nan if truth == 1 else 0.5 * truth
        elif op == O_POSITION:
            top += 1
            b.stack[top] = position_value(b, p, x, t)
        elif op == O_CAPTURE:
            top += 1
            b.stack[top] = captured(b, p, x)
        elif op == O_STATISTIC:
            top += 1
            b.stack[top] = b.f[x + Z_VALUE]
        elif op == O_READING:
            top += 1
            b.stack[top] = b.f[x]
        elif op == O_NEG:
            b.stack[top] = -b.stack[top]
        elif op == O_ABS:
            b.stack[top] = abs(b.stack[top])
        elif op == O_NOT:
            b.stack[top] = 1.0 - b.stack[top]
        elif op == O_KNOWN:
            b.stack[top] = 0.0 if math.isnan(b.stack[top]) else 1.0
        elif op in (O_SKIP_FALSE, O_SKIP_TRUE):
            if b.stack[top] == (0.0 if op == O_SKIP_FALSE else 1.0):
                k += x
        elif op == O_BRANCH:
            if math.isnan(b.stack[top]):
                k += int(value)
            else:
                top -= 1
                if b.stack[top + 1] == 0.0:
                    k += x
        elif op == O_JUMP:
            k += x
        elif op == O_CHOOSE:
            top -= 2
            if math.isnan(b.stack[top]):
                continue
            b.stack[top] = b.stack[top + 1] if b.stack[top] == 1.0 else b.stack[top + 2]
        elif op in (O_FOR, O_WITHIN, O_BECAME):
            if p >= 0 and b.f[p + F_PHASE] != OPEN and b.k[p + P_CELL0] <= x < b.k[p + P_CELL1]:
                b.stack[top] = math.nan  # about the position, and there is none
            else:
                b.stack[top] = temporal(b, op, x, value, b.stack[top])
        else:
            top -= 1
            b.stack[top] = binary(op, x, b.stack[top], b.stack[top + 1])
    return b.stack[0]
