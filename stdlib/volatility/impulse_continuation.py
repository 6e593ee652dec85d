"""Whether a stretched market goes on: far from its average, and its bands still widen.

Definition: for `bull` `rmag(200) > level` and `band_width.rising` over `rising` bars; for `bear` `rmag(200) < -level`
and the same.
Source: the system that this project replaces names it (5 ATRs, 3 bars) and never computes it.
Without data: UNKNOWN while `rmag` or the width is.
Example: `WHEN impulse_continuation(bull) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Named, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Mirrored for bear."""
    out[0] = 0.0
    if p[0] * x[0] > p[1] and x[1] == 1.0:
        out[0] = 1.0


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The definition, bar by bar."""
    rows = zip(series["rmag"], series["band_width"], strict=True)
    bull = parameters["direction"] > 0
    level = parameters["level"]
    return {
        "impulse_continuation": [float(rising == 1 and (far > level if bull else far < -level)) for far, rising in rows]
    }


FUNCTION = documented(
    Function(
        name="impulse_continuation",
        category="volatility",
        summary="",
        parameters=(
            direction(),
            Parameter("level", NUMBER, default="5", low=0, high=100, about="ATRs from the average"),
            period(3, name="rising", high=500, about="how many bars in a row the bands have widened"),
        ),
        reads=(Named("rmag", (200,)), Named("band_width", (20, 2, "{rising}"), "rising")),
        outputs=(Output("impulse_continuation", CONDITION, Scale.NONE),),
        step=step,
        oracle=oracle,
        opposed="price is above its average or below it",
    ),
    __doc__,
)
