"""What a rule reads: columns, the position, the account, and stack programs over them."""

from __future__ import annotations

import math

from tradeplan.runtime.kernels.orders.arrays import Chunk, State, Tables
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
    INF,
    K_COLUMN,
    K_CONSTANT,
    K_POSITION,
    L_UNITS,
    M_LOT_STEP,
    N_CLOSE,
    N_SPREAD,
    O_ABS,
    O_ADD,
    O_AND,
    O_BECAME,
    O_CAPTURE,
    O_COLUMN,
    O_COMPARE,
    O_CONSTANT,
    O_DIV,
    O_FOR,
    O_KNOWN,
    O_MIN,
    O_MUL,
    O_NEG,
    O_NOT,
    O_OR,
    O_POSITION,
    O_READING,
    O_STATISTIC,
    O_SUB,
    O_TRUTH,
    O_WITHIN,
    OPEN,
    P_LEG0,
    P_LEG1,
    P_MARKET,
    P_SIDE,
    Q_BEST,
    Q_ENTRY,
    Q_HELD,
    Q_PROFIT,
    Q_R,
    Q_SIDE,
    Q_STOP,
    X_COMPARE,
    X_LEFT,
    X_LEFT_INDEX,
    X_RIGHT,
    X_RIGHT_INDEX,
    Z_VALUE,
)


def present_stop(s: State, p: int) -> float:
    """The stop as last requested."""
    if s.pf[p, F_STOP_AT] < INF:
        return s.pf[p, F_STOP_NEW]
    return s.pf[p, F_STOP]


def mark_of(s: State, m: int, side: float) -> float:
    """The price at which a position of this side could be closed at the newest close."""
    if side > 0.0:
        return s.mf[m, N_CLOSE]
    return s.mf[m, N_CLOSE] + s.mf[m, N_SPREAD]


def position_value(g: Tables, s: State, p: int, q: int, t: float) -> float:
    """A position value; UNKNOWN while flat."""
    if p < 0 or s.pf[p, F_PHASE] != OPEN:
        return math.nan
    if q == Q_PROFIT:
        side = float(g.pt[p, P_SIDE])
        return side * (mark_of(s, g.pt[p, P_MARKET], side) - s.pf[p, F_ENTRY])
    if q == Q_BEST:
        return s.pf[p, F_BEST]
    if q == Q_R:
        return s.pf[p, F_R]
    if q == Q_ENTRY:
        return s.pf[p, F_ENTRY]
    if q == Q_HELD:
        return t - s.pf[p, F_OPENED]
    if q == Q_STOP:
        return present_stop(s, p)
    if q == Q_SIDE:
        return float(g.pt[p, P_SIDE])
    units = 0.0
    for leg in range(g.pt[p, P_LEG0], g.pt[p, P_LEG1]):
        units += s.lf[leg, L_UNITS]
    return units * g.mt[g.pt[p, P_MARKET], M_LOT_STEP]


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


def operand(g: Tables, s: State, c: Chunk, p: int, i: int, t: float, kind: int, index: int, scale: float) -> float:
    """One side of a flat literal: `scale x` a constant, a position value, a column or a capture."""
    if kind == K_CONSTANT:
        return scale
    if kind == K_POSITION:
        return scale * position_value(g, s, p, index, t)
    if kind == K_COLUMN:
        return scale * c.values[c.vo[index, 0] + c.vo[index, 1] * i]
    return scale * captured(s, p, index)


def captured(s: State, p: int, index: int) -> float:
    """What was kept at the step that sent the entry; UNKNOWN while flat."""
    if p < 0 or s.pf[p, F_PHASE] != OPEN:
        return math.nan
    return s.kf[index]


def literals_true(g: Tables, s: State, c: Chunk, p: int, i: int, t: float, first: int, last: int) -> bool:
    """Whether every flat literal in `[first, last)` is TRUE."""
    for x in range(first, last):
        a = operand(g, s, c, p, i, t, g.lt[x, X_LEFT], g.lt[x, X_LEFT_INDEX], g.lk[x, 0])
        b = operand(g, s, c, p, i, t, g.lt[x, X_RIGHT], g.lt[x, X_RIGHT_INDEX], g.lk[x, 1])
        if not compare(g.lt[x, X_COMPARE], a, b):
            return False
    return True


def temporal(s: State, op: int, cell: int, bars: float, x: float) -> float:
    """FOR, WITHIN and becoming TRUE at one step; `cells` count the steps since what decides them."""
    if op == O_BECAME:
        before = s.cells[cell]
        s.cells[cell] = x
        if math.isnan(before) or math.isnan(x):
            return math.nan
        return 1.0 if x == 1.0 and before == 0.0 else 0.0
    decisive = 0.0 if op == O_FOR else 1.0
    s.cells[cell] += 1.0
    s.cells[cell + 1] += 1.0
    if math.isnan(x):
        s.cells[cell + 1] = 0.0
    elif x == decisive:
        s.cells[cell] = 0.0
    if s.cells[cell] < bars:
        return decisive
    if s.cells[cell + 1] < bars:
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


def run_program(g: Tables, s: State, c: Chunk, p: int, i: int, t: float, first: int, last: int) -> float:
    """The value of a stack program at a step; `p` is -1 for a guard."""
    top = -1
    for k in range(first, last):
        op = g.ot[k, 0]
        x = g.ot[k, 1]
        if op == O_CONSTANT:
            top += 1
            c.stack[top] = g.ok[k]
        elif op == O_COLUMN:
            top += 1
            c.stack[top] = c.values[c.vo[x, 0] + c.vo[x, 1] * i]
        elif op == O_TRUTH:
            top += 1
            truth = c.truths[c.to[x, 0] + c.to[x, 1] * i]
            c.stack[top] = math.nan if truth == 1 else 0.5 * truth
        elif op == O_POSITION:
            top += 1
            c.stack[top] = position_value(g, s, p, x, t)
        elif op == O_CAPTURE:
            top += 1
            c.stack[top] = captured(s, p, x)
        elif op == O_STATISTIC:
            top += 1
            c.stack[top] = s.sf[x, Z_VALUE]
        elif op == O_READING:
            top += 1
            c.stack[top] = s.rd[x]
        elif op == O_NEG:
            c.stack[top] = -c.stack[top]
        elif op == O_ABS:
            c.stack[top] = abs(c.stack[top])
        elif op == O_NOT:
            c.stack[top] = 1.0 - c.stack[top]
        elif op == O_KNOWN:
            c.stack[top] = 0.0 if math.isnan(c.stack[top]) else 1.0
        elif op == O_FOR or op == O_WITHIN or op == O_BECAME:
            c.stack[top] = temporal(s, op, x, g.ok[k], c.stack[top])
        else:
            top -= 1
            c.stack[top] = binary(op, x, c.stack[top], c.stack[top + 1])
    return c.stack[0]
