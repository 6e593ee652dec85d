"""The lowest of the last `period` values, the current one included.

Definition: `min(x[t], x[t-1], ..., x[t-period+1])`. For the bars before the current one write `lowest(20)[1]`.
Source: TA-Lib MIN.
Without data: UNKNOWN until `period` values are known; an unknown value is skipped.
Example: `WHEN close < lowest(20)[1] THEN SELL RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, SameAs, Scale
from tradeplan.stdlib.columns import rolling
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period, source
from tradeplan.stdlib.windows import highest_of


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The highest of the values upside down."""
    out[0] = -highest_of(f, k, ring, int(p[0]), -x[0])


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The lowest of every window."""
    return {"lowest": rolling(series["source"], int(parameters["period"]), min)}


FUNCTION = documented(
    Function(
        name="lowest",
        category="series",
        summary="",
        parameters=(period(20), source("low")),
        outputs=(Output("lowest", SameAs("source"), Scale.PRICE),),
        lookback=lambda p: int(p[0]),
        floats=1,  # the lowest of this block
        integers=2,  # place in the block, 1 after the first block
        ring=lambda p: int(p[0]) + 1,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
