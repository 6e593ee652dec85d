"""One of two values, by a condition.

Definition: `yes` while the condition is TRUE, `no` while it is FALSE.
Source: arithmetic.
Without data: UNKNOWN while the condition is, or the value that it chooses.
Example: `WHEN held > choose(session(asia), 8h, 3h) THEN CLOSE`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Gap, Output, Parameter, SameAs, Scale
from tradeplan.dsl.kinds import CONDITION
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Looks at the condition only."""
    if x[0] == 1.0:
        out[0] = x[1]
    elif x[0] == 0.0:
        out[0] = x[2]
    else:
        out[0] = math.nan


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Asks row by row."""
    rows = zip(series["condition"], series["yes"], series["no"], strict=True)
    return {"choose": [math.nan if math.isnan(c) else yes if c else no for c, yes, no in rows]}


FUNCTION = documented(
    Function(
        name="choose",
        category="conditions",
        summary="",
        parameters=(
            Parameter("condition", CONDITION, series=True, about="what decides"),
            Parameter("yes", None, series=True, about="the value while it is TRUE"),
            Parameter("no", None, series=True, about="the value while it is FALSE"),
        ),
        outputs=(Output("choose", SameAs("yes"), Scale.PRICE),),
        gap=Gap.OWN,
        primitive="choose",
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
