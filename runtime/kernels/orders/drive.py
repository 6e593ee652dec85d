"""The driver: every instant of a chunk, in order; from one to the next that can change anything."""

from __future__ import annotations

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.cruise import (
    cruise,
)
from tradeplan.runtime.kernels.orders.exposure import (
    catch_up,
    close_time,
)
from tradeplan.runtime.kernels.orders.guard import (
    guard_phase,
)
from tradeplan.runtime.kernels.orders.layout import (
    F_BEST,
    H_GUARD_LANE,
    H_GUARDS,
    H_KEY,
    H_KEYS,
    H_LANES,
    H_LANES_END,
    H_MARKETS,
    H_MARKETS_END,
    H_ORIGIN,
    H_OUT,
    H_PLANS,
    H_RESERVE,
    INF,
    KEY_BITS,
    LANE,
    M_LIST,
    MARKET_RECORD,
    N_ASK,
    N_CLOSE,
    OWNER_MASK,
    P_LANE,
    P_MARKET,
    PLAN,
    U_END,
    U_LIST,
    U_NEXT,
    U_TIMES,
    W_STALE,
)
from tradeplan.runtime.kernels.orders.ledger import (
    equity_now,
)
from tradeplan.runtime.kernels.orders.market import (
    market_bar,
)
from tradeplan.runtime.kernels.orders.numbers import (
    first_after,
)
from tradeplan.runtime.kernels.orders.plan import (
    plan_step,
)
from tradeplan.runtime.kernels.orders.statistics import (
    account_phase,
)
from tradeplan.runtime.kernels.orders.watch import (
    asleep,
)
from tradeplan.runtime.kernels.source.primitives import (
    Bytes,
    Floats,
    Integers,
)


def drive(
    k: Integers,
    f: Floats,
    ring: Floats,
    lists: Integers,
    days: Integers,
    weeks: Integers,
    extra: Floats,
    times: Integers,
    values: Floats,
    truths: Bytes,
    keys: Integers,
    out: Floats,
    stack: Floats,
    due: Integers,
) -> int:
    """Run all instants of a chunk. Returns 0 when done, 1 when `out` is full: take the events and call again."""
    b = Book(k, f, ring, lists, days, weeks, extra, times, values, truths, keys, out, stack, due)
    while True:
        if k[H_OUT] + k[H_RESERVE] > len(out):
            return 1
        cruise(b)
        t = next_instant(b)
        if t >= INF:
            break
        instant(b, t)
    for m in range(k[H_MARKETS], k[H_MARKETS_END], MARKET_RECORD):
        catch_up(b, m, INF)
    b.f[W_STALE] = 1.0
    equity_now(b)
    return 0


def next_instant(b: Book) -> float:
    """The next time at which something can change, INF when the chunk holds no more."""
    t = INF
    for m in range(b.k[H_MARKETS], b.k[H_MARKETS_END], MARKET_RECORD):
        if b.lists[b.k[m + M_LIST]] > 0 and b.k[m + U_NEXT] < b.k[m + U_END]:
            t = min(t, close_time(b, m, b.k[m + U_NEXT]))
    for lane in range(b.k[H_LANES], b.k[H_LANES_END], LANE):
        if b.lists[b.k[lane + U_LIST]] > 0 and b.k[lane + U_NEXT] < b.k[lane + U_END]:
            t = min(t, close_time(b, lane, b.k[lane + U_NEXT]))
    if b.k[H_KEY] < b.k[H_KEYS]:
        t = min(t, float(b.k[H_ORIGIN] + (b.keys[b.k[H_KEY]] >> KEY_BITS)))
    return t


def instant(b: Book, t: float) -> None:
    """The four phases of one instant."""
    for m in range(b.k[H_MARKETS], b.k[H_MARKETS_END], MARKET_RECORD):
        if b.lists[b.k[m + M_LIST]] > 0:
            row = b.k[m + U_NEXT]
            if row < b.k[m + U_END] and close_time(b, m, row) <= t:
                b.k[m + U_NEXT] = row + 1
                market_bar(b, m, row)
    account_phase(b, t)
    guard_lane = b.k[H_GUARD_LANE]
    guarded = b.lists[b.k[guard_lane + U_LIST]] > 0 and at_step(b, guard_lane, t)
    count = 0
    for lane in range(b.k[H_LANES], guard_lane, LANE):
        if b.lists[b.k[lane + U_LIST]] > 0 and at_step(b, lane, t):
            for j in range(1, 1 + b.lists[b.k[lane + U_LIST]]):
                p = b.lists[b.k[lane + U_LIST] + j]
                m = b.k[p + P_MARKET]
                if not asleep(b, p, b.f[p + F_BEST], b.f[m + N_CLOSE], b.f[m + N_ASK], t):
                    count = merge(b.due, count, p)
    now = int(t) - b.k[H_ORIGIN]
    while b.k[H_KEY] < b.k[H_KEYS] and b.keys[b.k[H_KEY]] >> KEY_BITS == now:
        p = b.k[H_GUARDS] + PLAN * (b.keys[b.k[H_KEY]] & OWNER_MASK)
        b.k[H_KEY] += 1
        reach(b, b.k[p + P_LANE], t)
        if p < b.k[H_PLANS]:
            guarded = True
        else:
            count = merge(b.due, count, p)
    if guarded:
        guard_phase(b, b.k[guard_lane + U_NEXT], t)
    for j in range(count):
        p = b.due[j]
        lane = b.k[p + P_LANE]
        plan_step(b, p, b.k[lane + U_NEXT], t)
    for lane in range(b.k[H_LANES], b.k[H_LANES_END], LANE):
        if at_step(b, lane, t):
            b.k[lane + U_NEXT] += 1


def at_step(b: Book, lane: int, t: float) -> bool:
    """Whether a lane's next step is at a time."""
    return b.k[lane + U_NEXT] < b.k[lane + U_END] and close_time(b, lane, b.k[lane + U_NEXT]) == t


def reach(b: Book, lane: int, t: float) -> None:
    """Move a lane that nobody watched forward to its step at a time."""
    at = b.k[lane + U_NEXT]
    times = b.k[lane + U_TIMES]
    if b.times[times + at] < t:
        b.k[lane + U_NEXT] = first_after(b.times, times + at, times + b.k[lane + U_END], t - 1.0) - times


def merge(due: Integers, count: int, p: int) -> int:
    """Put a plan into the sorted list of those that are due, once; returns the list's length."""
    j = count
    while j > 0 and due[j - 1] > p:
        j -= 1
    if j > 0 and due[j - 1] == p:
        return count
    for k in range(count, j, -1):
        due[k] = due[k - 1]
    due[j] = p
    return count + 1
