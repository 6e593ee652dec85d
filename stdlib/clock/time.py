"""The time of day at the close of the bar.

Definition: seconds since local midnight in the zone; daylight saving is the zone's own. A close at midnight is 00:00.
Source: IANA time zone database.
Without data: UNKNOWN while the bar is.
Example: `WHEN rsi(14) < 30 AND time(london) BETWEEN 08:00 AND 11:00 THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Calendar, Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CLOCK_TIME, enumeration
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Hands on the calendar column."""
    out[0] = x[0]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The calendar column itself."""
    return {"time": list(series["seconds"])}


FUNCTION = documented(
    Function(
        name="time",
        category="clock",
        summary="",
        parameters=(Parameter("zone", enumeration("zone"), default="utc", low=0, high=6, about="whose clock"),),
        reads=(Calendar("seconds", "{zone}"),),
        outputs=(Output("time", CLOCK_TIME, Scale.NONE),),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
