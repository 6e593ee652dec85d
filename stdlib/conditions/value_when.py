"""The value on the bar on which a condition was last TRUE.

Definition: `value[i]` for the newest `i` with `condition[i]` TRUE.
Source: Pine Script ta.valuewhen; three values are this project's own.
Without data: UNKNOWN before the first TRUE, after an UNKNOWN condition until it is TRUE again, and where the value
was unknown then.
Example: `WHEN close < value_when(close CROSSES ABOVE resistance[1], resistance[1]) THEN ALERT "back below"`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Gap, Output, Parameter, SameAs, Scale
from tradeplan.dsl.kinds import CONDITION
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Keeps the value, and whether it may be told."""
    if x[0] == 1.0:
        f[0] = x[1]
        k[0] = 1
    elif x[0] != x[0]:
        k[0] = 0
    out[0] = math.nan
    if k[0] == 1:
        out[0] = f[0]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Looks for the newest bar that is not FALSE, afresh for every bar."""
    values: list[float] = []
    for t in range(len(series["condition"])):
        events = [i for i in range(t + 1) if series["condition"][i] != 0.0]
        values.append(series["value"][events[-1]] if events and series["condition"][events[-1]] == 1.0 else math.nan)
    return {"value_when": values}


FUNCTION = documented(
    Function(
        name="value_when",
        category="conditions",
        summary="",
        parameters=(
            Parameter("condition", CONDITION, series=True, about="the moment"),
            Parameter("value", None, series=True, about="what is kept"),
        ),
        outputs=(Output("value_when", SameAs("value"), Scale.PRICE),),
        floats=1,  # the value
        integers=1,  # 1 while it is known
        gap=Gap.OWN,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
