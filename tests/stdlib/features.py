"""Made-up columns for features: functions of data beyond bars face the laws without any such data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from tradeplan.dsl.catalog import Feature

FEATURE_RANGES: dict[str, tuple[float, float]] = {}
"""The values that a feature can have, where not any number will do."""


def feature_column(read: Feature, fields: Mapping[str, Sequence[float]]) -> list[float]:
    """Values from a seed of the feature's name, some of them equal, UNKNOWN where bars are."""
    length = len(fields["close"])
    rng = np.random.default_rng([length, *read.name.encode()])
    low, high = FEATURE_RANGES.get(read.name, (-500.0, 500.0))
    values = rng.uniform(low, high, length)
    if high - low > 10:  # whole numbers meet the borders of comparisons
        values = np.round(values)
    values = np.where(rng.random(length) < 0.1, (low + high) / 2, values)
    return [float(v) for v in np.where(np.isnan(fields["close"]), math.nan, values)]
