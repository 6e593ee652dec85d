"""Whether a move has stalled: its last part has lost most of its slope, or turned round.

Definition: with `slope(half)` of the closes, per bar: the last one beside the steepest (up or down) of the `half`
before it. TRUE if it points the other way, or is less than `share` of that one. The steepest of equals is the latest.
FALSE where there was no move to stall. For the plain version write `abs(dxy.change(30m)) < 0.1%`.
Source: the system that this project replaces (20 bars, 50 %, "peak earlier slope"); which slopes are the earlier ones
is written down here: all those over `half` bars that lie within the last `2 * half` bars.
Without data: UNKNOWN until `2 * half` bars are known; a bar with an unknown close is skipped.
Example: `WHEN dxy.stalled AND btc.holds(support) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Named, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, PERCENT
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The steepest of the slopes before this one, by blocks as in `highest`, with its sign; later ones win ties."""
    n = int(p[0])
    v = x[0]
    j = k[0]
    if j == 0:
        peak = 0.0
        i = n - 1
        while i >= 0:
            if abs(ring[i]) > abs(peak):
                peak = ring[i]
            ring[i] = peak
            i -= 1
        peak = ring[0]
    else:
        peak = ring[j]
        if abs(f[0]) >= abs(peak):
            peak = f[0]
    out[0] = math.nan
    if k[1] == 1:
        part = p[1] / 100.0 * peak
        out[0] = 0.0
        if (peak > 0.0 and v < part) or (peak < 0.0 and v > part):
            out[0] = 1.0
    if j == 0 or abs(v) >= abs(f[0]):
        f[0] = v
    ring[j] = v
    j += 1
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Sorts the slopes before by steepness."""
    slopes, half = series["slope"], int(parameters["half"])
    values: list[float] = []
    for t, now in enumerate(slopes):
        if t < half:
            values.append(math.nan)
            continue
        steepest = sorted(slopes[t - half : t], key=abs)[-1]
        turned = now * steepest < 0 or (now == 0 and steepest != 0 and parameters["share"] > 0)
        values.append(float(steepest != 0 and (turned or abs(now) < parameters["share"] / 100 * abs(steepest))))
    return {"stalled": values}


FUNCTION = documented(
    Function(
        name="stalled",
        category="correlation",
        summary="",
        parameters=(
            period(10, name="half", low=2, high=2500, about="how many bars each slope is taken over"),
            Parameter("share", PERCENT, default="50%", low=0, high=100, about="of the steepest slope, that is left"),
        ),
        reads=(Named("slope", ("{half}",)),),
        outputs=(Output("stalled", CONDITION, Scale.NONE),),
        lookback=lambda p: int(p[0]) + 1,
        floats=1,  # the steepest of this block
        integers=2,  # place in the block, 1 after the first block
        ring=lambda p: int(p[0]),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
