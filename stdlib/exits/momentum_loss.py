"""How much momentum in a direction is lost: what moves against it, in ATRs.

Definition: `-thrust(direction, period)` where that is above 0, else 0. Without an argument it looks at the plan's own
direction.
Source: the system that this project replaces (`0.7 * price change + 0.3 * volume change < -0.6`).
Without data: UNKNOWN while `thrust` is.
Example: `WHEN momentum_loss(with) > 0.6 THEN CLOSE 50%`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Named, Output, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The negative part."""
    out[0] = 0.0
    if x[0] < 0.0:
        out[0] = -x[0]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The larger of 0 and the thrust turned round."""
    return {"momentum_loss": [max(0.0, -value) for value in series["thrust"]]}


FUNCTION = documented(
    Function(
        name="momentum_loss",
        category="exits",
        summary="",
        parameters=(direction("with"), period(10, about="how many bars the move has taken")),
        reads=(Named("thrust", ("{direction}", "{period}")),),
        outputs=(Output("momentum_loss", NUMBER, Scale.NONE),),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
