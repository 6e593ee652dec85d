"""Rounding and the money formula, as execution.md writes them."""

from __future__ import annotations

import math


def to_tick(x: float, tick: float) -> float:
    """A price on the tick grid."""
    return math.floor(x / tick + 0.5) * tick


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
