"""Whether a fair value gap of M30 and a change of character on M5 point the same way.

Definition: a gap of the direction exists on M30 (`M30.fvg(direction)`, not filled wholly, at most a day old), and M5
has changed its character to the same side within the last `bars` bars of M5.
Source: the requirements of the system that this project replaces (M30 gap with M5 change of character).
Without data: UNKNOWN where an UNKNOWN part decides.
Example: `WHEN htf_fvg_align(bull) AND close IN M30.fvg(bull) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, COUNT
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction


def _both(numbers: Mapping[str, float]) -> str:
    """The two views in the plan's own words."""
    side = "bull" if numbers["direction"] > 0 else "bear"
    return f"M30.fvg({side}).exists AND M5.choch({side}) WITHIN {int(numbers['bars'])} bars"


FUNCTION = documented(
    Function(
        name="htf_fvg_align",
        category="confluence",
        summary="",
        parameters=(
            direction(),
            Parameter(
                "bars", COUNT, default="12", low=1, high=2000, about="how many bars of M5 back the change may be"
            ),
        ),
        outputs=(Output("htf_fvg_align", CONDITION, Scale.NONE),),
        expands=_both,
        opposed="both within so short a time are a range, not a direction",
    ),
    __doc__,
)
