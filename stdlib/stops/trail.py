"""A stop that follows the best price at a distance.

Definition: `entry + side * (best - distance)`: the furthest price reached since the entry, less the distance, on the
losing side of it. MOVE STOP never loosens a stop, so it only ratchets.
Source: trailing stop; the system that this project replaces uses 1.5 ATR.
Without data: UNKNOWN while the distance is: the stop stays where it is.
Example: `WHEN profit >= 1.5R THEN MOVE STOP TO trail(1.5 ATR)`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import DISTANCE, PRICE
from tradeplan.stdlib.page import documented

FUNCTION = documented(
    Function(
        name="trail",
        category="stops",
        summary="",
        parameters=(Parameter("distance", DISTANCE, series=True, about="how far behind the best price"),),
        outputs=(Output("trail", PRICE, Scale.PRICE),),
        expands="entry + side * (best - distance)",
        management=True,
    ),
    __doc__,
)
