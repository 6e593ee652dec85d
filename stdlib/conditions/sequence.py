"""Whether conditions became TRUE one after the other, the last of them now.

Definition: TRUE on a bar on which the last is TRUE, if each of the others was TRUE on an earlier bar, in the order
written, each on a bar of its own, and all of them within the last `within` bars, this one included.
Source: three values are this project's own: UNKNOWN where it depends on what is unknown.
Without data: UNKNOWN where an UNKNOWN condition, or a bar before the first, would decide.
Example: `WHEN sequence(rsi(14) < 30, close > ema(20), close > highest(5)[1], within=12 bars) THEN ALERT "in order"`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Gap, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import span


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """For each number of steps done the newest bar on which they can have started; UNKNOWN read as FALSE, then as TRUE.

    Later steps are brought up to date before earlier ones, so that one bar never serves two steps.
    """
    m = int(p[1])
    k[0] += 1
    t = k[0]
    if t == 1:
        # bars before the first are unknown: as seen hopefully, each step but the last stood on one of them
        for s in range(1, m):
            ring[m + s] = 1 - s
    within = p[0]
    last = x[m - 1]
    sure = 0.0
    hopeful = 0.0
    if m == 1:
        if last == 1.0:
            sure = 1.0
        if last != 0.0:
            hopeful = 1.0
    else:
        if last == 1.0 and ring[m - 1] > 0.0 and t - ring[m - 1] < within:
            sure = 1.0
        if last != 0.0 and t - ring[2 * m - 1] < within:
            hopeful = 1.0
        s = m - 1
        while s > 1:
            c = x[s - 1]
            if c == 1.0:
                ring[s] = ring[s - 1]
            if c != 0.0:
                ring[m + s] = ring[m + s - 1]
            s -= 1
        if x[0] == 1.0:
            ring[1] = t
        if x[0] != 0.0:
            ring[m + 1] = t
    if sure == hopeful:
        out[0] = sure
    else:
        out[0] = math.nan


def _completes(steps: Sequence[Sequence[float]], t: int, within: int) -> bool:
    """Goes back from the last step, each time to the latest bar that will do."""
    if steps[-1][t] != 1.0:
        return False
    place = t
    for column in reversed(steps[:-1]):
        earlier = [i for i in range(place) if column[i] == 1.0]
        if not earlier:
            return False
        place = earlier[-1]
    return t - place < within


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Asks with every UNKNOWN, and every bar before the first, taken as FALSE, then as TRUE."""
    steps = [column for name, column in series.items() if name.startswith("steps")]
    hopeful = [[1.0] * len(steps) + [1.0 if math.isnan(v) else v for v in column] for column in steps]
    sure = [[0.0] * len(steps) + [0.0 if math.isnan(v) else v for v in column] for column in steps]
    values: list[float] = []
    for t in range(len(steps), len(steps) + len(steps[0])):
        worst, best = (_completes(columns, t, int(parameters["within"])) for columns in (sure, hopeful))
        values.append(float(worst) if worst == best else math.nan)
    return {"sequence": values}


FUNCTION = documented(
    Function(
        name="sequence",
        category="conditions",
        summary="",
        parameters=(
            Parameter("steps", CONDITION, series=True, variadic=True, about="the conditions in their order"),
            span("within", "12 bars", about="how many bars the whole may take"),
        ),
        outputs=(Output("sequence", CONDITION, Scale.NONE),),
        integers=1,  # bars seen
        ring=lambda p: 2 * int(p[1]),  # by steps done: newest start for sure, newest start with hope; 0 is none
        gap=Gap.OWN,
        event=True,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
