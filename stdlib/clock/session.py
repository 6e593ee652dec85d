"""Whether a trading session is open at the close of the bar.

Definition: Asia 0 to 8, London 8 to 13, overlap 13 to 16, New York 16 to 21 UTC all year; the first instant belongs
to it, the last does not. Weekends are not left out.
Source: the session table of the system that this project replaces.
Without data: UNKNOWN while the bar is.
Example: `WHEN close > highest(20)[1] AND session(london) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Calendar, Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, enumeration
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Compares with the hours of the one asked for, in seconds."""
    begin = 0.0
    end = 28800.0
    if p[0] == 1.0:
        begin = 28800.0
        end = 46800.0
    elif p[0] == 2.0:
        begin = 46800.0
        end = 57600.0
    elif p[0] == 3.0:
        begin = 57600.0
        end = 75600.0
    out[0] = 0.0
    if begin <= x[0] < end:
        out[0] = 1.0


HOURS = {0: (0, 8), 1: (8, 13), 2: (13, 16), 3: (16, 21)}
"""First hour of each session, and the hour at which it is over; read by the oracle only."""


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Looks the hour up in the table."""
    first, over = HOURS[int(parameters["name"])]
    return {"session": [float(first <= second // 3600 < over) for second in series["seconds"]]}


FUNCTION = documented(
    Function(
        name="session",
        category="clock",
        summary="",
        parameters=(
            Parameter("name", enumeration("session"), low=0, high=3, about="asia, london, overlap or new_york"),
        ),
        reads=(Calendar("seconds", "UTC"),),
        outputs=(Output("session", CONDITION, Scale.NONE),),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
