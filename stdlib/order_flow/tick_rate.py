"""How many ticks came, as a multiple of what is usual; and whether they have become fewer for some time.

Definition: ticks of the bar / mean of the `period` bars before it. `.declining` is TRUE where this was 1 - `drop` or
less on each bar of the last `span`. `by=tick_volume` takes the tick volume of bars in place of ticks; there 0 means
that it is not known.
Source: the project's own definition (vocabulary, section 7: 20 % fewer than the rolling mean for five minutes).
Without data: UNKNOWN without ticks (or bars with tick volume, with `by=tick_volume`), on bars that they do not cover,
and until `period` and `span` bars are known; an unknown bar is skipped.
Example: `WHEN tick_rate.declining THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Feature, Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER, PERCENT, enumeration
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period, span


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The mean is taken anew over the ring: it is short, and nothing drifts."""
    n = int(p[0])
    sustained = int(p[2])
    out[0] = math.nan
    out[1] = math.nan
    if x[0] > 0.0 or p[3] == 0.0:
        total = 0.0
        for i in range(n):
            total += ring[i]
        if k[1] >= n:
            if x[0] * n <= (1.0 - p[1] / 100.0) * total:
                k[2] += 1
            else:
                k[2] = 0
            if k[1] >= n + sustained - 1:
                if total > 0.0:
                    out[0] = x[0] * n / total
                out[1] = 1.0 if k[2] >= sustained else 0.0
        ring[k[0]] = x[0]
        k[0] = (k[0] + 1) % n
        k[1] = min(k[1] + 1, n + sustained)


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Ratio by ratio, over the bars whose ticks are known."""
    counts, n, sustained = series["tick_count"], int(parameters["period"]), int(parameters["span"])
    rows = [i for i, c in enumerate(counts) if c > 0 or parameters["by"] == 0.0]
    found = {"tick_rate": [math.nan] * len(counts), "declining": [math.nan] * len(counts)}
    low = []
    for place in range(n, len(rows)):
        usual = math.fsum(counts[i] for i in rows[place - n : place])
        now = counts[rows[place]] * n
        low.append(now <= (1.0 - parameters["drop"] / 100.0) * usual)
        if place >= n + sustained - 1:
            found["tick_rate"][rows[place]] = now / usual if usual > 0 else math.nan
            found["declining"][rows[place]] = float(all(low[-sustained:]))
    return found


FUNCTION = documented(
    Function(
        name="tick_rate",
        category="order_flow",
        summary="",
        parameters=(
            period(20, high=500, about="how many bars before are usual"),
            Parameter("drop", PERCENT, default="20", low=0, high=99, about="how much fewer are few"),
            span("span", "5m", high=500, about="for how long they must be few"),
            Parameter("by", enumeration("tick source"), default="ticks", low=0, high=1, about="what is counted"),
        ),
        reads=(Feature("tick_count", "{by}"),),
        outputs=(
            Output("tick_rate", NUMBER, Scale.NONE, "ticks as a multiple of the usual number"),
            Output("declining", CONDITION, Scale.NONE, "whether they have been few for `span`"),
        ),
        lookback=lambda p: int(p[0]) + int(p[2]),
        integers=3,  # place in the ring, bars seen, how many bars in a row had few ticks
        ring=lambda p: int(p[0]),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
