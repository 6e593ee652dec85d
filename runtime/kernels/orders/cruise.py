"""The fast way over bars on which nothing happens: positions in one market, and no rule that could act."""

from __future__ import annotations

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.exposure import (
    bar_extra,
    close_time,
    read_mark,
)
from tradeplan.runtime.kernels.orders.layout import (
    B_RATE,
    B_SWAP_DAYS,
    C_CLOSE,
    C_HIGH,
    C_LOW,
    C_SPREAD,
    F_BEST,
    F_PHASE,
    H_KEY,
    H_KEYS,
    H_LANES,
    H_LANES_END,
    H_MARKETS,
    H_MARKETS_END,
    H_ORIGIN,
    H_STATISTICS,
    H_STATISTICS_END,
    INF,
    KEY_BITS,
    LANE,
    M_LIST,
    MARKET_RECORD,
    N_SHORT,
    OPEN,
    P_STEPS,
    U_END,
    U_LIST,
    U_NEXT,
    U_TIMES,
    V_SAMPLE,
    W_BALANCE,
    W_OTHERS,
    W_SAMPLED,
)
from tradeplan.runtime.kernels.orders.ledger import (
    marked_cents,
)
from tradeplan.runtime.kernels.orders.market import (
    furthest,
    passes,
)
from tradeplan.runtime.kernels.orders.numbers import (
    ask_of,
    first_after,
)
from tradeplan.runtime.kernels.orders.statistics import (
    may_be_extreme,
    near_stop_out,
    watch_fall,
)
from tradeplan.runtime.kernels.orders.sums import (
    quick_profit,
)
from tradeplan.runtime.kernels.orders.watch import (
    asleep,
)

FEW = 16


def cruise(b: Book) -> None:
    """Step over bars until one of them has to be looked at; what they move is the furthest and the mark.

    INVARIANT: a bar that is stepped over here leaves the same state as the four phases of its instant would.
    """
    m = only_market(b)
    if m < 0:
        return
    row = b.k[m + U_NEXT]
    last = b.k[m + U_END]
    horizon = INF
    if b.k[H_KEY] < b.k[H_KEYS]:
        horizon = float(b.k[H_ORIGIN] + (b.keys[b.k[H_KEY]] >> KEY_BITS))
    horizon = min(horizon, b.f[W_SAMPLED] + b.f[V_SAMPLE])
    at = b.k[m + M_LIST]
    count = b.lists[at]
    if count > FEW:
        return  # with many positions nearly every bar has to be looked at
    first = row
    while row < last and close_time(b, m, row) < horizon and bar_extra(b, m, B_SWAP_DAYS, row) == 0.0:
        high = b.values[b.k[m + C_HIGH] + row]
        low = b.values[b.k[m + C_LOW] + row]
        spread = b.values[b.k[m + C_SPREAD] + row]
        close = b.values[b.k[m + C_CLOSE] + row]
        t = close_time(b, m, row)
        j = 1
        ask = ask_of(b, m, close, spread) if b.f[m + N_SHORT] != 0.0 else close
        while j <= count and untouched(b, m, b.lists[at + j], high, low, spread, close, ask, t):
            j += 1
        if j <= count:
            break
        rate = bar_extra(b, m, B_RATE, row)
        equity = b.f[W_BALANCE] + b.f[W_OTHERS] + quick_profit(b, m, close, ask, rate)
        if near_stop_out(b, equity):
            break
        if may_be_extreme(b, equity):
            watch_fall(b, b.f[W_BALANCE] + b.f[W_OTHERS] + marked_cents(b, m, close, ask, rate))
        # only now: a bar that has to be looked at has not closed yet for the steps before it
        for j in range(1, count + 1):
            p = b.lists[at + j]
            b.f[p + F_BEST] = furthest(b, m, p, high, low, spread)
        row += 1
    if row > first:
        b.k[m + U_NEXT] = row
        read_mark(b, m, row - 1)
        skip_steps(b, close_time(b, m, row - 1))


def untouched(
    b: Book, m: int, p: int, high: float, low: float, spread: float, close: float, ask: float, t: float
) -> bool:
    """Whether a bar passes a plan by and needs no step of it; `ask` is that of the close."""
    if not passes(b, m, p, high, low, spread):
        return False
    return b.k[p + P_STEPS] == 0 or asleep(b, p, furthest(b, m, p, high, low, spread), close, ask, t)


def skip_steps(b: Book, t: float) -> None:
    """Leave out the steps up to a time of lanes on which everybody slept."""
    for lane in range(b.k[H_LANES], b.k[H_LANES_END], LANE):
        if b.lists[b.k[lane + U_LIST]] > 0:
            times = b.k[lane + U_TIMES]
            start = times + b.k[lane + U_NEXT]
            b.k[lane + U_NEXT] = first_after(b.times, start, times + b.k[lane + U_END], t) - times


def only_market(b: Book) -> int:
    """The one market with orders or positions, -1 for none or several, or when somebody is stepped while flat."""
    if b.k[H_STATISTICS] < b.k[H_STATISTICS_END]:
        return -1
    for lane in range(b.k[H_LANES], b.k[H_LANES_END], LANE):
        for j in range(1, 1 + b.lists[b.k[lane + U_LIST]]):
            if b.f[b.lists[b.k[lane + U_LIST] + j] + F_PHASE] != OPEN:
                return -1
    found = -1
    for m in range(b.k[H_MARKETS], b.k[H_MARKETS_END], MARKET_RECORD):
        if b.lists[b.k[m + M_LIST]] > 0:
            if found >= 0:
                return -1
            found = m
    return found
