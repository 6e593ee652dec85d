"""A stop that stands nearer over the weekend: a part of the first distance, and outside of it the stop as it is.

Definition: while `weekend` is TRUE `entry - factor * R` for a plan that buys, `entry + factor * R` for one that sells,
where R is the distance from the first fill to the first stop; at other times the present stop. MOVE STOP never
loosens, so that a stop which is nearer already stays, and asking again moves nothing.
Source: the system that this project replaces (0.8 of the distance, with a quiet VIX and falling open interest of
bitcoin: a name without code). Put what must be quiet into the rule, `OPTIONAL` being for entries only: an unknown VIX
moves no stop.
Without data: known as long as a position is open.
Example: `WHEN vix.D1.close < 16 THEN MOVE STOP TO weekend_tighten(0.8)`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import NUMBER, PRICE
from tradeplan.stdlib.page import documented

FUNCTION = documented(
    Function(
        name="weekend_tighten",
        category="stops",
        summary="",
        parameters=(
            Parameter("factor", NUMBER, default="0.8", low=0.01, high=1, about="which part of the first distance"),
        ),
        outputs=(Output("weekend_tighten", PRICE, Scale.PRICE),),
        expands="choose(weekend, entry - side * (factor * r), stop)",
        management=True,
    ),
    __doc__,
)
