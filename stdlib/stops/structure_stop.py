"""A stop behind the last swing: beyond the extreme of the last bars, and not too near to price.

Definition: for a plan that buys the lower of `lowest(period) - buffer` and `close - least * atr(14)`, for one that
sells the higher of `highest(period) + buffer` and `close + least * atr(14)`, all on the view. The buffer is a percent
of the extreme. A swing nearer than `least` ATRs is within the noise; `least=0` takes it as it is.
Source: the system that this project replaces (20 bars, 0.1 %).
Without data: UNKNOWN until `period` bars and the ATR are known: no entry, or the stop stays where it is.
Example: `WHEN close > highest(20)[1] THEN BUY RISK 0.5% STOP tighter(atr_stop(2.0), structure_stop(20))`
"""

from __future__ import annotations

from collections.abc import Mapping

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import COUNT, NUMBER, PERCENT, PRICE
from tradeplan.stdlib.page import documented


def _text(numbers: Mapping[str, float]) -> str:
    """The extreme on the losing side."""
    swing = "highest(period) + buffer" if numbers["way"] < 0 else "lowest(period) - buffer"
    return f"wider({swing}, close - way * (least * atr(14)))"


FUNCTION = documented(
    Function(
        name="structure_stop",
        category="stops",
        summary="",
        parameters=(
            Parameter("period", COUNT, default="20", low=1, high=5000, about="how many bars"),
            Parameter("buffer", PERCENT, default="0.1%", low=0, high=50, about="how far beyond the extreme"),
            Parameter(
                "least", NUMBER, default="profile.stops.structure", low=0, high=100, about="the nearest, in ATRs"
            ),
        ),
        outputs=(Output("structure_stop", PRICE, Scale.PRICE),),
        expands=_text,
        management=False,
    ),
    __doc__,
)
