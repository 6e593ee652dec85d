"""The loss that a breaker for this market should trip at.

Definition: `breakers.loss` of the market's profile, money in the account's currency. It never changes while a plan is
loaded, and in a guard it needs no timeframe.
Source: the requirements' profile (1000.0).
Without data: it needs none; it is never UNKNOWN.
Example: `GUARD losses WHEN account.loss(day) >= btc.loss_limit THEN HALT FOR day`
"""

from __future__ import annotations

from decimal import Decimal

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import MONEY, NUMBER
from tradeplan.stdlib.page import documented

FUNCTION = documented(
    Function(
        name="loss_limit",
        category="breakers",
        summary="",
        parameters=(
            Parameter(
                "amount",
                NUMBER,
                default="profile.breakers.loss",
                low=0.005,
                high=1e12,
                about="in the account's currency",
            ),
        ),
        outputs=(Output("loss_limit", MONEY, Scale.NONE),),
        expands=lambda numbers: f"{Decimal(repr(numbers['amount'])).normalize():f}",
        fixed=True,
    ),
    __doc__,
)
