"""Whether a trend is confirmed by a market that moves with it, or against it.

Definition: for `bull`: the close is above its mean of `period` bars and above the last close; and the other market is
so, too, if `corr(other, window)` is at least `level`, or is below its mean and its last close if that is at most
`-level`. For `bear` all the other way. From 0.3 on a correlation is moderate, from 0.6 on strong: `level=0.6`.
Source: the system that this project replaces has an alias of its bullish check under this name; trend and level are
its own, that an opposite market confirms by falling is written down here.
Without data: UNKNOWN while mean, last close or `corr` are and would decide, and where the closes of a window are all
equal.
Example: `WHEN eurusd.H1.corr_confirmed(dxy.H1.close, bull) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import LONGEST_PERIOD, direction, period, source, span


def _text(numbers: Mapping[str, float]) -> str:
    """Own trend, and the other's in the direction that the correlation asks for."""
    own, same, opposed = ("up", "other_up", "other_down")
    if numbers["direction"] < 0:
        own, same, opposed = ("down", "other_down", "other_up")
    return f"{own} AND (alike >= level AND {same} OR alike <= -level AND {opposed})"


FUNCTION = documented(
    Function(
        name="corr_confirmed",
        category="correlation",
        summary="",
        parameters=(
            Parameter("other", None, series=True, about="the market that should confirm"),
            direction(),
            span("window", "30 bars", low=2, high=LONGEST_PERIOD, about="how many bars are compared"),
            Parameter("level", NUMBER, default="0.3", low=0.01, high=1, about="the least correlation, either way"),
            period(20, low=2, about="bars of the means"),
            source(),
        ),
        where=(
            ("alike", lambda numbers: f"corr(other, {int(numbers['window'])} bars, source)"),
            # above its mean and rising; `zscore` and `change` keep both markets on the bars of the view
            ("up", "zscore(period, source) > 0 AND change(1 bars, source) > 0%"),
            ("down", "zscore(period, source) < 0 AND change(1 bars, source) < 0%"),
            ("other_up", "zscore(period, other) > 0 AND change(1 bars, other) > 0%"),
            ("other_down", "zscore(period, other) < 0 AND change(1 bars, other) < 0%"),
        ),
        outputs=(Output("corr_confirmed", CONDITION, Scale.NONE),),
        expands=_text,
        opposed="one close is not above and below its mean at once",
    ),
    __doc__,
)
