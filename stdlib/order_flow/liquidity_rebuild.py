"""Whether a side of the book kept growing through the last seconds of the bar.

Definition: at every whole second t of the last `span` before the close, and at the close, the depth of the `levels`
best levels of the side grew by more than `speed` a second from t - `window` to t (growth less decay, in volume).
Source: the project's own definition (vocabulary, section 2: rebuild less decay above 0.2 for more than 30 s).
Without data: UNKNOWN without an order book, and where its recording does not cover the bar, `span` and `window`.
Example: `WHEN liquidity_rebuild(bid) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Feature, Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import book_side, levels, seconds


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The slowest of the seconds decides."""
    out[0] = 1.0 if x[0] > p[2] else 0.0


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The comparison."""
    return {"liquidity_rebuild": [float(v > parameters["speed"]) for v in series["least_depth_speed"]]}


FUNCTION = documented(
    Function(
        name="liquidity_rebuild",
        category="order_flow",
        summary="",
        parameters=(
            book_side("bid"),
            levels(),
            Parameter("speed", NUMBER, default="0.2", low=0, high=1e9, about="volume a second"),
            seconds("window", "20s", about="over how long each change is measured"),
            seconds("span", "30s", about="for how long it must go on"),
        ),
        reads=(Feature("least_depth_speed", "book", ("{side}", "{levels}", "{window}", "{span}")),),
        outputs=(Output("liquidity_rebuild", CONDITION, Scale.NONE),),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
