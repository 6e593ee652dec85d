"""What stands on the best bids, divided by what stands on the best asks, at the close of the bar.

Definition: sum of the sizes of the `levels` best bids / sum of those of the `levels` best asks, of the book as it stood
after the last change at or before the close. 1.5 and more is pressure to buy, 1/1.5 and less to sell; a ratio r is the
normalised imbalance (r - 1) / (r + 1), so that 1.5 is 0.2.
Source: depth imbalance of exchange books, as in Cao, Hansch and Wang (2009).
Without data: UNKNOWN without an order book, on bars that its recording does not cover, and where a side is empty.
Example: `WHEN imbalance(5) >= 1.5 THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Feature, Function, Output, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import levels


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The book at the close is all there is to it."""
    out[0] = x[0]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The feature itself: that it is right is proved on books."""
    return {"imbalance": list(series["book_imbalance"])}


FUNCTION = documented(
    Function(
        name="imbalance",
        category="order_flow",
        summary="",
        parameters=(levels(),),
        reads=(Feature("book_imbalance", "book", ("{levels}",)),),
        outputs=(Output("imbalance", NUMBER, Scale.NONE),),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
