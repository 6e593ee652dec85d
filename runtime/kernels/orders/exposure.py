"""Who has to be looked at: plans with orders or positions by market, plans to be stepped by lane, newest marks."""

from __future__ import annotations

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.layout import (
    B_KNOWN,
    B_LENGTH,
    B_RATE,
    B_RATE_NOW,
    C_CLOSE,
    C_SPREAD,
    F_AWAKE,
    F_PHASE,
    FLAT,
    M_LIST,
    N_ASK,
    N_CLOSE,
    N_KNOWN,
    N_RATE,
    N_RATE_NOW,
    N_SPREAD,
    N_TIME,
    OPEN,
    P_ALWAYS,
    P_LANE,
    P_MARKET,
    P_STEPS,
    PENDING,
    U_END,
    U_LIST,
    U_NEXT,
    U_TIMES,
)
from tradeplan.runtime.kernels.orders.numbers import (
    ask_of,
    first_after,
)
from tradeplan.runtime.kernels.source.primitives import (
    Integers,
)


def insert(lists: Integers, at: int, value: int) -> None:
    """Put a value into the sorted counted list at a place, once."""
    count = lists[at]
    j = count
    while j > 0 and lists[at + j] > value:
        j -= 1
    if j > 0 and lists[at + j] == value:
        return
    for k in range(count, j, -1):
        lists[at + k + 1] = lists[at + k]
    lists[at + j + 1] = value
    lists[at] = count + 1


def remove(lists: Integers, at: int, value: int) -> None:
    """Take a value out of a sorted counted list, if it is there."""
    count = lists[at]
    for j in range(1, count + 1):
        if lists[at + j] == value:
            for k in range(j, count):
                lists[at + k] = lists[at + k + 1]
            lists[at] = count - 1
            return


def place(b: Book, p: int) -> None:
    """Bring the lists up to date with a plan's phase."""
    phase = b.f[p + F_PHASE]
    traded = b.k[b.k[p + P_MARKET] + M_LIST]
    stepped = b.k[b.k[p + P_LANE] + U_LIST]
    if phase == FLAT:
        remove(b.lists, traded, p)
    else:
        insert(b.lists, traded, p)
    steps = phase == PENDING or (phase == OPEN and b.k[p + P_STEPS] != 0)
    if steps or b.k[p + P_ALWAYS] != 0 or b.f[p + F_AWAKE] != 0.0:
        insert(b.lists, stepped, p)
    else:
        remove(b.lists, stepped, p)


def close_time(b: Book, m: int, row: int) -> float:
    """When a finest bar of a market closes."""
    return float(b.times[b.k[m + U_TIMES] + row])


def open_time(b: Book, m: int, row: int) -> float:
    """When a finest bar of a market opened."""
    return close_time(b, m, row) - bar_extra(b, m, B_LENGTH, row)


def bar_extra(b: Book, m: int, what: int, row: int) -> float:
    """One of the B_ columns of a finest bar."""
    return b.extra[b.k[m + what] + b.k[m + what + 1] * row]


def read_mark(b: Book, m: int, row: int) -> None:
    """Take a bar's close as the newest mark of its market."""
    b.f[m + N_CLOSE] = b.values[b.k[m + C_CLOSE] + row]
    b.f[m + N_SPREAD] = b.values[b.k[m + C_SPREAD] + row]
    b.f[m + N_ASK] = ask_of(b, m, b.f[m + N_CLOSE], b.f[m + N_SPREAD])
    b.f[m + N_RATE] = bar_extra(b, m, B_RATE, row)
    b.f[m + N_RATE_NOW] = bar_extra(b, m, B_RATE_NOW, row)
    b.f[m + N_TIME] = close_time(b, m, row)
    b.f[m + N_KNOWN] = bar_extra(b, m, B_KNOWN, row)


def catch_up(b: Book, m: int, t: float) -> None:
    """Step over the bars of a market without orders or positions that closed up to a time."""
    row = b.k[m + U_NEXT]
    if row < b.k[m + U_END] and close_time(b, m, row) <= t:
        times = b.k[m + U_TIMES]
        row = first_after(b.times, times + row, times + b.k[m + U_END], t) - times
        b.k[m + U_NEXT] = row
        read_mark(b, m, row - 1)
