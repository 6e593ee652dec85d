"""Of several stops the nearest to price.

Definition: the highest for a plan that buys, the lowest for one that sells.
Source: stops that combine, as the requirements ask; a second MOVE STOP rule does the same where each has its own
condition, since the tightest of a step wins.
Without data: In a rule that manages, what is UNKNOWN is left out, so that one stop that cannot be
worked out does not hold back the others; in an entry it is UNKNOWN while one of them is, and so is a LET of market
values alone: no entry goes with a guess.
Example: `WHEN close > D1.high THEN BUY RISK 0.5% STOP tighter(atr_stop(2.0), structure_stop)`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, SameAs, Scale
from tradeplan.dsl.kinds import PRICE
from tradeplan.stdlib.page import documented

FUNCTION = documented(
    Function(
        name="tighter",
        category="stops",
        summary="",
        parameters=(Parameter("stops", PRICE, series=True, variadic=True, about="the stops to choose from"),),
        outputs=(Output("tighter", SameAs("stops"), Scale.PRICE),),
        primitive="tighter",
    ),
    __doc__,
)
