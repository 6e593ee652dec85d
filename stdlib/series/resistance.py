"""The nearest known ceiling in time: the price of the last confirmed swing high.

Definition: `swing_high(k)`. It is usable `k` bars after the swing, and stays until the next swing is confirmed, also
when price has crossed it: ask `holds(resistance, direction=bear)` whether it holds.
Source: the system this project replaces falls back to an order block and to VWAP; here there is no silent fallback.
Without data: UNKNOWN before the first confirmed swing high.
Example: `WHEN close CROSSES ABOVE resistance[1] THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Named, Output, Scale
from tradeplan.dsl.kinds import PRICE
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Hands on what `swing_high` found."""
    out[0] = x[0]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The column of `swing_high`."""
    return {"resistance": list(series["swing_high"])}


FUNCTION = documented(
    Function(
        name="resistance",
        category="series",
        summary="",
        parameters=(period(3, name="k", about="how many bars on either side of the swing", high=500),),
        reads=(Named("swing_high", ("{k}",), "price"),),
        outputs=(Output("resistance", PRICE, Scale.PRICE),),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
