"""The timeframes of MetaTrader 5 and how long they are."""

from __future__ import annotations

_MINUTE = 60_000

TIMEFRAMES: dict[str, int] = {
    **{f"M{n}": n * _MINUTE for n in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)},
    **{f"H{n}": n * 60 * _MINUTE for n in (1, 2, 3, 4, 6, 8, 12)},
    "D1": 1_440 * _MINUTE,
    "W1": 7 * 1_440 * _MINUTE,
    "MN1": 30 * 1_440 * _MINUTE,
}
"""Nominal milliseconds by name, finest first; D1 and slower follow the broker's days, so theirs is only an order."""


def milliseconds(timeframe: str) -> int:
    """The nominal length of a timeframe in milliseconds."""
    return TIMEFRAMES[timeframe]


def is_daily_or_slower(timeframe: str) -> bool:
    """Whether bars of this timeframe follow the broker's day boundary."""
    return TIMEFRAMES[timeframe] >= TIMEFRAMES["D1"]


def finer(a: str, b: str) -> str:
    """The finer of two timeframes."""
    return a if TIMEFRAMES[a] <= TIMEFRAMES[b] else b
