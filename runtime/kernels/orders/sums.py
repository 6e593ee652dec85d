"""Equity and margin from the running sums over open legs: bounds that cost nothing; nothing is decided by them."""

from __future__ import annotations

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.layout import (
    H_MARKETS,
    H_MARKETS_END,
    H_RESERVE,
    M_CONTRACT,
    M_LOT_STEP,
    MARKET_RECORD,
    N_ASK,
    N_CLOSE,
    N_LONG,
    N_LONG_COST,
    N_MARGIN,
    N_RATE,
    N_SHORT,
    N_SHORT_COST,
    W_BALANCE,
    W_OTHERS,
)


def quick_equity(b: Book) -> float:
    """Equity in cents from the running sums: right to `quick_error`, and without walking over legs."""
    total = b.f[W_BALANCE] + b.f[W_OTHERS]
    for m in range(b.k[H_MARKETS], b.k[H_MARKETS_END], MARKET_RECORD):
        total += quick_profit(b, m, b.f[m + N_CLOSE], b.f[m + N_ASK], b.f[m + N_RATE])
    return total


def quick_profit(b: Book, m: int, bid: float, ask: float, rate: float) -> float:
    """Profit of one market's legs in cents from the running sums, at a mark."""
    if b.f[m + N_LONG] == 0.0 and b.f[m + N_SHORT] == 0.0:
        return 0.0
    gain = b.f[m + N_LONG] * bid - b.f[m + N_LONG_COST]
    gain += b.f[m + N_SHORT_COST] - b.f[m + N_SHORT] * ask
    return 100.0 * gain * b.f[m + M_LOT_STEP] * b.f[m + M_CONTRACT] * rate


def quick_margin(b: Book) -> float:
    """Used margin from the running sums."""
    total = 0.0
    for m in range(b.k[H_MARKETS], b.k[H_MARKETS_END], MARKET_RECORD):
        total += b.f[m + N_MARGIN]
    return total


def quick_error(b: Book) -> float:
    """How far, in cents, the running sums may be from the truth: half a cent a leg, and generous room for floats."""
    return 1_000.0 + float(b.k[H_RESERVE]) + 1e-9 * abs(b.f[W_BALANCE])
