"""A stop that is wider while the market moves more than usual, and tighter while it moves less.

Definition: as `atr_stop`, with the distance `multiple * atr(14) * atr_ratio`, the ratio kept between 0.5 and 2.
Source: only a name in the system that this project replaces; written down here.
Without data: UNKNOWN while `atr_ratio` is: no entry, or the stop stays where it is.
Example: `WHEN close > D1.high THEN BUY RISK 0.5% STOP M15.volatility_stop`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import NUMBER, PRICE
from tradeplan.stdlib.page import documented

FUNCTION = documented(
    Function(
        name="volatility_stop",
        category="stops",
        summary="",
        parameters=(
            Parameter(
                "multiple",
                NUMBER,
                default="profile.stops.atr",
                low=0.01,
                high=100,
                about="how many ATRs in usual times",
            ),
        ),
        outputs=(Output("volatility_stop", PRICE, Scale.PRICE),),
        expands="origin - way * (multiple * max(0.5, min(2, atr_ratio)) * atr(14))",
        management=False,
    ),
    __doc__,
)
