"""Whether it is the weekend, as markets that never close feel it: Friday 23:00 to Monday 03:00 UTC.

Definition: from Friday 23:00 UTC, that instant included, to Monday 03:00 UTC, that instant excluded, all year.
Source: the weekend of the system that this project replaces.
Without data: UNKNOWN while the bar is.
Example: `WHEN close > highest(50)[1] AND NOT weekend THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Calendar, Function, Output, Scale
from tradeplan.dsl.kinds import CONDITION
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Compares the second of the week."""
    second = x[0] * 86400.0 + x[1]
    out[0] = 0.0
    if second < 10800.0 or second >= 428400.0:
        out[0] = 1.0


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Day by day."""
    found = []
    for day, second in zip(series["weekday"], series["seconds"], strict=True):
        hour = second / 3600
        found.append(float(day in (5, 6) or (day == 4 and hour >= 23) or (day == 0 and hour < 3)))
    return {"weekend": found}


FUNCTION = documented(
    Function(
        name="weekend",
        category="clock",
        summary="",
        reads=(Calendar("weekday", "UTC"), Calendar("seconds", "UTC")),
        outputs=(Output("weekend", CONDITION, Scale.NONE),),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
