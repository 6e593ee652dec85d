"""Made-up columns for features: functions of data beyond bars face the laws without any such data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from tradeplan.dsl.catalog import Feature

BAR = 300_000
RANGES: dict[str, tuple[float, float]] = {
    "book_imbalance": (0.1, 5.0),
    "depth_speed": (-3.0, 3.0),
    "least_depth_speed": (-1.0, 1.0),
    "pulled_levels": (0.0, 3.0),
    "tick_count": (0.0, 500.0),
    "trade_count": (0.0, 500.0),
    "traded_volume": (0.0, 500.0),
}
"""The values that a feature can have, where not any number will do."""
COUNTS = {"pulled_levels", "tick_count", "trade_count"}


def feature_column(read: Feature, fields: Mapping[str, Sequence[float]]) -> list[float]:
    """Values from a seed of the feature's name, some of them equal, most of them small; UNKNOWN where bars are."""
    length = len(fields["close"])
    if read.name.startswith("news_"):
        return news_column(read.name, fields)
    rng = np.random.default_rng([length, *read.name.encode()])
    low, high = RANGES.get(read.name, (-500.0, 500.0))
    drawn = rng.uniform(0.0, 1.0, length)
    values = low + (high - low) * (drawn**4 if low == 0.0 and read.name not in COUNTS else drawn)
    if high - low > 10 or read.name in COUNTS:  # whole numbers meet the borders of comparisons
        values = np.round(values)
    values = np.where(rng.random(length) < 0.1, np.round((low + high) / 2), values)
    return [float(v) for v in np.where(np.isnan(fields["close"]), math.nan, values)]


def news_column(name: str, fields: Mapping[str, Sequence[float]]) -> list[float]:
    """Windows around news on bars of five minutes, some on the edge of a bar and some between two; UNKNOWN with bars.

    All columns of the same bars tell of the same windows, which begin at least a bar apart.
    """
    length = len(fields["close"])
    rng = np.random.default_rng([length, *np.nan_to_num(fields["close"][:1]).tobytes()])
    starts, ends, at = [], [], 0
    while at < length * BAR:
        at += int(rng.integers(1, 30)) * BAR + int(rng.choice([0, 0, 60_000]))
        starts.append(at)
        at += int(rng.choice([0, 2 * 60_000, 6 * BAR, 7 * BAR + 60_000]))
        ends.append(at)
    values = []
    for bar in range(length):
        time = (bar + 1) * BAR
        begun = [i for i, start in enumerate(starts) if start <= time]
        newest = begun[-1] if begun else None
        began = math.inf if newest is None else float(time - starts[newest])
        left = -math.inf if newest is None else float(ends[newest] - time)
        values.append({"news_number": float(len(begun)), "news_began": began, "news_left": left}[name])
    return [float(v) for v in np.where(np.isnan(fields["close"]), math.nan, values)]
