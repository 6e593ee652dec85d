"""Of several stops the furthest from price.

Definition: the lowest for a plan that buys, the highest for one that sells.
Source: stops that combine, as the requirements ask; a second MOVE STOP rule does the same where each has its own
condition, since the tightest of a step wins.
Without data: UNKNOWN while one of them is: no entry, or the stop stays where it is.
Example: `WHEN best >= 2R THEN MOVE STOP TO wider(trail(1.5 ATR), structure_stop)`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, SameAs, Scale
from tradeplan.dsl.kinds import PRICE
from tradeplan.stdlib.page import documented

FUNCTION = documented(
    Function(
        name="wider",
        category="stops",
        summary="",
        parameters=(Parameter("stops", PRICE, series=True, variadic=True, about="the stops to choose from"),),
        outputs=(Output("wider", SameAs("stops"), Scale.PRICE),),
        primitive="wider",
    ),
    __doc__,
)
