"""Order flow imbalance: what was added to the best bid and taken from the best ask, less the opposite.

Definition: the sum over the last `window` bars of e for every message of the book: the new bid size if the bid did
not fall, less the old bid size if it did not rise, less the new ask size if the ask did not rise, plus the old ask
size if it did not fall. In units of volume; what a snapshot changes does not count.
Source: Cont, Kukanov and Stoikov, The Price Impact of Order Book Events (2014), arXiv 1011.6402.
Without data: UNKNOWN without an order book and on bars that its recording does not cover; a window that holds such a
bar is UNKNOWN.
Example: `WHEN ofi(3 bars) > 0 THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Feature, Function, Gap, Output, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import span


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The sum is taken anew over the ring: it is short, and nothing drifts."""
    n = int(p[0])
    ring[k[0]] = x[0]
    k[0] = (k[0] + 1) % n
    k[1] = min(k[1] + 1, n)
    total = 0.0
    for i in range(n):
        total += ring[(k[0] + i) % n]
    out[0] = total if k[1] == n else math.nan


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Exactly rounded sums."""
    xs, n = series["best_flow"], int(parameters["window"])
    return {"ofi": [math.fsum(xs[i - n + 1 : i + 1]) if i >= n - 1 else math.nan for i in range(len(xs))]}


FUNCTION = documented(
    Function(
        name="ofi",
        category="order_flow",
        summary="",
        parameters=(span("window", "1 bars", high=500, about="how many bars are summed"),),
        reads=(Feature("best_flow", "book"),),
        outputs=(Output("ofi", NUMBER, Scale.NONE),),
        lookback=lambda p: int(p[0]),
        integers=2,  # place in the ring, bars seen
        ring=lambda p: int(p[0]),
        gap=Gap.RESET,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
