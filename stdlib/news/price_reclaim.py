"""Whether price is back at a level: near enough in percent or in ATRs.

Definition: `abs(close - level)` is at most `percent` of the level, or at most `multiple * atr(14)` of the view.
Source: the system that this project replaces (0.1 % or 0.5 ATR, around the price before news).
Without data: UNKNOWN while the level is, or while the ATR is and would decide.
Example: `WHEN price_reclaim(news.pre_level) AND news.absorption THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER, PERCENT, PRICE
from tradeplan.stdlib.page import documented

FUNCTION = documented(
    Function(
        name="price_reclaim",
        category="news",
        summary="",
        parameters=(
            Parameter("level", PRICE, default="news.pre_level", series=True, about="the price to be back at"),
            Parameter("percent", PERCENT, default="0.1%", low=0.001, high=10, about="how near, of the level"),
            Parameter("multiple", NUMBER, default="0.5", low=0.001, high=100, about="or how near in ATRs"),
        ),
        outputs=(Output("price_reclaim", CONDITION, Scale.NONE),),
        where=(("away", "abs(close - level)"),),
        expands="away <= (level + percent) - level OR away <= multiple * atr(14)",
    ),
    __doc__,
)
