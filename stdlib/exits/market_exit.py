"""What the market says against a trade: the most urgent of its exits on H1, M15, M5 and M1.

Definition: `exit_ranking` of `structure_break(direction)`, of `momentum_loss` of the other direction, and of
`volume_decline`, each on every timeframe from H1 down to `finest`. Without an argument it speaks against the plan.
Source: the exit manager of the system that this project replaces.
Without data: a timeframe that is UNKNOWN has no voice; UNKNOWN if all are.
Example: `WHEN market_exit.rank >= high THEN CLOSE`
"""

from __future__ import annotations

from collections.abc import Mapping

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import NUMBER, enumeration
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, threshold

_MINUTES = {"H1": 60, "M15": 15, "M5": 5, "M1": 1}


def _ranking(numbers: Mapping[str, float]) -> str:
    """The twelve strengths; those finer than `finest` have no voice."""
    toward, other = ("bull", "bear") if numbers["direction"] > 0 else ("bear", "bull")
    calls = (f"structure_break({toward})", f"momentum_loss({other})", "volume_decline")
    voices = [f"{t}.{call}" if m >= numbers["finest"] else "0" for call in calls for t, m in _MINUTES.items()]
    return f"exit_ranking({', '.join(voices)}, structure_break, momentum_loss, volume_decline)"


FUNCTION = documented(
    Function(
        name="market_exit",
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
        outputs=(
            Output("rank", enumeration("rank"), Scale.NONE, "how urgent: none, low, medium, high, critical", "ranking"),
            Output("strength", NUMBER, Scale.NONE, "its strength", "ranking.strength"),
            Output("kind", enumeration("exit kind"), Scale.NONE, "structure, momentum or volume", "ranking.kind"),
            Output("timeframe", enumeration("exit timeframe"), Scale.NONE, "where it was seen", "ranking.timeframe"),
        ),
        where=(("ranking", _ranking),),
        expands="ranking",
        voice=True,
    ),
    __doc__,
)
