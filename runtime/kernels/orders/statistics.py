"""The account phase: equity, stop-out, and what drawdown and loss look back at."""

from __future__ import annotations

import math

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.exposure import (
    place,
)
from tradeplan.runtime.kernels.orders.layout import (
    BALANCE,
    DRAWDOWN,
    EQUITY,
    EV_A,
    EV_B,
    F_BOOKED,
    F_LEGS,
    F_PHASE,
    FALL,
    FILL_STOP_OUT,
    FLAT,
    H_LEGS,
    H_PLANS,
    H_PLANS_END,
    H_STATISTICS,
    H_STATISTICS_END,
    L_ENTRY,
    L_UNITS,
    LEG,
    LOSS,
    M_SLIP,
    N_RATE,
    NO_CALENDAR,
    OPEN,
    P_LEG0,
    P_MARKET,
    P_SIDE,
    PLAN,
    PORTFOLIO,
    REALISED_LOSS,
    S_CALENDAR,
    S_CAPACITY,
    S_KIND,
    S_RING,
    S_SCOPE,
    S_SPAN,
    STATISTIC,
    TYPE_EQUITY,
    TYPE_MARGIN_CALL,
    V_CALL,
    V_OUTSIDE,
    V_SAMPLE,
    V_STOP_OUT,
    W_BALANCE,
    W_CALLED,
    W_FALL,
    W_FALL_PERCENT,
    W_PEAK,
    W_SAMPLED,
    W_STALE,
    Z_BOUNDARY,
    Z_COUNT,
    Z_HEAD,
    Z_LAST,
    Z_PEAK,
    Z_START,
    Z_VALUE,
)
from tradeplan.runtime.kernels.orders.ledger import (
    covers,
    emit,
    equity_cents,
    equity_now,
    exit_leg,
    profit_cents,
    used_margin,
)
from tradeplan.runtime.kernels.orders.numbers import (
    boundary_of,
)
from tradeplan.runtime.kernels.orders.portfolio import (
    portfolio_reading,
)
from tradeplan.runtime.kernels.orders.sums import (
    quick_equity,
    quick_error,
    quick_margin,
)
from tradeplan.runtime.kernels.orders.values import (
    mark_of,
)


def account_phase(b: Book, t: float) -> None:
    """Equity at an instant, forced closes, and the statistics.

    Legs are walked over only where that can matter: near the stop-out, for statistics, for a point of the curve.
    """
    b.f[W_STALE] = 1.0
    equity = quick_equity(b)
    if near_stop_out(b, equity):
        call_margin(b, t)
        while True:
            margin = used_margin(b)
            if b.f[V_OUTSIDE] != 0.0:
                break  # whom it closes is the broker's
            if not (margin > 0.0 and equity_cents(b) / 100.0 < margin * b.f[V_STOP_OUT] / 100.0):
                break
            stop_out_worst(b, t)
        if not under_call(b):
            b.f[W_CALLED] = 0.0
        equity = quick_equity(b)
    if may_be_extreme(b, equity):
        watch_fall(b, equity_now(b))
    if t - b.f[W_SAMPLED] >= b.f[V_SAMPLE]:
        b.f[W_SAMPLED] = t
        row = emit(b, t, TYPE_EQUITY, -1, -1, 0, 0)
        b.out[row + EV_A] = equity_now(b)
        b.out[row + EV_B] = b.f[W_BALANCE]
    for x in range(b.k[H_STATISTICS], b.k[H_STATISTICS_END], STATISTIC):
        scope = b.k[x + S_SCOPE]
        if scope == 0:
            statistic(b, x, t, equity_now(b))
        elif b.k[x + S_KIND] == REALISED_LOSS:
            statistic(b, x, t, b.f[scope + F_BOOKED])
        else:
            statistic(b, x, t, worth(b, scope))


def near_stop_out(b: Book, equity: float) -> bool:
    """Whether equity in cents is so low that stop-out or margin call, or the end of a call, must be looked at exactly.

    A level in percent of a margin in account currency is cents.
    """
    margin = quick_margin(b)
    called = b.f[W_CALLED] != 0.0
    if margin == 0.0:
        return called
    # many plans together use all the margin that there is, so equity stays near the call: a narrow band
    level = margin * b.f[V_CALL]
    band = quick_room(b) + 1e-9 * level
    if equity + band >= level if called else equity - band <= level:
        return True
    return equity - quick_error(b) <= margin * b.f[V_STOP_OUT]


def quick_room(b: Book) -> float:
    """How far, in cents, equity from the running sums may be from the exact one: half a cent a leg, and for floats."""
    return 2.0 + 0.5 * b.k[H_LEGS] + 1e-9 * abs(b.f[W_BALANCE])


def under_call(b: Book) -> bool:
    """Whether equity is below the level of the margin call."""
    margin = used_margin(b)
    return margin > 0.0 and equity_cents(b) / 100.0 < margin * b.f[V_CALL] / 100.0


def call_margin(b: Book, t: float) -> None:
    """Record a margin call, once until equity is back above its level."""
    if b.f[W_CALLED] == 0.0 and under_call(b):
        b.f[W_CALLED] = 1.0
        row = emit(b, t, TYPE_MARGIN_CALL, -1, -1, 0, 0)
        b.out[row + EV_A] = equity_cents(b)
        b.out[row + EV_B] = used_margin(b)


def may_be_extreme(b: Book, equity: float) -> bool:
    """Whether an equity from the running sums is so high, or so far below the peak, that the exact one is needed."""
    room = quick_room(b)
    fall = b.f[W_PEAK] - equity + room
    return fall <= 2.0 * room or fall > b.f[W_FALL] or 100.0 * fall > b.f[W_FALL_PERCENT] * b.f[W_PEAK]


def watch_fall(b: Book, equity: float) -> None:
    """The deepest fall of equity, in whole cents, from its peak, for the report."""
    if equity > b.f[W_PEAK]:
        b.f[W_PEAK] = equity
    fall = b.f[W_PEAK] - equity
    if fall > b.f[W_FALL]:
        b.f[W_FALL] = fall
    if fall > 0.0 and 100.0 * fall > b.f[W_FALL_PERCENT] * b.f[W_PEAK]:
        b.f[W_FALL_PERCENT] = 100.0 * fall / b.f[W_PEAK]


def stop_out_worst(b: Book, t: float) -> None:
    """Close the leg with the largest loss at its mark."""
    worst = math.inf
    worst_plan = -1
    worst_leg = -1
    for p in range(b.k[H_PLANS], b.k[H_PLANS_END], PLAN):
        if b.f[p + F_PHASE] == OPEN:
            m = b.k[p + P_MARKET]
            side = float(b.k[p + P_SIDE])
            first = b.k[p + P_LEG0]
            for leg in range(first, first + LEG * int(b.f[p + F_LEGS]), LEG):
                units = b.f[leg + L_UNITS]
                if units > 0.0:
                    entry = b.f[leg + L_ENTRY]
                    profit = profit_cents(b, m, side, entry, mark_of(b, m, side), units, b.f[m + N_RATE])
                    if profit < worst:
                        worst = profit
                        worst_plan = p
                        worst_leg = leg
    m = b.k[worst_plan + P_MARKET]
    side = float(b.k[worst_plan + P_SIDE])
    slip = b.f[m + M_SLIP]
    price = mark_of(b, m, side) - slip if side > 0.0 else mark_of(b, m, side) + slip
    units = b.f[worst_leg + L_UNITS]
    exit_leg(b, worst_plan, worst_leg, units, price, t, b.f[m + N_RATE], FILL_STOP_OUT, -1, 0.0)
    if b.f[worst_plan + F_PHASE] == FLAT:
        place(b, worst_plan)


def worth(b: Book, g: int) -> float:
    """What the plans that a guard covers have booked and have open at the mark, in cents."""
    total = b.f[g + F_BOOKED]
    for p in range(b.k[H_PLANS], b.k[H_PLANS_END], PLAN):
        if b.f[p + F_PHASE] == OPEN and covers(b, g, p):
            m = b.k[p + P_MARKET]
            side = float(b.k[p + P_SIDE])
            mark = mark_of(b, m, side)
            first = b.k[p + P_LEG0]
            for leg in range(first, first + LEG * int(b.f[p + F_LEGS]), LEG):
                units = b.f[leg + L_UNITS]
                if units > 0.0:
                    total += profit_cents(b, m, side, b.f[leg + L_ENTRY], mark, units, b.f[m + N_RATE])
    return total


def statistic(b: Book, x: int, t: float, equity: float) -> None:
    """Bring one account statistic up to an instant; its value in percent or account currency."""
    kind = b.k[x + S_KIND]
    if kind == EQUITY:
        b.f[x + Z_VALUE] = equity / 100.0
        return
    if kind >= PORTFOLIO:
        b.f[x + Z_VALUE] = portfolio_reading(b, kind - PORTFOLIO, b.k[x + S_SPAN], equity)
        return
    if kind == BALANCE:
        b.f[x + Z_VALUE] = b.f[W_BALANCE] / 100.0
        return
    calendar = b.k[x + S_CALENDAR]
    if calendar != NO_CALENDAR:
        boundary = boundary_of(b, calendar, t)
        if boundary != b.f[x + Z_BOUNDARY]:
            b.f[x + Z_BOUNDARY] = boundary
            b.f[x + Z_PEAK] = equity
            b.f[x + Z_START] = b.f[x + Z_LAST]
        b.f[x + Z_PEAK] = max(b.f[x + Z_PEAK], equity)
        b.f[x + Z_LAST] = equity
    elif kind in (DRAWDOWN, FALL):
        rolling_peak(b, x, t, equity)
    else:
        rolling_start(b, x, t, equity)
    if kind == DRAWDOWN:
        peak = b.f[x + Z_PEAK]
        b.f[x + Z_VALUE] = 100.0 * (peak - equity) / peak if peak > 0.0 else math.nan
        return
    if kind == FALL:
        b.f[x + Z_VALUE] = (b.f[x + Z_PEAK] - equity) / 100.0
        return
    start = b.f[x + Z_START]
    loss = max(0.0, start - equity)
    if kind in (LOSS, REALISED_LOSS):
        b.f[x + Z_VALUE] = loss / 100.0
    else:
        b.f[x + Z_VALUE] = 100.0 * loss / start if start > 0.0 else math.nan


def slot(b: Book, x: int, k: int) -> int:
    """Where entry k of a statistic's deque stands in the ring memory."""
    return b.k[x + S_RING] + 2 * (k % b.k[x + S_CAPACITY])


def rolling_peak(b: Book, x: int, t: float, equity: float) -> None:
    """A deque of falling equities: the first is the peak of the span."""
    head = int(b.f[x + Z_HEAD])
    count = int(b.f[x + Z_COUNT])
    while count > 0 and b.ring[slot(b, x, head + count - 1) + 1] <= equity:
        count -= 1
    while count > 0 and b.ring[slot(b, x, head)] <= t - b.k[x + S_SPAN]:
        head += 1
        count -= 1
    at = slot(b, x, head + count)
    b.ring[at] = t
    b.ring[at + 1] = equity
    b.f[x + Z_HEAD] = head
    b.f[x + Z_COUNT] = count + 1
    b.f[x + Z_PEAK] = b.ring[slot(b, x, head) + 1]


def rolling_start(b: Book, x: int, t: float, equity: float) -> None:
    """A deque of changes of equity: the first is the last one at or before the span's start."""
    head = int(b.f[x + Z_HEAD])
    count = int(b.f[x + Z_COUNT])
    if b.ring[slot(b, x, head + count - 1) + 1] != equity:
        at = slot(b, x, head + count)
        b.ring[at] = t
        b.ring[at + 1] = equity
        count += 1
    while count > 1 and b.ring[slot(b, x, head + 1)] <= t - b.k[x + S_SPAN]:
        head += 1
        count -= 1
    b.f[x + Z_HEAD] = head
    b.f[x + Z_COUNT] = count
    b.f[x + Z_START] = b.ring[slot(b, x, head) + 1]
