"""Whether a rule is TRUE at a step, whether it becomes TRUE, and the halts that rules start."""

from __future__ import annotations

import math

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.exposure import (
    place,
)
from tradeplan.runtime.kernels.orders.layout import (
    A_CALENDAR,
    A_SPAN,
    ABOUT_CANCEL,
    ABOUT_CLOSE,
    E_RULE,
    EV_A,
    EV_KIND,
    EV_POSITION,
    EV_RANK,
    EV_SEEN,
    EV_STRENGTH,
    EV_VOICE,
    F_BUSY,
    F_CLOSE_AT,
    F_CLOSE_RULE,
    F_HALT,
    F_PHASE,
    F_POSITION,
    FLAT,
    INF,
    LITERALS,
    NO_CALENDAR,
    NO_RESIDUAL,
    OPEN,
    R_HOISTED,
    R_LANE,
    R_LITERAL0,
    R_LITERAL1,
    R_NUMBER,
    R_OWNER,
    R_POSITIONAL,
    R_PROGRAM0,
    R_PROGRAM1,
    R_RESIDUAL,
    R_VOICE0,
    R_VOICE1,
    SENT,
    STATEFUL,
    T_BLOCKED,
    T_LAST,
    T_PREVIOUS,
    T_UNTIL,
    TYPE_DECISION,
    TYPE_HALT,
    U_START,
    V_LIVE_FROM,
    VOICE,
)
from tradeplan.runtime.kernels.orders.ledger import (
    drop_adds,
    emit,
)
from tradeplan.runtime.kernels.orders.numbers import (
    span_end,
)
from tradeplan.runtime.kernels.orders.values import (
    literals_true,
    run_program,
)
from tradeplan.runtime.kernels.orders.watch import (
    watch,
)


def rule_truth(b: Book, p: int, r: int, i: int, t: float) -> int:
    """0, 1 or 2 for FALSE, UNKNOWN, TRUE; a rule of flat literals says FALSE for all that is not TRUE."""
    column = b.k[r + R_HOISTED]
    truth = 2
    if column >= 0:
        truth = int(b.truths[b.k[column] + i])
    how = b.k[r + R_RESIDUAL]
    if how == NO_RESIDUAL:
        return truth
    if how == LITERALS:
        if truth == 2 and literals_true(b, p, i, t, b.k[r + R_LITERAL0], b.k[r + R_LITERAL1]):
            return 2
        return 0
    if truth == 0 and how != STATEFUL:
        return 0
    x = run_program(b, p, i, t, b.k[r + R_PROGRAM0], b.k[r + R_PROGRAM1])
    if math.isnan(x):
        return min(truth, 1)
    return truth if x == 1.0 else 0


def becomes_true(b: Book, p: int, r: int, i: int, truth: int) -> bool:
    """Whether a rule is TRUE now and was FALSE at the step before; keeps what the next step has to know.

    INVARIANT: called at every step at which a rule with a residual is looked at, so that `step before` is just that.
    """
    if b.k[r + R_RESIDUAL] == NO_RESIDUAL:
        if truth != 2:
            return False
        if i > b.k[b.k[r + R_LANE] + U_START]:
            column = b.k[r + R_HOISTED]
            return column >= 0 and b.truths[b.k[column] + i - 1] == 0
        return b.f[r + T_LAST] == 0.0
    if b.k[r + R_POSITIONAL] != 0 and b.f[p + F_PHASE] != OPEN:
        return False
    before = b.f[r + T_PREVIOUS]
    b.f[r + T_PREVIOUS] = float(truth)
    return truth == 2 and before == 0.0


def start_halt(b: Book, p: int, r: int, a: int, t: float) -> None:
    """Start the halt of a plan's TRUE rule, unless it runs or a person has lifted it since it became TRUE."""
    if b.f[r + T_BLOCKED] != 0.0 or t < b.f[r + T_UNTIL]:
        return
    until = INF
    if b.k[a + A_SPAN] > 0 or b.k[a + A_CALENDAR] != NO_CALENDAR:
        until = span_end(b, float(b.k[a + A_SPAN]), b.k[a + A_CALENDAR], t)
    b.f[r + T_UNTIL] = until
    b.f[p + F_HALT] = max(b.f[p + F_HALT], until)
    row = emit(b, t, TYPE_HALT, b.k[r + R_OWNER], b.k[r + R_NUMBER], 0, 0)
    b.out[row + EV_A] = until


def tell_voice(b: Book, p: int, r: int, i: int, t: float, row: int) -> None:
    """Say in a row which exit spoke when a rule acted: the first of its voices that has a rank."""
    for v in range(b.k[r + R_VOICE0], b.k[r + R_VOICE1], VOICE):
        rank = run_program(b, p, i, t, b.k[v], b.k[v + 1])
        if rank > 0.0:
            b.out[row + EV_VOICE] = 1.0 + (v - b.k[r + R_VOICE0]) // VOICE
            b.out[row + EV_RANK] = rank
            b.out[row + EV_STRENGTH] = run_program(b, p, i, t, b.k[v + 2], b.k[v + 3])
            b.out[row + EV_KIND] = run_program(b, p, i, t, b.k[v + 4], b.k[v + 5])
            b.out[row + EV_SEEN] = run_program(b, p, i, t, b.k[v + 6], b.k[v + 7])
            return


def request_close(b: Book, p: int, rule: int, t: float) -> int:
    """Ask for a full close of a position at the next open; returns the row that says so."""
    b.f[p + F_CLOSE_AT] = max(t, b.f[V_LIVE_FROM])
    b.f[p + F_CLOSE_RULE] = rule
    b.f[p + F_BUSY] = 1.0
    drop_adds(b, p)
    watch(b, p)
    row = emit(b, t, TYPE_DECISION, p, rule, ABOUT_CLOSE, SENT)
    b.out[row + EV_POSITION] = b.f[p + F_POSITION]
    return row


def cancel_entry(b: Book, p: int, reason: int, t: float) -> None:
    """Take back a pending entry."""
    b.f[p + F_PHASE] = FLAT
    emit(b, t, TYPE_DECISION, p, int(b.f[p + E_RULE]), ABOUT_CANCEL, reason)
    place(b, p)
