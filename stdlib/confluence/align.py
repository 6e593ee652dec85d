"""Whether several views can be read together: all of them known, now and on most of the last bars.

Definition: counted on the bars of the own view, TRUE if every value is known now or was `fill` bars ago at most, and if
on more than `overlap` of the last `window` bars all were known at once. A view that is older than two of its bars is
UNKNOWN already, so a value that is known is fresh.
Source: the requirements of the system that this project replaces (overlap above 80 %, gaps of two bars at most, one
freshness of five minutes for every timeframe, which cannot suit M15 and slower: here it follows the timeframe).
Without data: FALSE once `window` bars were seen; TRUE or UNKNOWN before.
Example: `WHEN align(M15.close, H1.close) AND choch(bull) WITHIN 3 bars THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Gap, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, COUNT, PERCENT
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import span


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """A ring of ones and zeros with its sum, and for each value the bar on which it was known last."""
    n = int(p[0])
    m = int(p[3])
    k[0] += 1
    fresh = 1
    all_known = 1.0
    for i in range(m):
        if x[i] == x[i]:
            ring[n + i] = k[0]
        else:
            all_known = 0.0
        if ring[n + i] == 0.0 or k[0] - ring[n + i] > p[2]:
            fresh = 0
    j = k[1]
    if k[0] > n:
        k[2] -= int(ring[j])
    ring[j] = all_known
    k[2] += int(all_known)
    j += 1
    if j == n:
        j = 0
    k[1] = j
    out[0] = math.nan
    if k[0] >= n:
        out[0] = 0.0
        if fresh == 1 and k[2] > 0.01 * p[1] * n:
            out[0] = 1.0
    elif fresh == 1 and k[2] > 0.01 * p[1] * n:
        out[0] = 1.0


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Counts every window anew."""
    columns = [column for name, column in series.items() if name.startswith("values")]
    known = [[not math.isnan(value) for value in column] for column in columns]
    window, fill = int(parameters["window"]), int(parameters["fill"])
    values: list[float] = []
    for t in range(len(columns[0])):
        fresh = all(any(column[max(0, t - fill) : t + 1]) for column in known)
        together = sum(all(column[i] for column in known) for i in range(max(0, t - window + 1), t + 1))
        good = fresh and together > parameters["overlap"] * 0.01 * window
        values.append(1.0 if good else 0.0 if t + 1 >= window else math.nan)
    return {"align": values}


FUNCTION = documented(
    Function(
        name="align",
        category="confluence",
        summary="",
        parameters=(
            Parameter("values", None, series=True, variadic=True, about="one value of each view"),
            span("window", "20 bars", high=5000, about="how many bars are looked at"),
            Parameter("overlap", PERCENT, default="80", low=0, high=99, about="on how many of them all are known"),
            Parameter("fill", COUNT, default="2", low=0, high=100, about="how many bars a value may be missing"),
        ),
        outputs=(Output("align", CONDITION, Scale.NONE),),
        awaits="values of every view",
        integers=3,  # bars seen, place in the ring, how many bars of the window are whole
        ring=lambda p: int(p[0]) + int(p[3]),  # 1 where all were known; for each value the bar that knew it last
        gap=Gap.OWN,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
