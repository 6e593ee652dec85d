"""The smaller of two values of one kind.

Definition: `min(a, b)`; of three write `min(a, min(b, c))`.
Source: arithmetic.
Without data: UNKNOWN if either is.
Example: `WHEN close > max(ema(50), D1.high) THEN BUY RISK 0.5% STOP min(low, support) - 0.5 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, Parameter, SameAs, Scale
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Compares."""
    out[0] = x[0]
    if x[1] < x[0]:
        out[0] = x[1]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Asks every pair."""
    return {"min": [min(pair) for pair in zip(series["a"], series["b"], strict=True)]}


FUNCTION = documented(
    Function(
        name="min",
        category="maths",
        summary="",
        parameters=(Parameter("a", None, series=True), Parameter("b", None, series=True)),
        outputs=(Output("min", SameAs("a"), Scale.PRICE),),
        primitive="min",
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
