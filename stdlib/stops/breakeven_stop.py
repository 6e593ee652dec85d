"""The entry, once the position has been far enough ahead; until then the stop as it is.

Definition: `entry` from the moment on when `best` has reached `after`, else the present stop. MOVE STOP never loosens,
so that a stop which is beyond the entry already stays.
Source: the system that this project replaces, where it waited for +100 % of the price and took the place of a tighter
trailing stop.
Without data: known as long as a position is open.
Example: `WHEN held > 0m THEN MOVE STOP TO tighter(breakeven_stop(1R), trail(1.5 ATR))`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import PRICE, R_MULTIPLE
from tradeplan.stdlib.page import documented

FUNCTION = documented(
    Function(
        name="breakeven_stop",
        category="stops",
        summary="",
        parameters=(
            Parameter("after", R_MULTIPLE, default="1R", low=0.01, high=1000, about="how far ahead it has been"),
        ),
        outputs=(Output("breakeven_stop", PRICE, Scale.PRICE),),
        expands="choose(best >= after, entry, stop)",
        management=True,
    ),
    __doc__,
)
