"""One market's price over another's, and how unusual that is.

Definition: `ratio = source / other`; `z = (ratio - mean) / deviation` over its last `period` values, the current one
included; population deviation (divisor `period`), as in `zscore`. Only bars that both markets have count.
Source: scipy.stats.zscore with ddof 0. The system that this project replaces speaks of "1.5 %" and of 1.5 deviations;
deviations it is: `abs(eth.ratio(btc.close).z) > 1.5`, a direction from `z > 0.5` on.
Without data: UNKNOWN until `period` bars are known to both, on bars that one lacks or on which the other's price is 0;
`z` also where all ratios are equal.
Example: `WHEN eth.ratio(btc.close).z < -1.5 THEN ALERT "ether is cheap beside bitcoin"`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.columns import deviation, mean
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period, source
from tradeplan.stdlib.windows import moments


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The quotient, and how far it stands from its mean in deviations."""
    out[0] = math.nan
    out[1] = math.nan
    if x[0] == 0.0:
        return
    quotient = x[1] / x[0]
    full, mean, variance = moments(f, k, ring, int(p[0]), quotient)
    if full:
        out[0] = quotient
        if variance > 0.0:
            out[1] = (quotient - f[0] - mean) / math.sqrt(variance)


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Divides, cuts each window and standardises its last value."""
    n = int(parameters["period"])
    rows = zip(series["source"], series["other"], strict=True)
    ratios = [own / other if other != 0 else math.nan for own, other in rows]
    known = [t for t, value in enumerate(ratios) if not math.isnan(value)]
    result = {"ratio": [math.nan] * len(ratios), "z": [math.nan] * len(ratios)}
    for place in range(n - 1, len(known)):
        t = known[place]
        window = [ratios[i] for i in known[place - n + 1 : place + 1]]
        result["ratio"][t] = ratios[t]
        if deviation(window) > 0:
            result["z"][t] = (ratios[t] - mean(window)) / deviation(window)
    return result


FUNCTION = documented(
    Function(
        name="ratio",
        category="correlation",
        summary="",
        parameters=(
            Parameter("other", None, series=True, about="the price below the line"),
            period(100, low=2, about="how many bars make the usual ratio"),
            source(),
        ),
        outputs=(
            Output("ratio", NUMBER, Scale.NONE, "one price over the other"),
            Output("z", NUMBER, Scale.NONE, "deviations from its mean"),
        ),
        lookback=lambda p: int(p[0]),
        floats=3,  # the block's first ratio, sums of differences from it and of their squares
        integers=2,  # place in the block, 1 after the first block
        ring=lambda p: 2 * (int(p[0]) + 1),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
