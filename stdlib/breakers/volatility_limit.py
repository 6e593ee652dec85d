"""The volatility that a breaker for this market should trip at.

Definition: `breakers.volatility` of the market's profile, the standard deviation of simple returns, in percent like
`volatility`: a deviation of 0.02 is 2%. It never changes while a plan is loaded, and in a guard it needs no timeframe.
Source: the requirements' profile (0.02).
Without data: it needs none; it is never UNKNOWN.
Example: `WHEN H1.volatility(20) >= volatility_limit THEN HALT FOR 4h`
"""

from __future__ import annotations

from decimal import Decimal

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import NUMBER, PERCENT
from tradeplan.stdlib.page import documented

FUNCTION = documented(
    Function(
        name="volatility_limit",
        category="breakers",
        summary="",
        parameters=(
            Parameter(
                "deviation",
                NUMBER,
                default="profile.breakers.volatility",
                low=0.00005,
                high=1,
                about="of simple returns, 0.02 is 2%",
            ),
        ),
        outputs=(Output("volatility_limit", PERCENT, Scale.NONE),),
        expands=lambda numbers: f"{(Decimal(repr(numbers['deviation'])) * 100).normalize():f}%",
        fixed=True,
    ),
    __doc__,
)
