"""A stop some ATRs on the losing side of the entry, but never further than a part of the price.

Definition: `entry - distance` for a plan that buys, `entry + distance` for one that sells, where the distance is
`multiple * atr(14)` of the view, at most `cap` of the entry. In the rule that enters the entry is its order's price, or
the close on which it decides.
Source: the system that this project replaces (2.0 ATR, at most 5 %).
Without data: UNKNOWN while the ATR is: no entry, or the stop stays where it is.
Example: `WHEN close > D1.high THEN BUY RISK 0.5% STOP atr_stop(2.0)`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import NUMBER, PERCENT, PRICE
from tradeplan.stdlib.page import documented

FUNCTION = documented(
    Function(
        name="atr_stop",
        category="stops",
        summary="",
        parameters=(
            Parameter("multiple", NUMBER, default="profile.stops.atr", low=0.01, high=100, about="how many ATRs"),
            Parameter("cap", PERCENT, default="5%", low=0.01, high=100, about="the furthest, of the entry"),
        ),
        outputs=(Output("atr_stop", PRICE, Scale.PRICE),),
        expands="origin - way * min(multiple * atr(14), origin - (origin - cap))",
        management=False,
    ),
    __doc__,
)
