"""Whether two markets do not move together as they usually do.

Definition: `abs(corr(other, window, source) - expected) > tolerance`. What is expected has no default, because it
belongs to the pair: usual values for the dollar, the 10 year yield and US stocks are -0.7, -0.5, 0.2 for gold,
-0.3, 0.1, 0.6 for bitcoin and -0.9, -0.4, 0.3 for the euro.
Source: the system that this project replaces, values included (0.3).
Without data: UNKNOWN while `corr` is.
Example: `WHEN eurusd.corr_conflict(dxy.close, -0.9) THEN ALERT "the euro has left the dollar"`
"""

from __future__ import annotations

from collections.abc import Mapping

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import LONGEST_PERIOD, source, span


def _text(numbers: Mapping[str, float]) -> str:
    """The window as bars; the rest by name."""
    return f"abs(corr(other, {int(numbers['window'])} bars, source) - expected) > tolerance"


FUNCTION = documented(
    Function(
        name="corr_conflict",
        category="correlation",
        summary="",
        parameters=(
            Parameter("other", None, series=True, about="what to compare with"),
            Parameter("expected", NUMBER, low=-1, high=1, about="the usual correlation"),
            span("window", "4h", low=2, high=LONGEST_PERIOD, about="how many bars are compared"),
            Parameter("tolerance", NUMBER, default="0.3", low=0, high=2, about="how far from it is still usual"),
            source(),
        ),
        outputs=(Output("corr_conflict", CONDITION, Scale.NONE),),
        expands=_text,
    ),
    __doc__,
)
