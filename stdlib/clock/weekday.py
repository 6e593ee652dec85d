"""The day of the week at the close of the bar.

Definition: the local date's weekday in the zone. A bar that closes at midnight belongs to the day that begins.
Source: IANA time zone database.
Without data: UNKNOWN while the bar is.
Example: `WHEN close > D1.high AND weekday != friday THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Calendar, Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import enumeration
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Hands on the calendar column."""
    out[0] = x[0]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The calendar column itself."""
    return {"weekday": list(series["weekday"])}


FUNCTION = documented(
    Function(
        name="weekday",
        category="clock",
        summary="",
        parameters=(Parameter("zone", enumeration("zone"), default="utc", low=0, high=6, about="whose clock"),),
        reads=(Calendar("weekday", "{zone}"),),
        outputs=(Output("weekday", enumeration("weekday"), Scale.NONE),),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
