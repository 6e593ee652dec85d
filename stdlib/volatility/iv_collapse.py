"""Whether volatility has collapsed: it is well below what it was on the bars before.

Definition: `source / mean of the period values before it < 1 - fall / 100`. The source is `atr(14)`, that is realised
volatility; for implied volatility read it on an index of it: `vix.D1.iv_collapse(source=close)`.
Source: the system that this project replaces (30 %, the mean of 10; a plain mean range in the place of implied
volatility, which is not said there). Wilder's ATR moves half as fast: 20 of it see as many collapses.
Without data: UNKNOWN until the source and `period` values before it are known, and where these are all 0.
Example: `WHEN iv_collapse AND close > ema(50) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, PERCENT
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period


def _text(numbers: Mapping[str, float]) -> str:
    """A quotient, so that prices, distances and numbers are all good; the share that is left as a literal."""
    return f"source / sma(period, source)[1] < {1.0 - numbers['fall'] / 100.0:.9f}"


FUNCTION = documented(
    Function(
        name="iv_collapse",
        category="volatility",
        summary="",
        parameters=(
            Parameter("fall", PERCENT, default="30%", low=1, high=99, about="how much is gone"),
            period(20, about="how many values before make the usual one"),
            Parameter("source", None, default="atr(14)", series=True, about="the volatility looked at"),
        ),
        outputs=(Output("iv_collapse", CONDITION, Scale.NONE),),
        expands=_text,
    ),
    __doc__,
)
