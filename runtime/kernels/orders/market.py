"""The market phase: what one finest bar of one market does to the orders and positions there (the paper broker)."""

from __future__ import annotations

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.brackets import (
    stops_and_targets,
)
from tradeplan.runtime.kernels.orders.entry import (
    fill_entry,
)
from tradeplan.runtime.kernels.orders.exposure import (
    bar_extra,
    close_time,
    open_time,
    place,
    read_mark,
)
from tradeplan.runtime.kernels.orders.layout import (
    ABOUT_ADD,
    ABOUT_ENTRY,
    B_RATE,
    B_RATE_OPEN,
    B_SWAP_DAYS,
    B_SWAP_LONG,
    B_SWAP_SHORT,
    BEYOND_STOP,
    C_CLOSE,
    C_HIGH,
    C_LOW,
    C_OPEN,
    C_SPREAD,
    D_ACTIVE,
    D_RULE,
    D_TIME,
    D_UNITS,
    E_ACTIVATED,
    E_ACTIVE,
    E_ORDER,
    E_PRICE,
    E_RULE,
    E_STOP,
    E_STOP_KIND,
    E_TIME,
    E_VALID,
    EV_POSITION,
    EV_PROFIT,
    EV_UNITS,
    EXPIRED,
    F_ADDS,
    F_BEST,
    F_BUSY,
    F_CLOSE_AT,
    F_CLOSE_RULE,
    F_ENTRY,
    F_LEGS,
    F_NEAR,
    F_OPENED,
    F_PARTS,
    F_PHASE,
    F_POSITION,
    F_SIDE,
    F_STOP,
    F_STOP_AT,
    F_STOP_NEW,
    F_TARGET,
    F_UNITS_ALL,
    FILL_ADD,
    FILL_CLOSE,
    FLAT,
    FRESH_LIMIT,
    FRESH_OPEN,
    FRESH_STOP,
    H_OUT,
    INF,
    L_FRESH,
    L_REQUEST,
    L_REQUEST_AT,
    L_REQUEST_REASON,
    L_REQUEST_RULE,
    L_UNITS,
    LATE,
    LEG,
    LIMIT,
    M_LIST,
    M_MAX_AGE,
    M_SLIP,
    M_TICK,
    OPEN,
    P_ADD0,
    P_ADD1,
    P_LEG0,
    P_MARKET,
    P_SIDE,
    STOP,
    TYPE_DECISION,
    TYPE_SWAP,
    V_NETTING,
    V_OUTSIDE,
    W_BALANCE,
    WAITING_ADD,
)
from tradeplan.runtime.kernels.orders.ledger import (
    emit,
    enter_in_books,
    exit_leg,
    open_leg,
)
from tradeplan.runtime.kernels.orders.levels import (
    beyond,
    level_price,
)
from tradeplan.runtime.kernels.orders.numbers import (
    ask_of,
    cents,
    fill_price,
    to_tick,
)
from tradeplan.runtime.kernels.orders.takes import (
    request_takes,
)
from tradeplan.runtime.kernels.orders.watch import (
    watch,
)


def market_bar(b: Book, m: int, row: int) -> None:
    """One bar for every plan with an order or position in this market, in order of name."""
    read_mark(b, m, row)
    open_price = b.values[b.k[m + C_OPEN] + row]
    high = b.values[b.k[m + C_HIGH] + row]
    low = b.values[b.k[m + C_LOW] + row]
    spread = b.values[b.k[m + C_SPREAD] + row]
    swapped = bar_extra(b, m, B_SWAP_DAYS, row) != 0.0
    at = b.k[m + M_LIST]
    count = b.lists[at]
    gone = False
    for j in range(1, count + 1):
        p = b.lists[at + j]
        if not swapped and passes(b, m, p, high, low, spread):
            b.f[p + F_BEST] = furthest(b, m, p, high, low, spread)
            continue
        if b.f[V_OUTSIDE] != 0.0:
            outside_bar(b, p, row, high, low, spread)
        elif b.f[p + F_PHASE] == OPEN:
            open_position_bar(b, p, row, open_price, high, low, spread)
        else:
            pending_bar(b, p, row, open_price, high, low, spread)
        gone = gone or b.f[p + F_PHASE] == FLAT
    if gone:
        for j in range(count, 0, -1):
            p = b.lists[at + j]
            if b.f[p + F_PHASE] == FLAT:
                place(b, p)


def passes(b: Book, m: int, p: int, high: float, low: float, spread: float) -> bool:
    """Whether a bar does nothing to a plan but move its furthest: the usual bar of an open position.

    An ask less than a tick from a level is left to who rounds it: a bar that does not pass is looked at in full.
    """
    if b.f[p + F_PHASE] != OPEN or b.f[p + F_BUSY] != 0.0:
        return False
    if b.f[p + F_SIDE] > 0.0:
        return low > b.f[p + F_STOP] and high < b.f[p + F_NEAR]
    tick = b.f[m + M_TICK]
    return high + spread + tick < b.f[p + F_STOP] and low + spread - tick > b.f[p + F_NEAR]


def furthest(b: Book, m: int, p: int, high: float, low: float, spread: float) -> float:
    """The furthest of a position once a bar that passes has closed."""
    if b.f[p + F_SIDE] > 0.0:
        return max(b.f[p + F_BEST], high - b.f[p + F_ENTRY])
    if b.f[p + F_ENTRY] - (low + spread) + b.f[m + M_TICK] < b.f[p + F_BEST]:
        return b.f[p + F_BEST]  # however the ask is rounded
    return max(b.f[p + F_BEST], b.f[p + F_ENTRY] - ask_of(b, m, low, spread))


def is_busy(b: Book, p: int) -> bool:
    """Whether something of a position waits for an open."""
    return b.f[p + F_STOP_AT] < INF or b.f[p + F_CLOSE_AT] < INF or b.f[p + F_PARTS] > 0.0 or b.f[p + F_ADDS] > 0.0


def open_position_bar(b: Book, p: int, row: int, open_price: float, high: float, low: float, spread: float) -> None:
    """A bar of an open position: swap, stop moves, exits and ADDs at the open, then stops and targets."""
    m = b.k[p + P_MARKET]
    events = b.k[H_OUT]
    time = open_time(b, m, row)
    rate = bar_extra(b, m, B_RATE_OPEN, row)
    first = b.k[p + P_LEG0]
    if bar_extra(b, m, B_SWAP_DAYS, row) != 0.0:
        charge_swap(b, p, row)
    if b.f[p + F_STOP_AT] <= time:
        b.f[p + F_STOP] = b.f[p + F_STOP_NEW]
        b.f[p + F_STOP_AT] = INF
    for leg in range(first, first + LEG * int(b.f[p + F_LEGS]), LEG):
        b.f[leg + L_FRESH] = 0.0
    side = float(b.k[p + P_SIDE])
    slip = b.f[m + M_SLIP]
    out_price = open_price - slip if side > 0.0 else ask_of(b, m, open_price, spread) + slip
    if b.f[p + F_CLOSE_AT] <= time:
        rule = int(b.f[p + F_CLOSE_RULE])
        for leg in range(first, first + LEG * int(b.f[p + F_LEGS]), LEG):
            if b.f[leg + L_UNITS] > 0.0:
                exit_leg(b, p, leg, b.f[leg + L_UNITS], out_price, time, rate, FILL_CLOSE, rule, 0.0)
    elif b.f[p + F_PARTS] > 0.0:
        for leg in range(first, first + LEG * int(b.f[p + F_LEGS]), LEG):
            units = b.f[leg + L_REQUEST]
            if units > 0.0 and b.f[leg + L_REQUEST_AT] <= time:
                reason = int(b.f[leg + L_REQUEST_REASON])
                rule = int(b.f[leg + L_REQUEST_RULE])
                b.f[leg + L_REQUEST] = 0.0
                b.f[p + F_PARTS] -= 1.0
                exit_leg(b, p, leg, min(units, b.f[leg + L_UNITS]), out_price, time, rate, reason, rule, 0.0)
    if b.f[p + F_PHASE] == OPEN and b.f[p + F_ADDS] > 0.0:
        fill_adds(b, p, row, open_price, spread)
    if b.f[p + F_PHASE] == OPEN:
        stops_and_targets(b, p, row, open_price, high, low, spread)
    if b.f[p + F_PHASE] == OPEN:
        b.f[p + F_BEST] = furthest(b, m, p, high, low, spread)
        b.f[p + F_BUSY] = 1.0 if is_busy(b, p) else 0.0
        if b.k[H_OUT] != events:
            watch(b, p)


def outside_bar(b: Book, p: int, row: int, high: float, low: float, spread: float) -> None:
    """A bar of a position that a broker keeps: its furthest, and on netting accounts the TAKEs that are due.

    The broker's fills have been entered before the bar is looked at; one inside the bar counts from its close on.
    """
    m = b.k[p + P_MARKET]
    at_close = close_time(b, m, row)
    opened = b.f[p + F_OPENED]
    if b.f[p + F_PHASE] != OPEN or opened > at_close:
        return
    inside = opened > open_time(b, m, row)
    if b.f[V_NETTING] != 0.0:
        request_takes(b, p, at_close, high if b.k[p + P_SIDE] > 0 else ask_of(b, m, low, spread), inside)
    if inside:
        high = b.values[b.k[m + C_CLOSE] + row]
        low = high
    b.f[p + F_BEST] = furthest(b, m, p, high, low, spread)
    b.f[p + F_BUSY] = 1.0 if b.f[V_NETTING] != 0.0 or is_busy(b, p) else 0.0


def charge_swap(b: Book, p: int, row: int) -> None:
    """The nights of one bar, for every leg that was open before it."""
    m = b.k[p + P_MARKET]
    per_unit = bar_extra(b, m, B_SWAP_LONG, row) if b.k[p + P_SIDE] > 0 else bar_extra(b, m, B_SWAP_SHORT, row)
    first = b.k[p + P_LEG0]
    for leg in range(first, first + LEG * int(b.f[p + F_LEGS]), LEG):
        if b.f[leg + L_UNITS] > 0.0:
            amount = cents(bar_extra(b, m, B_SWAP_DAYS, row) * b.f[leg + L_UNITS] * per_unit)
            b.f[W_BALANCE] += amount
            enter_in_books(b, p, amount)
            event = emit(b, open_time(b, m, row), TYPE_SWAP, p, -1, (leg - first) // LEG, 0)
            b.out[event + EV_PROFIT] = amount
            b.out[event + EV_UNITS] = b.f[leg + L_UNITS]
            b.out[event + EV_POSITION] = b.f[p + F_POSITION]


def fill_adds(b: Book, p: int, row: int, open_price: float, spread: float) -> None:
    """ADDs that are active at the open."""
    m = b.k[p + P_MARKET]
    side = float(b.k[p + P_SIDE])
    slip = b.f[m + M_SLIP]
    time = open_time(b, m, row)
    ask = ask_of(b, m, open_price, spread)
    fill = fill_price(b, m, ask + slip if side > 0.0 else open_price - slip)
    for slot in range(b.k[p + P_ADD0], b.k[p + P_ADD1], WAITING_ADD):
        units = b.f[slot + D_UNITS]
        if units <= 0.0 or b.f[slot + D_ACTIVE] > time:
            continue
        rule = int(b.f[slot + D_RULE])
        b.f[slot + D_UNITS] = 0.0
        b.f[p + F_ADDS] -= 1.0
        if time - b.f[slot + D_TIME] > b.f[m + M_MAX_AGE]:
            emit(b, time, TYPE_DECISION, p, rule, ABOUT_ADD, LATE)
        elif beyond(side, fill, open_price, ask, b.f[p + F_STOP]):
            emit(b, time, TYPE_DECISION, p, rule, ABOUT_ADD, BEYOND_STOP)
        else:
            leg = b.k[p + P_LEG0] + LEG * int(b.f[p + F_LEGS])
            b.f[p + F_LEGS] += 1.0
            rate = bar_extra(b, m, B_RATE_OPEN, row)
            open_leg(b, p, leg, units, b.f[p + F_TARGET], fill, time, rate, FRESH_OPEN, FILL_ADD, rule)
            before = b.f[p + F_UNITS_ALL]
            b.f[p + F_ENTRY] = (b.f[p + F_ENTRY] * before + fill * units) / (before + units)
            b.f[p + F_UNITS_ALL] = before + units


def pending_bar(b: Book, p: int, row: int, open_price: float, high: float, low: float, spread: float) -> None:
    """A bar of a pending entry: it is dropped, or waits, or fills, and then stops and targets follow at once."""
    m = b.k[p + P_MARKET]
    time = open_time(b, m, row)
    if b.f[p + E_ACTIVE] > time:
        return
    rule = int(b.f[p + E_RULE])
    if b.f[p + E_ACTIVATED] == 0.0:
        b.f[p + E_ACTIVATED] = 1.0
        if time - b.f[p + E_TIME] > b.f[m + M_MAX_AGE]:
            drop_entry(b, p, rule, time, LATE)
            return
    if time >= b.f[p + E_VALID]:
        drop_entry(b, p, rule, time, EXPIRED)
        return
    side = float(b.k[p + P_SIDE])
    slip = b.f[m + M_SLIP]
    order = int(b.f[p + E_ORDER])
    price = b.f[p + E_PRICE]
    ask = ask_of(b, m, open_price, spread)
    fresh = FRESH_OPEN
    fill = ask + slip if side > 0.0 else open_price - slip
    if order == LIMIT:
        if side > 0.0:
            if ask_of(b, m, low, spread) > price:
                return
            fill = min(ask, price)
            fresh = FRESH_OPEN if ask <= price else FRESH_LIMIT
        else:
            if high < price:
                return
            fill = max(open_price, price)
            fresh = FRESH_OPEN if open_price >= price else FRESH_LIMIT
    elif order == STOP:
        if side > 0.0:
            if ask_of(b, m, high, spread) < price:
                return
            fill = max(ask, price) + slip
            fresh = FRESH_OPEN if ask >= price else FRESH_STOP
        else:
            if low > price:
                return
            fill = min(open_price, price) - slip
            fresh = FRESH_OPEN if open_price <= price else FRESH_STOP
    at_open = fresh == FRESH_OPEN
    at = time if at_open else close_time(b, m, row)
    fill = fill_price(b, m, fill)
    stop = level_price(b, m, int(b.f[p + E_STOP_KIND]), b.f[p + E_STOP], fill, -side, 0.0)
    bid = open_price if at_open else to_tick(b, m, price - spread)
    if beyond(side, fill, bid, ask if at_open else ask_of(b, m, price, spread), stop):
        drop_entry(b, p, rule, at, BEYOND_STOP)
        return
    rate = bar_extra(b, m, B_RATE_OPEN, row) if at_open else bar_extra(b, m, B_RATE, row)
    fill_entry(b, p, fill, at, rate, fresh)
    stops_and_targets(b, p, row, open_price, high, low, spread)
    if b.f[p + F_PHASE] == OPEN:
        if at_open:
            b.f[p + F_BEST] = furthest(b, m, p, high, low, spread)
        else:
            close = b.values[b.k[m + C_CLOSE] + row]
            b.f[p + F_BEST] = furthest(b, m, p, close, close, spread)


def drop_entry(b: Book, p: int, rule: int, time: float, reason: int) -> None:
    """A pending entry is over without a fill."""
    b.f[p + F_PHASE] = FLAT
    emit(b, time, TYPE_DECISION, p, rule, ABOUT_ENTRY, reason)
