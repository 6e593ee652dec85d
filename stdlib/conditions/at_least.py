"""Whether at least so many of several conditions are TRUE.

Definition: TRUE if `n` or more are TRUE, FALSE if fewer than `n` could be, else UNKNOWN.
Source: Kleene logic over a count.
Without data: UNKNOWN while the unknown ones decide.
Example: `WHEN at_least(2, rsi(14) < 30, close < bands.lower, trend(bull)) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Gap, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, COUNT
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Counts the sure ones and the possible ones."""
    n = p[0]
    yes = 0.0
    perhaps = 0.0
    for i in range(int(p[1])):
        c = x[i]
        if c == 1.0:
            yes += 1.0
        elif c != c:
            perhaps += 1.0
    if yes >= n:
        out[0] = 1.0
    elif yes + perhaps >= n:
        out[0] = math.nan
    else:
        out[0] = 0.0


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Asks with every UNKNOWN taken as FALSE, then as TRUE; where the answers differ nobody knows."""
    rows = list(zip(*(column for name, column in series.items() if name.startswith("conditions")), strict=True))
    values: list[float] = []
    for row in rows:
        worst = sum(0.0 if math.isnan(value) else value for value in row) >= parameters["n"]
        best = sum(1.0 if math.isnan(value) else value for value in row) >= parameters["n"]
        values.append(float(worst) if worst == best else math.nan)
    return {"at_least": values}


FUNCTION = documented(
    Function(
        name="at_least",
        category="conditions",
        summary="",
        parameters=(
            Parameter("n", COUNT, low=1, high=100, about="how many must be TRUE"),
            Parameter("conditions", CONDITION, series=True, variadic=True, about="what is asked"),
        ),
        outputs=(Output("at_least", CONDITION, Scale.NONE),),
        gap=Gap.OWN,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
