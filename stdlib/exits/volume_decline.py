"""Which share of its volume the market has lost: 0 if none, 1 if all.

Definition: `1 - volume_ratio(recent, before)` where that is above 0, else 0.
Source: the system that this project replaces (5 bars beside 15, from 0.5).
Without data: UNKNOWN while `volume_ratio` is.
Example: `WHEN volume_decline > 0.5 AND profit > 1R THEN CLOSE 50%`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Named, Output, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """What is missing to 1."""
    out[0] = 0.0
    if x[0] < 1.0:
        out[0] = 1.0 - x[0]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The larger of 0 and what is missing."""
    return {"volume_decline": [max(0.0, 1.0 - value) for value in series["volume_ratio"]]}


FUNCTION = documented(
    Function(
        name="volume_decline",
        category="exits",
        summary="",
        parameters=(
            period(5, name="recent", high=200, about="how many bars are new"),
            period(15, name="before", high=200, about="how many bars ahead of them are their measure"),
        ),
        reads=(Named("volume_ratio", ("{recent}", "{before}")),),
        outputs=(Output("volume_decline", NUMBER, Scale.NONE),),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
