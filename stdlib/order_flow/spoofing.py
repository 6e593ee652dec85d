"""Whether large levels of the book appeared and were pulled within the bar without having been traded.

Definition: a level is pulled when its price times size (times the contract size) reaches `size`, in the market's
quote currency, in one message that found it smaller, among the ten best of its side; it then falls by more than
`shrink` of the most that it held, within `within` of its appearance; and trades at its price against its side explain
less than half of what it lost. It counts in the bar in which it was pulled. On liquid exchanges market makers do this
all the time with small levels: choose a `size` that is rare on the market, or compare `.count`.
Source: the project's own rule, after the pattern of layering and cancelling in Lee, Eom and Park (2013).
Without data: UNKNOWN without an order book or without trades, on bars that either recording does not cover, and on
the first bar of a recording of trades.
Example: `WHEN imbalance >= 1.5 AND NOT spoofing(size=100000) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Feature, Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, COUNT, NUMBER, PERCENT
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import seconds


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Whether any, and how many; trades are read so that their absence is UNKNOWN."""
    out[0] = 1.0 if x[0] > 0.0 else 0.0
    out[1] = x[0]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The feature itself: that it is right is proved on books."""
    counts = series["pulled_levels"]
    return {"spoofing": [float(c > 0) for c in counts], "count": list(counts)}


FUNCTION = documented(
    Function(
        name="spoofing",
        category="order_flow",
        summary="",
        parameters=(
            Parameter("size", NUMBER, default="10000", low=1, high=1e12, about="what is large, in the quote currency"),
            seconds("within", "5s", high=60, about="how soon a level is pulled"),
            Parameter("shrink", PERCENT, default="50", low=1, high=99.9, about="how much of it is pulled"),
        ),
        reads=(
            Feature("pulled_levels", "book", ("{size}", "{within}", "{shrink}")),
            Feature("trade_count", "trades"),
        ),
        outputs=(
            Output("spoofing", CONDITION, Scale.NONE, "whether any level was pulled"),
            Output("count", COUNT, Scale.NONE, "how many were"),
        ),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
