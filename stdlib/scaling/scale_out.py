"""Whether to take some of a position off: how strongly the market goes against the plan.

Definition: the stronger of `structure_break(against, period)` and `momentum_loss(with, momentum)`; `.ready` asks
whether it has reached `threshold`. For profit and time there are `scale_profit` and `scale_time`.
Source: the system that this project replaces (structure 0.7, momentum 0.6).
Without data: what is UNKNOWN is left out; UNKNOWN if both are.
Example: `WHEN scale_out.ready THEN CLOSE 25%`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period

FUNCTION = documented(
    Function(
        name="scale_out",
        category="scaling",
        summary="",
        parameters=(
            period(20, about="how many bars structure looks at"),
            period(10, name="momentum", about="how many bars momentum looks at"),
            Parameter(
                "threshold",
                NUMBER,
                default="profile.scaling.threshold",
                low=0.01,
                high=100,
                about="from what strength it is ready",
            ),
        ),
        where=(("force", "strongest(structure_break(against, period), momentum_loss(with, momentum))"),),
        expands="force",
        outputs=(
            Output("strength", NUMBER, Scale.NONE, "how strongly"),
            Output("ready", CONDITION, Scale.NONE, "whether that is enough", "force >= threshold"),
        ),
    ),
    __doc__,
)
