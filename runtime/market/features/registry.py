"""Finds the features: a file of this folder with a `FEATURE` is registered by being there."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from tradeplan.runtime.market import features
from tradeplan.runtime.market.features.feature import BarFeature


@cache
def all_features() -> dict[str, BarFeature]:
    """Every feature by name; raises ValueError if one is not called like its file."""
    found = {}
    for file in pkgutil.iter_modules(features.__path__):
        feature = getattr(importlib.import_module(f"{features.__name__}.{file.name}"), "FEATURE", None)
        if feature is None:
            continue
        if not isinstance(feature, BarFeature) or feature.name != file.name:
            raise ValueError(f'`{file.name}.py` must define `FEATURE = BarFeature("{file.name}", ...)`')
        found[feature.name] = feature
    return found
