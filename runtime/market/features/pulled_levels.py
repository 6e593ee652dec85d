"""How many large levels of the book were pulled within a bar: see `streams.spoofs`.

Arguments: price times size times contract from which a level is large, how soon in ms, by how many percent it shrinks.
"""

from __future__ import annotations

import numpy as np
from tradeplan.runtime.market.features.feature import Arguments, BarFeature, Request, Values
from tradeplan.runtime.market.streams.events import Trades, covered
from tradeplan.runtime.market.streams.spoofs import SpoofWatch


def aggregate(request: Request) -> Values:
    """The number of each interval; UNKNOWN where it is not known what was traded since a level could have appeared."""
    trades = request.find("trades")
    if not isinstance(trades, Trades):
        return np.full(len(request.closes), np.nan)
    money, within, percent = (float(a) for a in request.arguments[:3])
    contract = request.profile.contract_size if request.profile is not None else 1.0
    watch = request.kept(
        ("pulled levels", *request.arguments),
        SpoofWatch,
        lambda: SpoofWatch(money / contract, int(within), percent / 100),
    )
    times = watch.upto(request.book(), trades)
    first, last = request.rows(times)
    return np.where(covered(trades.spans, request.opens - int(within), request.closes), last - first, np.nan)


def back(arguments: Arguments) -> int:
    """How long a level is watched, and with it what is traded."""
    return int(float(arguments[1]))


FEATURE = BarFeature("pulled_levels", ("book",), aggregate, back)
