"""How fast a side of the book grew over the last seconds before a bar's close, in volume a second.

Arguments: the side (1 bids, -1 asks), how many levels, the span in ms (taken as whole seconds).
"""

from __future__ import annotations

import numpy as np
from tradeplan.runtime.market.features.feature import Arguments, BarFeature, Request, Values
from tradeplan.runtime.market.features.history import history
from tradeplan.runtime.market.streams.events import Times, covered
from tradeplan.runtime.market.streams.replay import SECOND


def whole_seconds(span: float | str) -> int:
    """A span of ms as whole seconds, at least one."""
    return max(1, round(float(span) / SECOND))


def speeds(request: Request, times: Times) -> Values:
    """The speed at whole seconds; UNKNOWN where the book is not known for the whole span."""
    side, levels, span = int(request.arguments[0]), int(request.arguments[1]), whole_seconds(request.arguments[2])
    book, before = history(request), times - span * SECOND
    found = (book.at(times, side, levels) - book.at(before, side, levels)) / span
    found[~covered(request.book().spans, before, times)] = np.nan
    return found


def aggregate(request: Request) -> Values:
    """The speed at each close."""
    return speeds(request, request.closes)


def back(arguments: Arguments) -> int:
    """The span."""
    return whole_seconds(arguments[2]) * SECOND


FEATURE = BarFeature("depth_speed", ("book",), aggregate, back)
