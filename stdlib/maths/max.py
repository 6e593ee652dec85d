"""The larger of two values of one kind.

Definition: `max(a, b)`; of three write `max(a, max(b, c))`.
Source: arithmetic.
Without data: UNKNOWN if either is.
Example: `WHEN close > max(ema(50), D1.high) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, Parameter, SameAs, Scale
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Compares."""
    out[0] = x[0]
    if x[1] > x[0]:
        out[0] = x[1]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Asks every pair."""
    return {"max": [max(pair) for pair in zip(series["a"], series["b"], strict=True)]}


FUNCTION = documented(
    Function(
        name="max",
        category="maths",
        summary="",
        parameters=(Parameter("a", None, series=True), Parameter("b", None, series=True)),
        outputs=(Output("max", SameAs("a"), Scale.PRICE),),
        primitive="max",
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
