"""Whether a position has had its time: 1 or more says that it should go.

Definition: the strongest of `held / limit`; of a scalp, `min(held / scalp, profit / gain)`, which reaches 1 with the
gain in hand after that time; and, while the position loses, of `held / patience`, where the patience is 1 h in high
volatility (`atr_ratio` above 1.25 on the view), 3 h in low (below 0.8) and 2 h otherwise.
Source: the system that this project replaces (24 h; 15 min with 0.4R; 60, 120 and 180 min); its scalp rule is
ambiguous, here it takes a quick gain.
Without data: with an UNKNOWN volatility the patience is 3 h.
Example: `WHEN time_exit >= 1 THEN CLOSE`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import DURATION, NUMBER, R_MULTIPLE
from tradeplan.stdlib.page import documented

_MINUTE = 60_000.0

FUNCTION = documented(
    Function(
        name="time_exit",
        category="exits",
        summary="",
        parameters=(
            Parameter(
                "limit",
                DURATION,
                default="profile.exits.hours h",
                low=_MINUTE,
                high=120_000 * _MINUTE,
                about="how long any position may be held",
            ),
            Parameter(
                "scalp", DURATION, default="15m", low=_MINUTE, high=120_000 * _MINUTE, about="how long a scalp is"
            ),
            Parameter("gain", R_MULTIPLE, default="0.4R", low=0.01, high=100, about="the gain that ends a scalp"),
        ),
        where=(
            ("volatility", "atr_ratio"),
            ("patience", "choose(volatility > 1.25, 60m, choose(volatility < 0.8, 180m, 120m))"),
            # 3 h is the longest patience, so that it never comes before a known one
            ("stuck", "choose(profit < 0, strongest(held / patience, held / 180m), 0)"),
        ),
        expands="strongest(held / limit, min(held / scalp, profit / gain), stuck)",
        outputs=(Output("time_exit", NUMBER, Scale.NONE),),
        management=True,
    ),
    __doc__,
)
