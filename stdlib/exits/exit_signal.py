"""The most urgent reason to leave: of the market on H1, M15, M5 and M1, of the clock, of the profit.

Definition: `market_exit` beside `time_exit` and `profit_exit`, which are of rank high from 1 on. The higher rank
speaks; of two of rank high the stronger, and the market where they are equal. `.kind` and `.timeframe` say which one
spoke (`none` for the clock and the profit, which have no timeframe).
Source: the exit manager of the system that this project replaces; thresholds are those of the market's profile.
Without data: what is UNKNOWN has no voice; UNKNOWN if nothing of the market is known and neither clock nor profit
speaks.
Example: `WHEN exit_signal >= high THEN CLOSE`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import NUMBER, enumeration
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, threshold

FUNCTION = documented(
    Function(
        name="exit_signal",
        category="exits",
        summary="",
        parameters=(
            direction("against"),
            Parameter(
                "finest",
                enumeration("exit timeframe"),
                default="M1",
                low=0,
                high=60,
                about="the finest timeframe that is asked: M1, M5, M15 or H1",
            ),
            threshold("exits.structure_break", "ATRs from which a break counts"),
            threshold("exits.momentum_loss", "lost momentum from which it counts"),
            threshold("exits.volume_decline", "lost volume from which it counts"),
        ),
        where=(
            ("market", "market_exit(direction, finest, structure_break, momentum_loss, volume_decline)"),
            ("due", "max(time_exit, profit_exit)"),
            ("urgent", "market.rank > high OR market.rank = high AND market.strength >= due"),
            ("own", "due >= 1 AND NOT (known(market.rank) AND (urgent))"),
        ),
        expands="choose(due >= 1, strongest(3, market.rank), market.rank)",
        outputs=(
            Output("rank", enumeration("rank"), Scale.NONE, "how urgent: none, low, medium, high, critical"),
            Output("strength", NUMBER, Scale.NONE, "its strength", "choose(own, due, market.strength)"),
            Output(
                "kind",
                enumeration("exit kind"),
                Scale.NONE,
                "structure, momentum, volume, time or profit",
                "choose(own, choose(time_exit >= profit_exit, 4, 5), market.kind)",
            ),
            Output(
                "timeframe",
                enumeration("exit timeframe"),
                Scale.NONE,
                "where it was seen",
                "choose(own, 0, market.timeframe)",
            ),
        ),
        management=True,
        voice=True,
    ),
    __doc__,
)
