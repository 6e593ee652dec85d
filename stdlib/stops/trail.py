"""A stop that follows the best price at a distance.

Definition: `entry + side * (best - distance)`: the furthest price reached since the entry, less the distance, on the
losing side of it. MOVE STOP never loosens a stop, so it only ratchets. With a `step` it is the present stop until it
would move by so much at once: fewer changes at the broker.
Source: trailing stop; the system that this project replaces uses 1.5 ATR and steps of 0.1R at least 60 s apart: a plan
decides at most once a minute, so that much time always lies between two moves.
Without data: UNKNOWN while the distance is: the stop stays where it is.
Example: `WHEN profit >= 1.5R THEN MOVE STOP TO trail(1.5 ATR)`
"""

from __future__ import annotations

from collections.abc import Mapping

from tradeplan.dsl.catalog import Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import DISTANCE, PRICE, R_MULTIPLE
from tradeplan.stdlib.page import documented


def _text(numbers: Mapping[str, float]) -> str:
    """Without a step the price behind the best; with one the present stop until it is worth a move."""
    behind = "entry + side * (best - distance)"
    if numbers["step"] == 0.0:
        return behind
    return f"choose(side * ({behind} - stop) >= step, {behind}, stop)"


FUNCTION = documented(
    Function(
        name="trail",
        category="stops",
        summary="",
        parameters=(
            Parameter(
                "distance",
                DISTANCE,
                default="profile.stops.trail * atr(14)",
                series=True,
                about="how far behind the best price",
            ),
            Parameter("step", R_MULTIPLE, default="0R", low=0, high=100, about="the least move worth a change"),
        ),
        outputs=(Output("trail", PRICE, Scale.PRICE),),
        expands=_text,
        management=True,
    ),
    __doc__,
)
