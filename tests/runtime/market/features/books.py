"""Small books and trades written down by hand, and datasets over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from tradeplan.runtime.market.columns import from_columns
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.streams import Book, MemoryStreams, Stream, Trades

START = 1_709_596_800_000  # 2024-03-05 00:00 UTC
MINUTE = 60_000
Row = tuple[int, int, float, float]
"""Milliseconds after START, side, price, size."""


def book(snapshot: Sequence[tuple[int, float, float]], changes: Sequence[Row], end: int, start: int = 0) -> Book:
    """A snapshot at `start`, then one message for each time of the changes; recorded up to `end`."""
    rows = [(start, *row) for row in snapshot] + list(changes)
    numbers = [0] * len(snapshot)
    for before, row in zip([(-1,), *changes], changes, strict=False):
        numbers.append(numbers[-1] + (row[0] != before[0]))
    kinds = [0] * len(snapshot) + [1] * len(changes)
    columns = list(zip(*rows, strict=True))
    return Book(
        START + np.array(columns[0], dtype=np.int64),
        np.array(numbers, dtype=np.int64),
        np.array(kinds, dtype=np.int8),
        np.array(columns[1], dtype=np.int8),
        np.array(columns[2], dtype=np.float64),
        np.array(columns[3], dtype=np.float64),
        np.array([[START + start - 1, START + end]], dtype=np.int64),
    )


def trades(*rows: tuple[int, float, float, int], end: int = 10**9, start: int = -(10**6)) -> Trades:
    """Trades: milliseconds after START, price, size, side of the aggressor."""
    columns = list(zip(*rows, strict=True)) or [[], [], [], []]
    return Trades(
        START + np.array(columns[0], dtype=np.int64),
        np.array(columns[1], dtype=np.float64),
        np.array(columns[2], dtype=np.float64),
        np.array(columns[3], dtype=np.int8),
        np.array([[START + start, START + end]], dtype=np.int64),
    )


def dataset(streams: Mapping[str, Stream], minutes: int = 2) -> Dataset:
    """Bars of M1 of `btc` over these streams."""
    profiles = load_profiles()
    times = START + MINUTE * np.arange(minutes, dtype=np.int64)
    prices = dict.fromkeys(("open", "high", "low", "close"), np.full(minutes, 100.0))
    made = MemoryStreams({("btc", name): stream for name, stream in streams.items()}, profiles)
    return Dataset.from_rates({("btc", "M1"): from_columns({"time": times, **prices})}, profiles, made)
