"""A change of character: the first close beyond a swing against the direction in which the swings went.

Definition: `swing_break(direction, k, margin).changes`: for `bull` the first close more than `margin` ATRs above the
last swing high, after a low that is below the low before that high. TRUE on that bar alone. `level` is the swing that
was broken, `origin` the lower low from which the move came; both stay until the next one.
Source: smartmoneyconcepts 0.0.27 (CHoCH); the 0.3 ATR are those of the system that this project replaces, whose
labeller returned no changes of character and whose definition ignored the trend.
Without data: UNKNOWN until a low, a high and a low (for `bear` high, low, high) are known; `level` and `origin` until
the first one.
Example: `WHEN M15.choch(bull) WITHIN 3 bars AND M5.choch(bull) WITHIN 3 bars THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Gap, Named, Output, Scale
from tradeplan.dsl.kinds import CONDITION, PRICE
from tradeplan.stdlib.kept_break import kept, step
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, in_atr, swing_size

_BREAK = ("{direction}", "{k}", "{margin}")

FUNCTION = documented(
    Function(
        name="choch",
        category="institutional",
        summary="",
        parameters=(direction(), swing_size(), in_atr("margin", "0.3", "how far beyond the swing, in ATRs")),
        reads=(
            Named("swing_break", _BREAK, "changes"),
            Named("swing_break", _BREAK, "level"),
            Named("swing_break", _BREAK, "origin"),
        ),
        outputs=(
            Output("choch", CONDITION, Scale.NONE, "TRUE on the bar of the break"),
            Output("level", PRICE, Scale.PRICE, "the swing that the last one broke"),
            Output("origin", PRICE, Scale.PRICE, "the swing from which that move came"),
        ),
        awaits="a low, a high and a low, then a break",
        floats=2,  # level, origin
        integers=1,  # 1 after the first
        gap=Gap.OWN,
        event=True,
        opposed="one close is not beyond a swing high and below a swing low at once",
        step=step,
        oracle=kept("choch", "changes"),
    ),
    __doc__,
)
