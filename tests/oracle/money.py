"""Rounding and the money formula, as execution.md writes them."""

from __future__ import annotations

import math
from decimal import Decimal


def to_tick(x: float, tick: float) -> float:
    """The price on the tick grid, as its decimals are written."""
    return float(math.floor(x / tick + 0.5) * Decimal(repr(tick)))


def ask(bid: float, spread: float, tick: float) -> float:
    """The ask that goes with a bid."""
    return to_tick(bid + spread, tick)


def clean(price: float, tick: float) -> float:
    """A fill price without the binary noise of its sum, where it is on the tick."""
    on_tick = to_tick(price, tick)
    return on_tick if abs(price - on_tick) <= 1e-6 * tick else price


def around(side: int, price: float, spread: float, tick: float) -> tuple[float, float]:
    """Bid and ask at the moment at which an order of a side has its price: a BUY the ask, a SELL the bid."""
    return (to_tick(price - spread, tick), price) if side > 0 else (price, ask(price, spread, tick))


def beyond(side: int, fill: float, stop: float, bid: float, ask_price: float) -> bool:
    """Whether an entry would begin at or beyond its stop."""
    return fill <= stop or bid <= stop if side > 0 else fill >= stop or ask_price >= stop


def cents(amount: float) -> int:
    """An amount in cents, half away from zero."""
    rounded = math.floor(abs(amount) * 100 + 0.5)
    return -rounded if amount < 0 else rounded


def profit(side: int, out: float, fill: float, units: int, lot_step: float, contract: float, rate: float) -> int:
    """The profit of a leg in cents."""
    return cents(side * (out - fill) * units * lot_step * contract * rate)


def level(kind: str, value: float, fill: float, risk: float, direction: int, tick: float) -> float:
    """A stop (`direction` = -side) or target (`direction` = side) from the fill; risk is 1R."""
    if kind == "price":
        return to_tick(value, tick)
    distance = {"distance": value, "percent": fill * value / 100, "r": value * risk}[kind]
    return to_tick(fill + direction * distance, tick)


def split(units: int, percents: list[float]) -> list[int]:
    """Units of each TAKE leg in order, then of the last leg."""
    rest, parts = units, []
    for p in percents:
        part = min(math.ceil(units * p / 100 - 1e-9), rest)
        parts.append(part)
        rest -= part
    return [*parts, rest]
