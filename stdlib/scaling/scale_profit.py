"""How many steps of profit a position has made: 1 or more says that a part may go.

Definition: `profit / step` while it wins, else 0: a loser is never scaled by its profit.
Source: the system that this project replaces, which took the absolute move and so scaled losers.
Without data: known as long as a position is open.
Example: `WHEN scale_profit(0.5R) >= 1 THEN CLOSE 25%`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import NUMBER, R_MULTIPLE
from tradeplan.stdlib.page import documented

FUNCTION = documented(
    Function(
        name="scale_profit",
        category="scaling",
        summary="",
        parameters=(Parameter("step", R_MULTIPLE, default="0.5R", low=0.01, high=1000, about="the profit of a step"),),
        outputs=(Output("scale_profit", NUMBER, Scale.NONE),),
        expands="max(0, profit / step)",
        management=True,
    ),
    __doc__,
)
