"""The last confirmed swing low: a bar whose low is strictly lower than those of `k` bars on either side.

Definition: bar `t-k` is a swing low if its low is lower than each of the `k` before it and the `k` after it. It is
usable from bar `t` on, never earlier. `price` holds the last one; `confirmed` is TRUE on the one bar that confirms it.
Source: Bill Williams, Trading Chaos, 1995 (fractal, there with `k` = 2); equal neighbours do not count here.
Without data: UNKNOWN before the first swing; `confirmed` until 2 `k` + 1 bars are known; an unknown bar is skipped.
Example: `WHEN swing_low.confirmed AND swing_low > swing_low[1] THEN ALERT "higher low"`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Output, Scale
from tradeplan.dsl.kinds import CONDITION, PRICE
from tradeplan.stdlib.columns import last_swing
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period
from tradeplan.stdlib.windows import keep_swing


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Keeps the price of the last one."""
    keep_swing(f, k, ring, int(p[0]), -1.0, x[0], out)


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Asks of every bar, k bars later, whether it was alone at the extreme."""
    return last_swing(series["low"], int(parameters["k"]), min)


FUNCTION = documented(
    Function(
        name="swing_low",
        category="series",
        summary="",
        parameters=(period(3, name="k", about="how many bars on either side", high=500),),
        reads=(Field("low"),),
        outputs=(
            Output("price", PRICE, Scale.PRICE, "the price of the last confirmed swing"),
            Output("confirmed", CONDITION, Scale.NONE, "TRUE on the bar that confirms one"),
        ),
        lookback=lambda p: 2 * int(p[0]) + 1,
        floats=1,  # price of the last swing
        integers=3,  # place in the ring, 1 once it is full, 1 after the first swing
        ring=lambda p: 2 * int(p[0]) + 1,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
