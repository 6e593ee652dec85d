"""What keeps a plan from entering whatever its levels are: its limits, halts, and what a person forbade."""

from __future__ import annotations

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.breakers import (
    is_halted,
)
from tradeplan.runtime.kernels.orders.layout import (
    COOLDOWN,
    EXPIRED,
    F_FILLS,
    F_FROZEN,
    F_LAST_EXIT,
    HALTED,
    INF,
    MAX_COUNT,
    NO_CALENDAR,
    ONCE,
    P_COOLDOWN,
    P_COOLDOWN_CALENDAR,
    P_EXPIRES,
    P_MAX,
    P_MAX_CALENDAR,
    P_MAX_SPAN,
    P_ONCE,
    P_RING,
    RETIRED,
    SENT,
)
from tradeplan.runtime.kernels.orders.numbers import (
    boundary_of,
    span_end,
)


def limited(b: Book, p: int, t: float) -> int:
    """The first of these reasons against an entry at a step, or SENT."""
    if b.f[p + F_FROZEN] != 0.0:
        return RETIRED
    if t >= b.k[p + P_EXPIRES]:
        return EXPIRED
    if is_halted(b, p, t):
        return HALTED
    if b.k[p + P_ONCE] != 0 and b.f[p + F_FILLS] > 0.0:
        return ONCE
    cooling = b.k[p + P_COOLDOWN] != 0 or b.k[p + P_COOLDOWN_CALENDAR] != NO_CALENDAR
    if cooling and b.f[p + F_LAST_EXIT] > -INF:
        span = float(b.k[p + P_COOLDOWN])
        if t < span_end(b, span, b.k[p + P_COOLDOWN_CALENDAR], b.f[p + F_LAST_EXIT]):
            return COOLDOWN
    if too_many(b, p, t):
        return MAX_COUNT
    return SENT


def too_many(b: Book, p: int, t: float) -> bool:
    """Whether MAX n PER span first fills have been made."""
    n = b.k[p + P_MAX]
    if n == 0 or b.f[p + F_FILLS] < n:
        return False
    oldest = b.ring[b.k[p + P_RING] + int(b.f[p + F_FILLS]) % n]
    if b.k[p + P_MAX_CALENDAR] == NO_CALENDAR:
        return oldest > t - b.k[p + P_MAX_SPAN]
    return oldest >= boundary_of(b, b.k[p + P_MAX_CALENDAR], t)
