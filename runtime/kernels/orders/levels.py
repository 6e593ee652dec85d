"""Levels and sizes of an entry: from what the plan says to prices and whole lot steps."""

from __future__ import annotations

import math

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.layout import (
    D_MARGIN,
    D_UNITS,
    E_MARGIN,
    F_ADDS,
    F_PHASE,
    H_MARKETS,
    H_MARKETS_END,
    H_PLANS,
    H_PLANS_END,
    LIMIT,
    LOTS,
    M_COMMISSION,
    M_CONTRACT,
    M_LIST,
    M_LOT_STEP,
    M_NEAR,
    M_SLIP,
    M_UNITS_MAX,
    M_UNITS_MIN,
    MARKET,
    MARKET_RECORD,
    N_ASK,
    N_CLOSE,
    N_RATE_NOW,
    P_ADD0,
    P_ADD1,
    PENDING,
    PERCENT,
    PLAN,
    PRICE,
    R_MULTIPLE,
    RISK_PERCENT,
    SENT,
    STOP,
    TARGET_TOO_NEAR,
    TARGET_WRONG_SIDE,
    WAITING_ADD,
)
from tradeplan.runtime.kernels.orders.ledger import (
    equity_now,
    used_margin,
)
from tradeplan.runtime.kernels.orders.numbers import (
    fill_price,
    to_tick,
)
from tradeplan.runtime.kernels.orders.sums import (
    quick_equity,
    quick_error,
    quick_margin,
)


def value_at(b: Book, column: int, i: int) -> float:
    """A value column at a step."""
    return b.values[b.k[column] + i]


def level_price(b: Book, m: int, kind: int, x: float, fill: float, direction: float, r: float) -> float:
    """A level's price, on the tick; `direction` is the way from the fill to the level, `r` is 1R."""
    if kind == PRICE:
        return to_tick(b, m, x)
    d = x
    if kind == PERCENT:
        d = fill * x / 100.0
    elif kind == R_MULTIPLE:
        d = x * r
    if direction > 0.0:
        return to_tick(b, m, fill + d)
    return to_tick(b, m, fill - d)


def part_up(units: float, percent: float) -> float:
    """A percentage of units, rounded up to whole units: exits."""
    return float(math.ceil(units * percent / 100.0 - 1e-9))


def part_down(units: float, percent: float) -> float:
    """A percentage of units, rounded down: ADD."""
    return float(math.floor(units * percent / 100.0 + 1e-9))


def estimated_fill(b: Book, m: int, side: float, order: int, price: float) -> float:
    """What an entry decided now would fill at."""
    slip = b.f[m + M_SLIP]
    if order == MARKET:
        price = b.f[m + N_ASK] if side > 0.0 else b.f[m + N_CLOSE]
    elif order != STOP:
        return price
    return fill_price(b, m, price + slip if side > 0.0 else price - slip)


def is_passed(b: Book, m: int, side: float, order: int, price: float) -> bool:
    """Whether the market has reached the price of a LIMIT or STOP entry already."""
    now = b.f[m + N_ASK] if side > 0.0 else b.f[m + N_CLOSE]
    if (order == LIMIT) == (side > 0.0):
        return now <= price
    return now >= price


def beyond(side: float, fill: float, bid: float, ask: float, stop: float) -> bool:
    """Whether a fill, or the price on which its stop is triggered, is at or beyond the stop."""
    if side > 0.0:
        return fill <= stop or bid <= stop
    return fill >= stop or ask >= stop


def too_near(b: Book, m: int, distance: float) -> bool:
    """Whether a level lies nearer to the price that triggers it than the broker takes."""
    return distance < b.f[m + M_NEAR]


def target_refused(b: Book, m: int, side: float, fill: float, now: float, level: float) -> int:
    """What is wrong with a target for an estimated fill, `now` being the price that triggers it; SENT for nothing."""
    if side * (level - fill) <= 0.0:
        return TARGET_WRONG_SIDE
    return TARGET_TOO_NEAR if too_near(b, m, side * (level - now)) else SENT


def sized_units(b: Book, m: int, kind: int, size: float, distance: float) -> float:
    """Whole lot steps for an entry; 0 when below the lot minimum."""
    step = b.f[m + M_LOT_STEP]
    if kind == LOTS:
        units = float(math.floor(size / step + 1e-9))
    else:
        money = size
        if kind == RISK_PERCENT:
            money = equity_now(b) / 100.0 * size / 100.0
        contract = b.f[m + M_CONTRACT]
        rate = b.f[m + N_RATE_NOW]
        risk = ((distance + b.f[m + M_SLIP]) * contract * rate + 2.0 * b.f[m + M_COMMISSION]) * step
        units = float(math.floor(money / risk + 1e-9))
    units = min(units, b.f[m + M_UNITS_MAX])
    return units if units >= b.f[m + M_UNITS_MIN] else 0.0


def decided_margin(b: Book) -> float:
    """Used margin, then that of decided but unfilled orders, summed by plan name."""
    total = used_margin(b)
    for p in range(b.k[H_PLANS], b.k[H_PLANS_END], PLAN):
        if b.f[p + F_PHASE] == PENDING:
            total += b.f[p + E_MARGIN]
        elif b.f[p + F_ADDS] > 0.0:
            for slot in range(b.k[p + P_ADD0], b.k[p + P_ADD1], WAITING_ADD):
                if b.f[slot + D_UNITS] > 0.0:
                    total += b.f[slot + D_MARGIN]
    return total


def margin_allows(b: Book, margin: float) -> bool:
    """Whether equity covers used margin, that of decided orders, and this one."""
    decided = quick_margin(b) + margin
    for m in range(b.k[H_MARKETS], b.k[H_MARKETS_END], MARKET_RECORD):
        at = b.k[m + M_LIST]
        for j in range(1, 1 + b.lists[at]):
            p = b.lists[at + j]
            if b.f[p + F_PHASE] == PENDING:
                decided += b.f[p + E_MARGIN]
            elif b.f[p + F_ADDS] > 0.0:
                for slot in range(b.k[p + P_ADD0], b.k[p + P_ADD1], WAITING_ADD):
                    if b.f[slot + D_UNITS] > 0.0:
                        decided += b.f[slot + D_MARGIN]
    if 100.0 * decided * (1.0 + 1e-9) + 2.0 * quick_error(b) < quick_equity(b):
        return True  # far from the edge: no need to walk over every leg
    return decided_margin(b) + margin <= equity_now(b) / 100.0
