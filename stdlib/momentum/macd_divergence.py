"""Whether price made a new swing extreme that the MACD did not: the move goes on with less strength.

Definition: a swing is a bar whose low is below those of `k` bars on either side, known `k` bars later. For `bull`: of
the two newest swing lows, both within the last `lookback` bars, the newer has the lower low and the higher reading
of the line of `macd(12, 26, 9)`. For `bear` the same with highs: higher high, lower reading. TRUE until the older of
the two leaves the window or a newer swing is known; `confirmed` is TRUE on the one bar that makes the newer one known.
Source: Gerald Appel, Technical Analysis: Power Tools for Active Investors, 2005, at paired swings. The system that this
project replaces compares slopes, which a plan can write: `slope(20) < 0 pips AND slope(20, macd) > 0 pips`.
Without data: UNKNOWN until `lookback` + `k` bars have a known MACD; an unknown bar is skipped.
Example: `WHEN macd_divergence(bear).confirmed THEN SELL RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Field, Function, Named, Output, Scale
from tradeplan.dsl.kinds import CONDITION
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.pairs import paired, step
from tradeplan.stdlib.parameters import direction, period, span

FUNCTION = documented(
    Function(
        name="macd_divergence",
        category="momentum",
        summary="",
        parameters=(
            direction(),
            period(3, name="k", about="how many bars on either side of a swing", high=500),
            span("lookback", "20 bars", low=3, high=5000, about="how many bars hold both swings"),
        ),
        reads=(Field("high"), Field("low"), Named("macd", (12, 26, 9))),
        outputs=(
            Output("macd_divergence", CONDITION, Scale.NONE),
            Output("confirmed", CONDITION, Scale.NONE, "TRUE on the bar that makes it known"),
        ),
        lookback=lambda p: int(p[1]) + int(p[2]),
        floats=2,  # price and reading of the newer swing, mirrored for bear
        integers=6,  # place in the ring, 1 once it is full, bars seen, bars of both swings, 1 while they diverge
        ring=lambda p: 2 * (2 * int(p[1]) + 1),
        step=step,
        oracle=paired("macd_divergence", "macd"),
    ),
    __doc__,
)
