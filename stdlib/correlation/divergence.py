"""Whether a market has moved against one that it usually mirrors.

Definition: for `bull`: `corr(other, window) < level`, and over `moved` this market rose by at least `own` percent while
the other fell by at least `theirs` percent. For `bear` this one fell and the other rose.
Source: the system that this project replaces (correlation below -0.5, dollar 0.05 %, symbol 0.1 %). The divergence of
price and oscillator is another thing: `rsi_divergence`, `macd_divergence`.
Without data: UNKNOWN while `corr` or one of the changes is and would decide.
Example: `WHEN btc.divergence(dxy.close, bull) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER, PERCENT
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import LONGEST_PERIOD, direction, source, span


def _text(numbers: Mapping[str, float]) -> str:
    """Each of the three on the bars of the view."""
    window, moved = int(numbers["window"]), int(numbers["moved"])
    rises, falls = ("source", "own"), ("other", "theirs")
    if numbers["direction"] < 0:
        rises, falls = falls, rises
    return (
        f"corr(other, {window} bars, source) < level"
        f" AND change({moved} bars, {rises[0]}) >= {rises[1]} AND change({moved} bars, {falls[0]}) <= -{falls[1]}"
    )


FUNCTION = documented(
    Function(
        name="divergence",
        category="correlation",
        summary="",
        parameters=(
            Parameter("other", None, series=True, about="the market that usually goes the other way"),
            direction(),
            span("window", "4h", low=2, high=LONGEST_PERIOD, about="how many bars are correlated"),
            span("moved", "1h", about="how many bars the opposite moves take"),
            Parameter("level", NUMBER, default="-0.5", low=-1, high=1, about="below this correlation they are opposed"),
            Parameter("own", PERCENT, default="0.1%", low=0, high=100, about="the least move of this market"),
            Parameter("theirs", PERCENT, default="0.05%", low=0, high=100, about="the least move of the other"),
            source(),
        ),
        outputs=(Output("divergence", CONDITION, Scale.NONE),),
        expands=_text,
        opposed="one market did not rise and fall over the same span",
    ),
    __doc__,
)
