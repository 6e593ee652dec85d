"""The size of a value without its sign.

Definition: `x` where it is 0 or more, else `-x`.
Source: arithmetic.
Without data: UNKNOWN if the value is.
Example: `WHEN abs(close - open) > 2 ATR THEN ALERT "long body"`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, Parameter, SameAs, Scale
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Takes the sign away."""
    out[0] = abs(x[0])


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Turns the negative ones round."""
    return {"abs": [value if value >= 0.0 else -value for value in series["value"]]}


FUNCTION = documented(
    Function(
        name="abs",
        category="maths",
        summary="",
        parameters=(Parameter("value", None, series=True),),
        outputs=(Output("abs", SameAs("value"), Scale.PRICE),),
        primitive="abs",
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
