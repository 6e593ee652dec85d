"""The plan phase: one step of one plan."""

from __future__ import annotations

import math

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.brackets import (
    better_of,
    reaches,
)
from tradeplan.runtime.kernels.orders.breakers import (
    is_halted,
)
from tradeplan.runtime.kernels.orders.entry import (
    enter,
)
from tradeplan.runtime.kernels.orders.layout import (
    A_ADD,
    A_CODE,
    A_INDEX,
    A_OPERAND,
    A_PERCENT,
    A_PROGRAM0,
    A_PROGRAM1,
    A_USED,
    ABOUT_ADD,
    ABOUT_CLOSE,
    ABOUT_ENTRY,
    ABOUT_STOP,
    ACTION,
    CANCELLED,
    CLOSING,
    D_ACTIVE,
    D_MARGIN,
    D_NUMBERS,
    D_RULE,
    D_TIME,
    D_UNITS,
    DO_ADD,
    DO_ALERT,
    DO_CANCEL,
    DO_CLOSE,
    DO_CLOSE_PART,
    DO_FLATTEN,
    DO_HALT,
    DO_MOVE_STOP,
    EV_POSITION,
    EV_PRICE,
    EV_UNITS,
    EXPIRED,
    F_ADDS,
    F_BUSY,
    F_CLOSE_AT,
    F_FROZEN,
    F_LEGS,
    F_PARTS,
    F_PHASE,
    F_POSITION,
    F_PROBE,
    F_STOP,
    F_STOP_AT,
    F_STOP_NEW,
    F_UNITS,
    FILL_CLOSE,
    FLAT,
    HALTED,
    IN_POSITION,
    INF,
    K_PROGRAM,
    L_REQUEST,
    L_REQUEST_AT,
    L_REQUEST_REASON,
    L_REQUEST_RULE,
    L_UNITS,
    LEG,
    M_UNITS_MAX,
    M_UNITS_MIN,
    MARGIN,
    MARKET,
    N_RATE_NOW,
    NO_RATE,
    OPEN,
    OVER_LIMIT,
    P_ENTRY0,
    P_EXPIRES,
    P_LEG0,
    P_MARKET,
    P_RULE0,
    P_RULE1,
    P_SIDE,
    PENDING,
    R_ACTION0,
    R_ACTION1,
    R_EDGE,
    R_GATED,
    R_IDLE,
    R_NUMBER,
    RULE,
    SENT,
    STOP_PASSED,
    STOP_TOO_NEAR,
    T_BLOCKED,
    T_INERT,
    TOO_SMALL,
    TYPE_ALERT,
    TYPE_DECISION,
    V_LIVE_FROM,
    V_RECORD_MOVES,
)
from tradeplan.runtime.kernels.orders.ledger import (
    emit,
    margin_of,
    units_open,
)
from tradeplan.runtime.kernels.orders.levels import (
    estimated_fill,
    margin_allows,
    part_down,
    part_up,
    too_near,
)
from tradeplan.runtime.kernels.orders.numbers import (
    to_tick,
)
from tradeplan.runtime.kernels.orders.portfolio import (
    breaks_limit,
    plan_numbers,
    tell_limit,
)
from tradeplan.runtime.kernels.orders.rules import (
    becomes_true,
    cancel_entry,
    request_close,
    rule_truth,
    start_halt,
    tell_voice,
)
from tradeplan.runtime.kernels.orders.values import (
    mark_of,
    operand,
    present_stop,
    run_program,
)
from tradeplan.runtime.kernels.orders.watch import (
    closed,
    doze,
    watch,
)


def plan_step(b: Book, p: int, i: int, t: float) -> None:
    """What a plan decides at a step of its lane; `i` is the step's position on it."""
    phase = b.f[p + F_PHASE]
    is_open = phase == OPEN
    free = is_open and b.f[p + F_CLOSE_AT] >= INF  # no full close has been requested
    closing = is_open and (not free or b.f[p + F_PARTS] > 0.0)
    position = b.f[p + F_POSITION]
    cancel = False
    closer = -1  # the rule that closes everything, and the first that closes a part
    part_closer = -1
    part = 0.0
    adds = False
    changed = False  # whether what `watch` looked at is not so any more
    busy = b.f[p + F_BUSY]
    tightest = math.nan
    for r in range(b.k[p + P_RULE0], b.k[p + P_ENTRY0], RULE):
        # whatever it says, it could change nothing; or it is not TRUE
        if is_open:
            if b.f[r + T_INERT] != 0.0 or (b.k[r + R_GATED] != 0 and closed(b, p, r, i, t)):
                continue
        elif b.k[r + R_IDLE] > (1 if phase == PENDING else 0):
            continue
        truth = rule_truth(b, p, r, i, t)
        became = b.k[r + R_EDGE] != 0 and becomes_true(b, p, r, i, truth)
        if truth != 2:
            if truth == 0:
                b.f[r + T_BLOCKED] = 0.0
            continue
        for a in range(b.k[r + R_ACTION0], b.k[r + R_ACTION1], ACTION):
            code = b.k[a + A_CODE]
            if code == DO_MOVE_STOP:
                if free:
                    tightest = tighter(b, p, r, a, i, t, tightest)
            elif code == DO_CLOSE:
                if free and closer < 0:
                    closer = r
            elif code == DO_CLOSE_PART:
                if free and b.f[a + A_USED] != position:
                    b.f[a + A_USED] = position
                    changed = True
                    part += part_up(b.f[p + F_UNITS], b.f[a + A_PERCENT])
                    if part_closer < 0:
                        part_closer = r
            elif code == DO_ADD:
                if free and b.f[a + A_USED] != position:
                    b.f[b.k[a + A_ADD] + D_TIME] = t
                    adds = True
                    changed = True
            elif code == DO_CANCEL:
                cancel = True
            elif code == DO_FLATTEN:
                cancel = True
                if free and closer < 0:
                    closer = r
            elif code == DO_HALT:
                start_halt(b, p, r, a, t)
            elif became:
                tell_voice(b, p, r, i, t, emit(b, t, TYPE_ALERT, p, b.k[r + R_NUMBER], 0, a))
    if phase == PENDING:
        if cancel:
            cancel_entry(b, p, CANCELLED, t)
        elif t >= b.k[p + P_EXPIRES]:
            cancel_entry(b, p, EXPIRED, t)
        elif is_halted(b, p, t):
            cancel_entry(b, p, HALTED, t)
    if free:
        if closer < 0 and part > 0.0:
            left = units_open(b, p) - units_requested(b, p)
            if part < left:
                row = request_part(b, p, part, b.k[part_closer + R_NUMBER], t)
                tell_voice(b, p, part_closer, i, t, row)
                closing = True
            elif left > 0.0:
                closer = part_closer
        if closer >= 0:
            tell_voice(b, p, closer, i, t, request_close(b, p, b.k[closer + R_NUMBER], t))
            closing = True
        elif not math.isnan(tightest):
            move_stop(b, p, tightest, t)
            changed = True
        if adds and not closing and not is_halted(b, p, t) and b.f[p + F_PROBE] + b.f[p + F_FROZEN] == 0.0:
            send_adds(b, p, i, t)
        if changed or b.f[p + F_BUSY] != busy:
            watch(b, p)
    if is_open:
        doze(b, p, i, t)
    entry_rules(b, p, i, t, closing)


def entry_rules(b: Book, p: int, i: int, t: float, closing: bool) -> None:
    """The topmost entry rule that becomes TRUE is taken, or recorded with the reason why not."""
    found = -1
    for r in range(b.k[p + P_ENTRY0], b.k[p + P_RULE1], RULE):
        if becomes_true(b, p, r, i, rule_truth(b, p, r, i, t)):
            found = r if found < 0 else found
            for a in range(b.k[r + R_ACTION0], b.k[r + R_ACTION1], ACTION):
                if b.k[a + A_CODE] == DO_ALERT:
                    emit(b, t, TYPE_ALERT, p, b.k[r + R_NUMBER], 0, a)
    if found >= 0:
        if closing:
            emit(b, t, TYPE_DECISION, p, b.k[found + R_NUMBER], ABOUT_ENTRY, CLOSING)
        elif b.f[p + F_PHASE] != FLAT:
            emit(b, t, TYPE_DECISION, p, b.k[found + R_NUMBER], ABOUT_ENTRY, IN_POSITION)
        else:
            enter(b, p, found, i, t)


def tighter(b: Book, p: int, r: int, a: int, i: int, t: float, so_far: float) -> float:
    """The tighter of a MOVE STOP candidate and the best one so far (NaN: none).

    A candidate that stays passed, or too near, step after step is recorded once.
    """
    m = b.k[p + P_MARKET]
    long = b.k[p + P_SIDE] > 0
    kind = b.k[a + A_OPERAND]
    if kind == K_PROGRAM:
        price = run_program(b, p, i, t, b.k[a + A_PROGRAM0], b.k[a + A_PROGRAM1])
    else:
        price = operand(b, p, i, t, kind, b.k[a + A_INDEX], b.f[a + A_PERCENT])
    if math.isnan(price):
        return so_far
    price = to_tick(b, m, price)
    stop = present_stop(b, p)
    if reaches(not long, price, stop):
        return so_far
    mark = mark_of(b, m, 1.0 if long else -1.0)
    passed = reaches(long, price, mark)
    if passed or too_near(b, m, abs(mark - price)):
        if b.f[a + A_USED] != b.f[p + F_POSITION]:
            b.f[a + A_USED] = b.f[p + F_POSITION]
            row = emit(b, t, TYPE_DECISION, p, b.k[r + R_NUMBER], ABOUT_STOP, STOP_PASSED if passed else STOP_TOO_NEAR)
            b.out[row + EV_PRICE] = price
            b.out[row + EV_POSITION] = b.f[p + F_POSITION]
            tell_voice(b, p, r, i, t, row)
        return so_far
    b.f[a + A_USED] = 0.0
    if math.isnan(so_far):
        return price
    return better_of(long, price, so_far)


def move_stop(b: Book, p: int, price: float, t: float) -> None:
    """Move the stop to a tighter price."""
    b.f[p + F_STOP_NEW] = price
    b.f[p + F_STOP_AT] = max(t, b.f[V_LIVE_FROM])
    b.f[p + F_BUSY] = 1.0
    if b.f[V_RECORD_MOVES] != 0.0:
        row = emit(b, t, TYPE_DECISION, p, -1, ABOUT_STOP, SENT)
        b.out[row + EV_PRICE] = price
        b.out[row + EV_POSITION] = b.f[p + F_POSITION]


def units_requested(b: Book, p: int) -> float:
    """Units of all legs whose close was requested and has not filled."""
    units = 0.0
    first = b.k[p + P_LEG0]
    for leg in range(first, first + LEG * int(b.f[p + F_LEGS]), LEG):
        units += b.f[leg + L_REQUEST]
    return units


def request_part(b: Book, p: int, part: float, rule: int, t: float) -> int:
    """Ask for a part close: the legs give in descending order of number. Returns the row that says so."""
    row = emit(b, t, TYPE_DECISION, p, rule, ABOUT_CLOSE, SENT)
    b.out[row + EV_UNITS] = part
    b.out[row + EV_POSITION] = b.f[p + F_POSITION]
    b.f[p + F_BUSY] = 1.0
    first = b.k[p + P_LEG0]
    rest = part
    for leg in range(first + LEG * (int(b.f[p + F_LEGS]) - 1), first - 1, -LEG):
        units = min(rest, b.f[leg + L_UNITS] - b.f[leg + L_REQUEST])
        if units > 0.0:
            if b.f[leg + L_REQUEST] == 0.0:
                b.f[p + F_PARTS] += 1.0
            b.f[leg + L_REQUEST] += units
            b.f[leg + L_REQUEST_AT] = max(t, b.f[V_LIVE_FROM])
            b.f[leg + L_REQUEST_RULE] = rule
            b.f[leg + L_REQUEST_REASON] = FILL_CLOSE
            rest -= units
    return row


def send_adds(b: Book, p: int, i: int, t: float) -> None:
    """The ADDs that this step asked for, in order of rule."""
    m = b.k[p + P_MARKET]
    for r in range(b.k[p + P_RULE0], b.k[p + P_ENTRY0], RULE):
        for a in range(b.k[r + R_ACTION0], b.k[r + R_ACTION1], ACTION):
            if b.k[a + A_CODE] != DO_ADD or b.f[a + A_USED] == b.f[p + F_POSITION]:
                continue
            slot = b.k[a + A_ADD]
            if b.f[slot + D_TIME] != t:
                continue
            b.f[a + A_USED] = b.f[p + F_POSITION]
            units = min(part_down(b.f[p + F_UNITS], b.f[a + A_PERCENT]), b.f[m + M_UNITS_MAX])
            rate = b.f[m + N_RATE_NOW]
            margin = 0.0
            reason = SENT
            if units < b.f[m + M_UNITS_MIN]:
                reason = TOO_SMALL
            elif math.isnan(rate):
                reason = NO_RATE
            else:
                side = float(b.k[p + P_SIDE])
                fill = estimated_fill(b, m, side, MARKET, 0.0)
                margin = margin_of(b, m, units, fill, rate)
                plan_numbers(b, slot + D_NUMBERS, m, side, units, fill, b.f[p + F_STOP], rate)
                if not margin_allows(b, margin):
                    reason = MARGIN
                elif breaks_limit(b, p, slot + D_NUMBERS, margin, i):
                    reason = OVER_LIMIT
            row = emit(b, t, TYPE_DECISION, p, b.k[r + R_NUMBER], ABOUT_ADD, reason)
            b.out[row + EV_UNITS] = units
            b.out[row + EV_POSITION] = b.f[p + F_POSITION]
            tell_voice(b, p, r, i, t, row)
            if reason == OVER_LIMIT:
                tell_limit(b, row)
            if reason == SENT:
                b.f[slot + D_UNITS] = units
                b.f[slot + D_ACTIVE] = max(t, b.f[V_LIVE_FROM])
                b.f[slot + D_RULE] = b.k[r + R_NUMBER]
                b.f[slot + D_MARGIN] = margin
                b.f[p + F_ADDS] += 1.0
                b.f[p + F_BUSY] = 1.0
