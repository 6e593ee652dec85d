"""Whether to add to a position: how strongly the market goes with it, and whether there is room.

Definition: the strongest of `structure_break(with, period)`, of `thrust(with, momentum)` and, while that is above 0, of
`volume_ratio - 1`; but 0 while the position does not win, and where `step` more of the first size would make it larger
than `maximum` first sizes. `.ready` asks whether it has reached `threshold`. ADD is not sent while a halt runs.
Source: the system that this project replaces (structure, momentum and volume, up to a size of 1.0 in steps of 0.25);
that only winners grow is this project's own.
Without data: what is UNKNOWN is left out; UNKNOWN if all three are.
Example: `WHEN scale_in.ready THEN ADD 25%`
"""

from __future__ import annotations

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period

FUNCTION = documented(
    Function(
        name="scale_in",
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
            Parameter(
                "step", NUMBER, default="profile.scaling.step", low=0.001, high=10, about="of the first size, for ADD"
            ),
            Parameter("maximum", NUMBER, default="profile.scaling.maximum", low=0.01, high=100, about="in first sizes"),
        ),
        where=(
            ("push", "thrust(with, momentum)"),
            ("swell", "choose(push > 0, volume_ratio - 1, 0)"),
            ("force", "strongest(structure_break(with, period), push, swell, 0)"),
            # a millionth of a size is rounding
            ("room", "size <= (maximum - step + 0.000001) * first"),
            ("held_back", "choose(profit > 0 AND room, force, 0)"),
        ),
        expands="held_back",
        outputs=(
            Output("strength", NUMBER, Scale.NONE, "how strongly"),
            Output(
                "ready", CONDITION, Scale.NONE, "whether that is enough", "force >= threshold AND profit > 0 AND room"
            ),
        ),
        management=True,
    ),
    __doc__,
)
