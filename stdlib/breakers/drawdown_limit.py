"""The fall of equity from its peak that a breaker for this market should trip at.

Definition: `breakers.drawdown` of the market's profile, in percent: a share of 0.05 is 5%. It never changes while a
plan is loaded, and in a guard it needs no timeframe.
Source: the requirements' profile (0.05); the system that this project replaces stops trading after the same fall.
Without data: it needs none; it is never UNKNOWN.
Example: `WHEN drawdown_limit < 10% AND close > ema(50) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from decimal import Decimal

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import NUMBER, PERCENT
from tradeplan.stdlib.page import documented

FUNCTION = documented(
    Function(
        name="drawdown_limit",
        category="breakers",
        summary="",
        parameters=(
            Parameter(
                "share",
                NUMBER,
                default="profile.breakers.drawdown",
                low=0.0005,
                high=1,
                about="of the peak, 0.05 is 5%",
            ),
        ),
        outputs=(Output("drawdown_limit", PERCENT, Scale.NONE),),
        expands=lambda numbers: f"{(Decimal(repr(numbers['share'])) * 100).normalize():f}%",
        fixed=True,
    ),
    __doc__,
)
