"""Whether a fair value gap and an imbalance of the same side fall together.

Definition: TRUE if within the last `window` bars, this one included, a `fvg(direction, gap)` was formed and `imbalance`
was TRUE, in any order. The imbalance is a condition of the plan's own: of the order book where there is one.
Source: the requirements of the system that this project replaces (both within 15 minutes).
Without data: UNKNOWN where an UNKNOWN imbalance, or a bar before the first, would decide.
Example: `WHEN liquidity_vacuum_refill(volume_ratio > 1.5, bull) AND close IN fvg(bull) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Companion, Function, Gap, Named, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, in_atr, span


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Of both the last bar that was TRUE and the last that was not FALSE; bars before the first count as UNKNOWN."""
    k[0] += 1
    sure = 1.0
    hopeful = 1.0
    for i in range(2):
        if x[i] == 1.0:
            k[1 + i] = k[0]
        if x[i] != 0.0:
            k[3 + i] = k[0]
        if k[1 + i] == 0 or k[0] - k[1 + i] >= p[1]:
            sure = 0.0
        if k[0] - k[3 + i] >= p[1]:
            hopeful = 0.0
    out[0] = math.nan
    if sure == hopeful:
        out[0] = sure


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Kleene's OR over each window, then his AND."""
    window = int(parameters["window"])
    values = []
    for t in range(len(series["fvg"])):
        answers = []
        for name in ("fvg", "imbalance"):
            seen = [math.nan] * max(0, window - t - 1) + list(series[name][max(0, t - window + 1) : t + 1])
            answers.append(1.0 if 1.0 in seen else math.nan if any(v != v for v in seen) else 0.0)
        values.append(0.0 if 0.0 in answers else math.nan if any(v != v for v in answers) else 1.0)
    return {"liquidity_vacuum_refill": values}


FUNCTION = documented(
    Function(
        name="liquidity_vacuum_refill",
        category="institutional",
        summary="",
        parameters=(
            Parameter("imbalance", CONDITION, series=True, about="when buyers (for bear sellers) press"),
            direction(),
            span("window", "15m", about="how near both must be"),
            in_atr("gap", "0.1", "how large the gap is at least, in ATRs"),
        ),
        reads=(Named("fvg", ("{direction}", "{gap}", 1.0), "formed"),),
        outputs=(Output("liquidity_vacuum_refill", CONDITION, Scale.NONE),),
        awaits="a gap and an imbalance",
        integers=5,  # bars seen; of both the last bar that was TRUE, and the last that was not FALSE
        gap=Gap.OWN,
        companions=(Companion(("fvg",), "says that a gap was formed, not that price is in it"),),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
