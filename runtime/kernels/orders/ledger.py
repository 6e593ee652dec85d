"""The account book: events out, exits of legs, used margin and equity, all money in whole cents."""

from __future__ import annotations

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.layout import (
    D_UNITS,
    E_ORDER,
    EV_A,
    EV_B,
    EV_COMMISSION,
    EV_KNOWN,
    EV_LEG,
    EV_OWNER,
    EV_POSITION,
    EV_PRICE,
    EV_PROFIT,
    EV_RATE,
    EV_REASON,
    EV_RULE,
    EV_SLIP,
    EV_SPREAD,
    EV_TIME,
    EV_TYPE,
    EV_UNITS,
    EVENT,
    F_ADDS,
    F_BOOKED,
    F_BOOKED_BEFORE,
    F_CLOSE_AT,
    F_LAST_EXIT,
    F_LEGS,
    F_PARTS,
    F_PHASE,
    F_POSITION,
    F_STOP,
    F_STOP_AT,
    F_STREAK,
    FILL_ADD,
    FILL_TAKE,
    FILL_TARGET,
    FLAT,
    H_GUARDS,
    H_MARKETS,
    H_MARKETS_END,
    H_OUT,
    H_PLANS,
    H_PLANS_END,
    INF,
    L_ENTRY,
    L_FRESH,
    L_OPENED,
    L_RATE,
    L_REQUEST,
    L_TAKE,
    L_TARGET,
    L_UNITS,
    LEG,
    LIMIT,
    M_COMMISSION,
    M_CONTRACT,
    M_LIST,
    M_LOT_STEP,
    M_MARGIN_RATE,
    M_SLIP,
    MARKET_RECORD,
    N_ASK,
    N_CLOSE,
    N_KNOWN,
    N_LONG,
    N_LONG_COST,
    N_MARGIN,
    N_RATE,
    N_SHORT,
    N_SHORT_COST,
    N_SPREAD,
    OPEN,
    P_ADD0,
    P_ADD1,
    P_COVERS,
    P_LEG0,
    P_MARKET,
    P_RULE0,
    P_RULE1,
    P_SIDE,
    PLAN,
    RULE,
    T_OUTCOME,
    T_PROBE,
    TYPE_FILL,
    V_NETTING,
    W_BALANCE,
    W_DIRTY,
    W_EQUITY,
    W_MARGIN,
    W_OTHERS,
    W_STALE,
    WAITING_ADD,
)
from tradeplan.runtime.kernels.orders.numbers import (
    cents,
    fill_price,
)


def emit(b: Book, time: float, kind: int, p: int, rule: int, leg: int, reason: int) -> int:
    """Open the next row of events; the caller fills in what else it has. Returns the row."""
    row = b.k[H_OUT]
    b.k[H_OUT] = row + EVENT
    for j in range(EVENT):
        b.out[row + j] = 0.0
    b.out[row + EV_TIME] = time
    b.out[row + EV_TYPE] = kind
    b.out[row + EV_OWNER] = p
    b.out[row + EV_RULE] = rule
    b.out[row + EV_LEG] = leg
    b.out[row + EV_REASON] = reason
    return row


def profit_cents(b: Book, m: int, side: float, entry: float, exit_price: float, units: float, rate: float) -> float:
    """The one formula of profit, in cents."""
    return cents(side * (exit_price - entry) * units * b.f[m + M_LOT_STEP] * b.f[m + M_CONTRACT] * rate)


def commission_cents(b: Book, m: int, units: float) -> float:
    """The commission of one fill, in cents."""
    return cents(units * b.f[m + M_LOT_STEP] * b.f[m + M_COMMISSION])


def covers(b: Book, g: int, p: int) -> bool:
    """Whether a guard covers a plan."""
    return b.k[b.k[g + P_COVERS] + (p - b.k[H_PLANS]) // PLAN] != 0


def enter_in_books(b: Book, p: int, amount: float) -> None:
    """Add money that the balance gained or lost to the books of a plan and of the guards that cover it."""
    b.f[p + F_BOOKED] += amount
    for g in range(b.k[H_GUARDS], b.k[H_PLANS], PLAN):
        if covers(b, g, p):
            b.f[g + F_BOOKED] += amount


def note_result(b: Book, p: int) -> None:
    """Tell the guards how a position ended: for their streaks, and for a breaker that let it try."""
    net = b.f[p + F_BOOKED] - b.f[p + F_BOOKED_BEFORE]
    for g in range(b.k[H_GUARDS], b.k[H_PLANS], PLAN):
        if covers(b, g, p):
            b.f[g + F_STREAK] = b.f[g + F_STREAK] + 1.0 if net < 0.0 else 0.0
            for r in range(b.k[g + P_RULE0], b.k[g + P_RULE1], RULE):
                if b.f[r + T_PROBE] == p:
                    b.f[r + T_OUTCOME] = 1.0 if net > 0.0 else -1.0


def exit_leg(
    b: Book,
    p: int,
    leg: int,
    units: float,
    price: float,
    time: float,
    rate: float,
    reason: int,
    rule: int,
    better: float,
) -> None:
    """Close units of a leg at a price, by the one formula of profit and the profile's commission.

    `better` is the fill that the other level would have given on an ambiguous bar, else 0.
    """
    m = b.k[p + P_MARKET]
    price = fill_price(b, m, price)
    profit = profit_cents(b, m, float(b.k[p + P_SIDE]), b.f[leg + L_ENTRY], price, units, rate)
    book_exit(b, p, leg, units, price, time, rate, reason, rule, better, profit, commission_cents(b, m, units))


def book_exit(
    b: Book,
    p: int,
    leg: int,
    units: float,
    price: float,
    time: float,
    rate: float,
    reason: int,
    rule: int,
    better: float,
    profit: float,
    commission: float,
) -> None:
    """Enter an exit whose money is known; when it was the last of the position, the plan is flat again."""
    m = b.k[p + P_MARKET]
    b.f[W_BALANCE] += profit
    row = emit(b, time, TYPE_FILL, p, rule, (leg - b.k[p + P_LEG0]) // LEG, reason)
    b.out[row + EV_PRICE] = price
    b.out[row + EV_UNITS] = units
    b.out[row + EV_PROFIT] = profit
    b.f[W_BALANCE] -= commission
    enter_in_books(b, p, profit - commission)
    b.out[row + EV_COMMISSION] = commission
    b.out[row + EV_POSITION] = b.f[p + F_POSITION]
    b.out[row + EV_SPREAD] = b.f[m + N_SPREAD]
    b.out[row + EV_KNOWN] = b.f[m + N_KNOWN]
    b.out[row + EV_RATE] = rate
    if reason != FILL_TARGET and (reason != FILL_TAKE or b.f[V_NETTING] != 0.0):
        b.out[row + EV_SLIP] = b.f[m + M_SLIP]
    b.out[row + EV_A] = better
    add_up(b, p, leg, -units)
    b.f[leg + L_UNITS] -= units
    if b.f[leg + L_UNITS] <= 0.0:
        if b.f[leg + L_REQUEST] > 0.0:
            b.f[p + F_PARTS] -= 1.0
        b.f[leg + L_REQUEST] = 0.0
        if units_open(b, p) <= 0.0:
            end_position(b, p, time)


def open_leg(
    b: Book,
    p: int,
    leg: int,
    units: float,
    target: float,
    fill: float,
    time: float,
    rate: float,
    fresh: float,
    reason: int,
    rule: int,
) -> None:
    """One leg of an entry or ADD, with the profile's commission; of 0 units it does not exist."""
    commission = commission_cents(b, b.k[p + P_MARKET], units)
    book_leg(b, p, leg, units, target, fill, time, rate, fresh, reason, rule, commission)


def book_leg(
    b: Book,
    p: int,
    leg: int,
    units: float,
    target: float,
    fill: float,
    time: float,
    rate: float,
    fresh: float,
    reason: int,
    rule: int,
    commission: float,
) -> None:
    """Enter a leg whose commission is known."""
    b.f[leg + L_UNITS] = units
    b.f[leg + L_ENTRY] = fill
    b.f[leg + L_TARGET] = target
    b.f[leg + L_RATE] = rate
    b.f[leg + L_TAKE] = 0.0
    b.f[leg + L_FRESH] = fresh
    b.f[leg + L_REQUEST] = 0.0
    b.f[leg + L_OPENED] = time
    if units <= 0.0:
        return
    m = b.k[p + P_MARKET]
    add_up(b, p, leg, units)
    row = emit(b, time, TYPE_FILL, p, rule, (leg - b.k[p + P_LEG0]) // LEG, reason)
    b.out[row + EV_PRICE] = fill
    b.out[row + EV_UNITS] = units
    b.f[W_BALANCE] -= commission
    enter_in_books(b, p, -commission)
    b.out[row + EV_COMMISSION] = commission
    b.out[row + EV_POSITION] = b.f[p + F_POSITION]
    b.out[row + EV_SPREAD] = b.f[m + N_SPREAD]
    b.out[row + EV_KNOWN] = b.f[m + N_KNOWN]
    b.out[row + EV_RATE] = rate
    if reason == FILL_ADD or b.f[p + E_ORDER] != LIMIT:
        b.out[row + EV_SLIP] = b.f[m + M_SLIP]
    b.out[row + EV_A] = b.f[p + F_STOP]
    b.out[row + EV_B] = target


def add_up(b: Book, p: int, leg: int, units: float) -> None:
    """Keep the market's running sums when units of a leg come (or go: negative)."""
    m = b.k[p + P_MARKET]
    b.f[W_DIRTY] = 1.0
    cost = units * b.f[leg + L_ENTRY]
    if b.k[p + P_SIDE] > 0:
        b.f[m + N_LONG] += units
        b.f[m + N_LONG_COST] += cost
    else:
        b.f[m + N_SHORT] += units
        b.f[m + N_SHORT_COST] += cost
    b.f[m + N_MARGIN] += margin_of(b, m, units, b.f[leg + L_ENTRY], b.f[leg + L_RATE])
    if b.f[m + N_LONG] == 0.0 and b.f[m + N_SHORT] == 0.0:
        b.f[m + N_LONG_COST] = 0.0
        b.f[m + N_SHORT_COST] = 0.0
        b.f[m + N_MARGIN] = 0.0


def equity_now(b: Book) -> float:
    """Equity of this instant in cents, walked over once when somebody asks."""
    if b.f[W_STALE] != 0.0:
        b.f[W_EQUITY] = equity_cents(b)
        b.f[W_STALE] = 0.0
    return b.f[W_EQUITY]


def units_open(b: Book, p: int) -> float:
    """Units of all legs of a plan."""
    units = 0.0
    first = b.k[p + P_LEG0]
    for leg in range(first, first + LEG * int(b.f[p + F_LEGS]), LEG):
        units += b.f[leg + L_UNITS]
    return units


def end_position(b: Book, p: int, time: float) -> None:
    """The last unit is gone: what was pending for this position is dropped."""
    note_result(b, p)
    b.f[p + F_PHASE] = FLAT
    b.f[p + F_LAST_EXIT] = time
    b.f[p + F_STOP_AT] = INF
    b.f[p + F_CLOSE_AT] = INF
    b.f[p + F_PARTS] = 0.0
    b.f[p + F_LEGS] = 0.0
    drop_adds(b, p)


def drop_adds(b: Book, p: int) -> None:
    """Forget the ADDs that wait for their fill."""
    if b.f[p + F_ADDS] > 0.0:
        for slot in range(b.k[p + P_ADD0], b.k[p + P_ADD1], WAITING_ADD):
            b.f[slot + D_UNITS] = 0.0
        b.f[p + F_ADDS] = 0.0


def used_margin(b: Book) -> float:
    """Margin of all open legs, summed by plan and leg; computed again only after a fill."""
    if b.f[W_DIRTY] != 0.0:
        total = 0.0
        for p in range(b.k[H_PLANS], b.k[H_PLANS_END], PLAN):
            if b.f[p + F_PHASE] == OPEN:
                m = b.k[p + P_MARKET]
                first = b.k[p + P_LEG0]
                for leg in range(first, first + LEG * int(b.f[p + F_LEGS]), LEG):
                    if b.f[leg + L_UNITS] > 0.0:
                        total += margin_of(b, m, b.f[leg + L_UNITS], b.f[leg + L_ENTRY], b.f[leg + L_RATE])
        b.f[W_MARGIN] = total
        b.f[W_DIRTY] = 0.0
    return b.f[W_MARGIN]


def margin_of(b: Book, m: int, units: float, price: float, rate: float) -> float:
    """Margin of units at a price, in account currency."""
    return units * b.f[m + M_LOT_STEP] * b.f[m + M_CONTRACT] * price * rate * b.f[m + M_MARGIN_RATE]


def equity_cents(b: Book) -> float:
    """Balance, the profit of every leg at the newest mark, and what others hold; exact, all of it is whole cents."""
    total = b.f[W_BALANCE] + b.f[W_OTHERS]
    for m in range(b.k[H_MARKETS], b.k[H_MARKETS_END], MARKET_RECORD):
        total += marked_cents(b, m, b.f[m + N_CLOSE], b.f[m + N_ASK], b.f[m + N_RATE])
    return total


def marked_cents(b: Book, m: int, bid: float, ask: float, rate: float) -> float:
    """The profit of every leg in one market at a mark, each in whole cents."""
    total = 0.0
    for j in range(1, 1 + b.lists[b.k[m + M_LIST]]):
        p = b.lists[b.k[m + M_LIST] + j]
        if b.f[p + F_PHASE] == OPEN:
            side = float(b.k[p + P_SIDE])
            mark = bid if side > 0.0 else ask
            first = b.k[p + P_LEG0]
            for leg in range(first, first + LEG * int(b.f[p + F_LEGS]), LEG):
                units = b.f[leg + L_UNITS]
                if units > 0.0:
                    total += profit_cents(b, m, side, b.f[leg + L_ENTRY], mark, units, rate)
    return total
