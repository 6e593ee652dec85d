"""The spread of a bar.

Definition: ask minus bid as the data gives it; where the data has none (0) the market profile's spread for that hour.
Source: the bar's own field.
Without data: UNKNOWN while the bar is.
Example: `WHEN rsi(14) < 30 AND spread < 0.1 ATR THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Output, Scale
from tradeplan.dsl.kinds import DISTANCE
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Hands on the field."""
    out[0] = x[0]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The field itself."""
    return {"spread": list(series["spread"])}


FUNCTION = documented(
    Function(
        name="spread",
        category="series",
        summary="",
        reads=(Field("spread"),),
        outputs=(Output("spread", DISTANCE, Scale.PRICE),),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
