"""How much of the wanted profit a position has: 1 or more says that it is there.

Definition: `profit / target`, 0 while it loses. The profit is counted from the average fill, in the direction of the
position, at the newest close.
Source: the system that this project replaces, where the ratio was a share of the price: 2.0 meant plus 200 %.
Without data: known as long as a position is open.
Example: `WHEN profit_exit(2R) >= 1 THEN CLOSE 50%`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import NUMBER, R_MULTIPLE
from tradeplan.stdlib.page import documented

FUNCTION = documented(
    Function(
        name="profit_exit",
        category="exits",
        summary="",
        parameters=(
            Parameter(
                "target", R_MULTIPLE, default="profile.exits.profit R", low=0.01, high=1000, about="the wanted profit"
            ),
        ),
        outputs=(Output("profit_exit", NUMBER, Scale.NONE),),
        expands="max(0, profit / target)",
        management=True,
    ),
    __doc__,
)
