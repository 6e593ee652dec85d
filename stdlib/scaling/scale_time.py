"""How many spans a position has been held: 1 or more says that a part may go.

Definition: `held / every`; for several parts write a rule for each: `scale_time >= 1`, `scale_time >= 2`, ...
Source: only a name in the system that this project replaces; written down here.
Without data: known as long as a position is open.
Example: `WHEN scale_time(4h) >= 1 THEN CLOSE 25%`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import DURATION, NUMBER
from tradeplan.stdlib.page import documented

FUNCTION = documented(
    Function(
        name="scale_time",
        category="scaling",
        summary="",
        parameters=(
            Parameter("every", DURATION, default="4h", low=60_000, high=7_200_000_000, about="the length of a span"),
        ),
        outputs=(Output("scale_time", NUMBER, Scale.NONE),),
        expands="held / every",
        management=True,
    ),
    __doc__,
)
