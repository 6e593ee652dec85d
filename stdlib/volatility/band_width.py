"""How wide the Bollinger bands are, whether they are narrow or wide, and whether they widen.

Definition: `width` is `bands(period, deviations).width`, the distance of the bands in percent of their middle.
`rising`: it grew on each of the last `rising` bars. `squeeze`: it is below `squeeze`; `expansion`: above `expansion`.
Where a slope says it better write `slope(5, bands(20, 2).width) > 0%`.
Source: John Bollinger, Bollinger on Bollinger Bands, 2001 (BandWidth, the squeeze); the limits of 1.5 % and 2 % are
those of the system that this project replaces and fit M15 of gold or bitcoin: currencies need smaller ones.
Without data: UNKNOWN until `rising` + 1 widths are known; an unknown close is skipped.
Example: `WHEN band_width.squeeze[1] AND band_width.rising THEN ALERT "out of the squeeze"`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from tradeplan.dsl.catalog import Function, Named, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER, PERCENT
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Counts the run of rises, a trillionth of the width being rounding; all results begin together."""
    v = x[0]
    bars = int(p[2])
    if k[0] > 0 and v > f[0] * (1.0 + 1e-12):
        k[1] += 1
    else:
        k[1] = 0
    f[0] = v
    if k[0] <= bars:
        k[0] += 1
    out[0] = math.nan
    out[1] = math.nan
    out[2] = math.nan
    out[3] = math.nan
    if k[0] > bars:
        out[0] = v
        out[1] = 0.0
        out[2] = 0.0
        out[3] = 0.0
        if k[1] >= bars:
            out[1] = 1.0
        if v < p[3]:
            out[2] = 1.0
        if v > p[4]:
            out[3] = 1.0


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Each pair of a window, and two comparisons."""
    widths, n = series["bands"], int(parameters["rising"])
    unknown = [math.nan] * min(n, len(widths))
    windows = [list(widths[t - n : t + 1]) for t in range(n, len(widths))]
    rising = [float(all(b / a > 1 + 1e-12 if a > 0 else b > a for a, b in pairwise(window))) for window in windows]
    return {
        "width": unknown + list(widths[n:]),
        "rising": unknown + rising,
        "squeeze": unknown + [float(value < parameters["squeeze"]) for value in widths[n:]],
        "expansion": unknown + [float(value > parameters["expansion"]) for value in widths[n:]],
    }


FUNCTION = documented(
    Function(
        name="band_width",
        category="volatility",
        summary="",
        parameters=(
            period(20, low=2, about="bars of the bands"),
            Parameter("deviations", NUMBER, default="2", low=0.1, high=100, about="deviations to either side"),
            period(3, name="rising", high=500, about="how many bars in a row it must have grown"),
            Parameter("squeeze", PERCENT, default="1.5%", low=0, high=1000, about="narrower than this is a squeeze"),
            Parameter("expansion", PERCENT, default="2%", low=0, high=1000, about="wider than this is an expansion"),
        ),
        reads=(Named("bands", ("{period}", "{deviations}"), "width"),),
        outputs=(
            Output("width", PERCENT, Scale.NONE, "distance of the bands in percent of the middle"),
            Output("rising", CONDITION, Scale.NONE, "it grew on each of the last bars"),
            Output("squeeze", CONDITION, Scale.NONE, "it is narrow"),
            Output("expansion", CONDITION, Scale.NONE, "it is wide"),
        ),
        lookback=lambda p: int(p[2]) + 1,
        floats=1,  # the last width
        integers=2,  # widths seen, rises in a row
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
