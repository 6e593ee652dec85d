"""Whether a value moved by at least a distance over a span: where percent would mislead, as with yields.

Definition: for `bull` `source - source of window bars ago >= distance`, for `bear` `<= -distance`. The distance is read
on the view: `us10y.D1.moved(5 pips, bear, 1 bars)` is a yield that fell by 0.05 points, whatever it was. For percent
write `change`.
Source: the system that this project replaces (10 year yield drops by 0.05 in an hour).
Without data: UNKNOWN until `window` + 1 bars are known, and on bars with an unknown value.
Example: `WHEN us10y.D1.moved(5 pips, bear, 1 bars) THEN ALERT "yields are falling"`
"""

from __future__ import annotations

from collections.abc import Mapping

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, DISTANCE
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, source, span


def _text(numbers: Mapping[str, float]) -> str:
    """The difference of two bars."""
    moved = f"source - source[{int(numbers['window'])}]"
    return f"{moved} >= distance" if numbers["direction"] > 0 else f"{moved} <= -distance"


FUNCTION = documented(
    Function(
        name="moved",
        category="correlation",
        summary="",
        parameters=(
            Parameter("distance", DISTANCE, default="1 * atr(14)", series=True, about="how far"),
            direction(),
            span("window", "1h", high=5000, about="how far back"),
            source(),
        ),
        outputs=(Output("moved", CONDITION, Scale.NONE),),
        expands=_text,
        opposed="one value did not rise and fall over the same span",
    ),
    __doc__,
)
