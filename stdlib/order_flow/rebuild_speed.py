"""How fast a side of the book grew over the last seconds of the bar, in volume a second.

Definition: d = (depth at the close - depth `window` before it) / `window` in seconds, depth being the sum of the
sizes of the `levels` best levels of the side; the value is d where that is above 0, else 0 (`decay_speed` tells the
other direction). Spans are taken as whole seconds. Books tell volume, not the number of orders.
Source: the project's own definition (vocabulary, section 2).
Without data: UNKNOWN without an order book, and where its recording does not cover the bar and the whole window.
Example: `WHEN rebuild_speed(bid, window=20s) > 0.5 THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Feature, Function, Output, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import book_side, levels, seconds


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The part of the change that goes this way."""
    out[0] = max(x[0], 0.0)


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Case by case."""
    return {"rebuild_speed": [abs(v) if v > 0 else 0.0 for v in series["depth_speed"]]}


FUNCTION = documented(
    Function(
        name="rebuild_speed",
        category="order_flow",
        summary="",
        parameters=(
            book_side("bid"),
            levels(),
            seconds("window", "20s", about="over how long the change is measured"),
        ),
        reads=(Feature("depth_speed", "book", ("{side}", "{levels}", "{window}")),),
        outputs=(Output("rebuild_speed", NUMBER, Scale.NONE),),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
