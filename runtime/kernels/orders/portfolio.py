"""What the plans of an account could lose together, and the limits of guards that an entry must not break."""

from __future__ import annotations

import math

from tradeplan.runtime.kernels.orders.arrays import (
    Book,
)
from tradeplan.runtime.kernels.orders.layout import (
    AS_NOTIONAL,
    AS_RISK,
    AS_WORST,
    CAP,
    CAP_CORRELATED,
    CAP_MARGIN,
    CAP_NET,
    CAP_WORST,
    D_NUMBERS,
    D_UNITS,
    E_NUMBERS,
    EV_A,
    EV_B,
    F_ADDS,
    F_LEGS,
    F_PHASE,
    F_STOP,
    G_BOUND,
    G_COLUMNS,
    G_GUARD,
    G_KIND,
    G_THRESHOLD,
    G_WEIGHTS,
    H_CAPS,
    H_CAPS_END,
    H_MARKETS,
    H_MARKETS_END,
    H_PLANS,
    H_PLANS_END,
    L_ENTRY,
    L_UNITS,
    LEG,
    M_COMMISSION,
    M_CONTRACT,
    M_GAP,
    M_LOT_STEP,
    M_SLIP,
    MARKET_RECORD,
    N_RATE,
    OPEN,
    P_ADD0,
    P_ADD1,
    P_LEG0,
    P_MARKET,
    P_SIDE,
    PENDING,
    PLAN,
    W_BROKEN,
    W_BROKEN_VALUE,
    WAITING_ADD,
)
from tradeplan.runtime.kernels.orders.ledger import (
    covers,
    equity_now,
    profit_cents,
    used_margin,
)
from tradeplan.runtime.kernels.orders.levels import (
    decided_margin,
)
from tradeplan.runtime.kernels.orders.numbers import (
    cents,
)
from tradeplan.runtime.kernels.orders.values import (
    mark_of,
)


def exit_at(b: Book, m: int, side: float, stop: float, gap_of: float) -> float:
    """Where a stop fills, slippage taken and a gap of the market's allowance of a price (0: no gap), not rounded."""
    away = b.f[m + M_SLIP] + gap_of * b.f[m + M_GAP] / 100.0
    return stop - away if side > 0.0 else stop + away


def plan_numbers(b: Book, at: int, m: int, side: float, units: float, fill: float, stop: float, rate: float) -> None:
    """Write notional, worst loss and risk of an order behind an address; money in cents, the notional not."""
    step = b.f[m + M_LOT_STEP]
    contract = b.f[m + M_CONTRACT]
    commission = 2.0 * cents(units * step * b.f[m + M_COMMISSION])
    worst = exit_at(b, m, side, stop, max(fill, stop))
    near = exit_at(b, m, side, stop, 0.0)
    b.f[at + AS_NOTIONAL] = units * step * contract * fill * rate
    b.f[at + AS_WORST] = cents(side * (fill - worst) * units * step * contract * rate) + commission
    b.f[at + AS_RISK] = cents(side * (fill - near) * units * step * contract * rate) + commission


def leg_worst(b: Book, p: int, leg: int) -> float:
    """What a leg would lose of equity at its worst exit, in cents."""
    m = b.k[p + P_MARKET]
    side = float(b.k[p + P_SIDE])
    stop = b.f[p + F_STOP]
    units = b.f[leg + L_UNITS]
    rate = b.f[m + N_RATE]
    entry = b.f[leg + L_ENTRY]
    now = profit_cents(b, m, side, entry, mark_of(b, m, side), units, rate)
    then = profit_cents(b, m, side, entry, exit_at(b, m, side, stop, stop), units, rate)
    return now - then + cents(units * b.f[m + M_LOT_STEP] * b.f[m + M_COMMISSION])


def leg_risk(b: Book, p: int, leg: int) -> float:
    """What a leg would lose from its entry at its stop, in cents; at least 0."""
    m = b.k[p + P_MARKET]
    side = float(b.k[p + P_SIDE])
    units = b.f[leg + L_UNITS]
    near = exit_at(b, m, side, b.f[p + F_STOP], 0.0)
    loss = cents(units * b.f[m + M_LOT_STEP] * b.f[m + M_COMMISSION])
    loss -= profit_cents(b, m, side, b.f[leg + L_ENTRY], near, units, b.f[m + N_RATE])
    return max(0.0, loss)


def worst_loss(b: Book) -> float:
    """What equity would lose at the worst exit of every leg and order, in cents."""
    total = 0.0
    for p in range(b.k[H_PLANS], b.k[H_PLANS_END], PLAN):
        if b.f[p + F_PHASE] == OPEN:
            first = b.k[p + P_LEG0]
            for leg in range(first, first + LEG * int(b.f[p + F_LEGS]), LEG):
                if b.f[leg + L_UNITS] > 0.0:
                    total += leg_worst(b, p, leg)
        total += orders(b, p, AS_WORST)
    return total


def orders(b: Book, p: int, what: int) -> float:
    """One of the three numbers over the orders of a plan: exact for cents, whose sums do not depend on their order."""
    if b.f[p + F_PHASE] == PENDING:
        return b.f[p + E_NUMBERS + what]
    total = 0.0
    if b.f[p + F_ADDS] > 0.0:
        for slot in range(b.k[p + P_ADD0], b.k[p + P_ADD1], WAITING_ADD):
            if b.f[slot + D_UNITS] > 0.0:
                total += b.f[slot + D_NUMBERS + what]
    return total


def weight_of(b: Book, weights: int, m: int, side: float, net: bool) -> float:
    """How a position in a market counts: its weight, with its side where buying and selling cancel each other."""
    weight = b.f[weights + (m - b.k[H_MARKETS]) // MARKET_RECORD]
    return side * weight if net else weight


def exposure(b: Book, weights: int, net: bool) -> float:
    """Weighted notional of legs by plan and leg, then of orders by plan, in account currency."""
    total = 0.0
    for p in range(b.k[H_PLANS], b.k[H_PLANS_END], PLAN):
        if b.f[p + F_PHASE] == OPEN:
            m = b.k[p + P_MARKET]
            side = float(b.k[p + P_SIDE])
            weight = weight_of(b, weights, m, side, net)
            if weight != 0.0:
                value = mark_of(b, m, side)
                first = b.k[p + P_LEG0]
                for leg in range(first, first + LEG * int(b.f[p + F_LEGS]), LEG):
                    units = b.f[leg + L_UNITS]
                    if units > 0.0:
                        total += weight * (units * b.f[m + M_LOT_STEP] * b.f[m + M_CONTRACT] * value * b.f[m + N_RATE])
    for p in range(b.k[H_PLANS], b.k[H_PLANS_END], PLAN):
        weight = weight_of(b, weights, b.k[p + P_MARKET], float(b.k[p + P_SIDE]), net)
        if weight != 0.0:
            if b.f[p + F_PHASE] == PENDING:
                total += weight * b.f[p + E_NUMBERS + AS_NOTIONAL]
            elif b.f[p + F_ADDS] > 0.0:
                for slot in range(b.k[p + P_ADD0], b.k[p + P_ADD1], WAITING_ADD):
                    if b.f[slot + D_UNITS] > 0.0:
                        total += weight * b.f[slot + D_NUMBERS + AS_NOTIONAL]
    return total


def correlated_risk(b: Book, c: int, candidate: int, i: int) -> float:
    """The risk of what would lose together with an entry of a plan at a step of its lane, in cents; its own not."""
    own = b.k[candidate + P_MARKET]
    markets = (b.k[H_MARKETS_END] - b.k[H_MARKETS]) // MARKET_RECORD
    columns = b.k[c + G_COLUMNS] + (candidate - b.k[H_PLANS]) // PLAN * markets
    total = 0.0
    for p in range(b.k[H_PLANS], b.k[H_PLANS_END], PLAN):
        risk = orders(b, p, AS_RISK)
        if b.f[p + F_PHASE] == OPEN:
            first = b.k[p + P_LEG0]
            for leg in range(first, first + LEG * int(b.f[p + F_LEGS]), LEG):
                if b.f[leg + L_UNITS] > 0.0:
                    risk += leg_risk(b, p, leg)
        if risk > 0.0:
            m = b.k[p + P_MARKET]
            alike = 1.0
            sides = float(b.k[p + P_SIDE] * b.k[candidate + P_SIDE])
            if m != own:
                column = b.k[columns + (m - b.k[H_MARKETS]) // MARKET_RECORD]
                alike = b.values[b.k[column] + i]
            if math.isnan(alike) or (sides * alike >= b.f[c + G_THRESHOLD] if m != own else sides > 0.0):
                total += risk
    return total


def reading_with(b: Book, c: int, p: int, at: int, margin: float, i: int) -> float:
    """What a limit reads, in percent, with an order of a plan whose numbers lie behind an address."""
    equity = equity_now(b)
    if not equity > 0.0:
        return math.nan
    kind = b.k[c + G_KIND]
    if kind == CAP_WORST:
        return 100.0 * (worst_loss(b) + b.f[at + AS_WORST]) / equity
    if kind == CAP_CORRELATED:
        return 100.0 * (correlated_risk(b, c, p, i) + b.f[at + AS_RISK]) / equity
    if kind == CAP_MARGIN:
        return equity / (decided_margin(b) + margin)
    net = kind == CAP_NET
    weight = weight_of(b, b.k[c + G_WEIGHTS], b.k[p + P_MARKET], float(b.k[p + P_SIDE]), net)
    total = exposure(b, b.k[c + G_WEIGHTS], net)
    if weight != 0.0:
        total += weight * b.f[at + AS_NOTIONAL]
    return 100.0 * abs(total) / (equity / 100.0)


def breaks_limit(b: Book, p: int, at: int, margin: float, i: int) -> bool:
    """Whether an order would break a limit of a guard that covers its plan; which one, and its reading, is kept."""
    for c in range(b.k[H_CAPS], b.k[H_CAPS_END], CAP):
        if not covers(b, b.k[c + G_GUARD], p):
            continue
        x = reading_with(b, c, p, at, margin, i)
        kept = x >= b.f[c + G_BOUND] if b.k[c + G_KIND] == CAP_MARGIN else x <= b.f[c + G_BOUND]
        if not kept:
            b.f[W_BROKEN] = float(c)
            b.f[W_BROKEN_VALUE] = x
            return True
    return False


def tell_limit(b: Book, row: int) -> None:
    """Write the limit that was broken last into the record of its decision."""
    b.out[row + EV_A] = b.f[W_BROKEN]
    b.out[row + EV_B] = b.f[W_BROKEN_VALUE]


def portfolio_reading(b: Book, kind: int, weights: int, equity: float) -> float:
    """A reading of the account phase: of worst loss, exposure (net or not) or margin level, in percent."""
    if kind == CAP_MARGIN:
        used = used_margin(b)
        return equity / used if used > 0.0 else math.nan
    if not equity > 0.0:
        return math.nan
    if kind == CAP_WORST:
        return 100.0 * worst_loss(b) / equity
    return 100.0 * abs(exposure(b, weights, kind == CAP_NET)) / (equity / 100.0)
