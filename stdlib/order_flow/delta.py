"""Volume bought less volume sold over a span, by the side that took the trade.

Definition: the sum over the last `window` bars of the sizes of trades whose buyer was the aggressor, less those whose
seller was; a window given as a duration is that many whole bars of the view. `by=tick_rule` is a proxy for markets
without trades: every tick counts with the direction of the last change of price (of the middle of bid and ask where
there are no trades), weighed with its volume, or with 1 where the feed tells none.
Source: signed volume by the aggressor flag (MetaTrader 5 TICK_FLAG_BUY and TICK_FLAG_SELL, exchange trades); the tick
test of Lee and Ready (1991) as proxy.
Without data: UNKNOWN without trades that tell the aggressor, and on bars that they do not cover; with `by=tick_rule`
likewise of ticks. Nothing takes the place of either unless the plan says so.
Example: `WHEN delta > 0 THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Feature, Function, Gap, Output, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import flow, span


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The sum is taken anew over the ring: it is short, and nothing drifts."""
    n = int(p[0])
    ring[k[0]] = x[0]
    k[0] = (k[0] + 1) % n
    k[1] = min(k[1] + 1, n)
    if k[1] < n:
        out[0] = math.nan
    else:
        total = 0.0
        for i in range(n):
            total += ring[(k[0] + i) % n]
        out[0] = total


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Exactly rounded sums."""
    xs, n = series["signed_volume"], int(parameters["window"])
    return {"delta": [math.fsum(xs[i - n + 1 : i + 1]) if i >= n - 1 else math.nan for i in range(len(xs))]}


FUNCTION = documented(
    Function(
        name="delta",
        category="order_flow",
        summary="",
        parameters=(span("window", "1 bars", high=500, about="how many bars are summed"), flow()),
        reads=(Feature("signed_volume", "{by}"),),
        outputs=(Output("delta", NUMBER, Scale.NONE),),
        lookback=lambda p: int(p[0]),
        integers=2,  # place in the ring, bars seen
        ring=lambda p: int(p[0]),
        gap=Gap.RESET,  # a sum over bars some of which are unknown would be called by the wrong name
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
