"""Whether a value can be read at this step: TRUE or FALSE, never UNKNOWN.

Definition: TRUE where the value is known, FALSE where it is UNKNOWN for whatever reason: warming up, closed, stale,
missing, or no data at all. It is asked on the plan's steps, on whatever bars the value lives; inside the parentheses
of a written view, on the bars of that view.
Source: LANGUAGE, three values.
Without data: FALSE.
Example: `WHEN rsi(14) < 30 AND NOT known(dxy.H1.change) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Gap, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Only a NaN differs from itself."""
    out[0] = 0.0
    if x[0] == x[0]:
        out[0] = 1.0


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Asks every value."""
    return {"known": [0.0 if math.isnan(value) else 1.0 for value in series["value"]]}


FUNCTION = documented(
    Function(
        name="known",
        category="conditions",
        summary="",
        parameters=(Parameter("value", None, series=True, about="what is asked about"),),
        outputs=(Output("known", CONDITION, Scale.NONE),),
        gap=Gap.OWN,
        primitive="known",
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
