"""How many bars ago a condition was last TRUE; 0 if it is now.

Definition: `t - max(i: condition[i] is TRUE, i <= t)`.
Source: Pine Script ta.barssince; three values are this project's own.
Without data: UNKNOWN before the first TRUE, and after an UNKNOWN until the condition is TRUE again.
Example: `WHEN bars_since(close CROSSES ABOVE ema(50)) < 5 AND rsi(14) < 40 THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Gap, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, COUNT
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Counts from one; zero says that it is not known."""
    c = x[0]
    if c == 1.0:
        k[0] = 1
    elif c != c:
        k[0] = 0
    elif k[0] > 0:
        k[0] += 1
    out[0] = math.nan
    if k[0] > 0:
        out[0] = k[0] - 1


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Looks back from every bar to the first that is not FALSE."""
    values: list[float] = []
    for t in range(len(series["condition"])):
        back = list(reversed(series["condition"][: t + 1]))
        seen = next((i for i, v in enumerate(back) if v != 0.0), None)
        values.append(float(seen) if seen is not None and back[seen] == 1.0 else math.nan)
    return {"bars_since": values}


FUNCTION = documented(
    Function(
        name="bars_since",
        category="conditions",
        summary="",
        parameters=(Parameter("condition", CONDITION, series=True, about="what is asked"),),
        outputs=(Output("bars_since", COUNT, Scale.NONE),),
        integers=1,  # bars since, plus one
        gap=Gap.OWN,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
