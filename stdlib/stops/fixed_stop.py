"""A stop at a fixed distance on the losing side of the entry.

Definition: `entry - distance` for a plan that buys, `entry + distance` for one that sells. In the rule that enters the
entry is its order's price, or the close on which it decides. The side is the plan's: where price stands now has no say.
Source: the system that this project replaces, which told the side from price and entry, so that no loser was stopped.
Without data: UNKNOWN while the distance is: no entry, or the stop stays where it is.
Example: `WHEN close > D1.high THEN BUY RISK 0.5% STOP tighter(fixed_stop(0.5 ATR), structure_stop)`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import DISTANCE, PRICE
from tradeplan.stdlib.page import documented

FUNCTION = documented(
    Function(
        name="fixed_stop",
        category="stops",
        summary="",
        parameters=(Parameter("distance", DISTANCE, series=True, about="how far from the entry"),),
        outputs=(Output("fixed_stop", PRICE, Scale.PRICE),),
        expands="origin - way * distance",
        management=False,
    ),
    __doc__,
)
