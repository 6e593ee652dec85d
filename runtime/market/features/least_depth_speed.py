"""The least speed at which a side of the book grew, over every second of the last ones before a bar's close.

Arguments: those of `depth_speed`, and for how long in ms (taken as whole seconds).
"""

from __future__ import annotations

import numpy as np
from tradeplan.runtime.market.features.depth_speed import speeds, whole_seconds
from tradeplan.runtime.market.features.feature import Arguments, BarFeature, Request, Values
from tradeplan.runtime.market.streams.replay import SECOND


def aggregate(request: Request) -> Values:
    """The least of the speeds at the seconds t with close - span < t <= close."""
    span = whole_seconds(request.arguments[3])
    seconds = request.closes[:, None] - SECOND * np.arange(span, dtype=np.int64)[None, :]
    least: Values = speeds(request, seconds.ravel()).reshape(seconds.shape).min(axis=1, initial=np.inf)
    return least


def back(arguments: Arguments) -> int:
    """Both spans."""
    return (whole_seconds(arguments[2]) + whole_seconds(arguments[3])) * SECOND


FEATURE = BarFeature("least_depth_speed", ("book",), aggregate, back)
