"""The range of the newest session so far, as a zone.

Definition: lowest low and highest high of the bars that open within the session's newest instance (hours as in
`session`), closed bars only; between sessions it stays as it was. Read it on bars no longer than an hour or two: a
bar counts where it opens.
Source: the session table of the system that this project replaces.
Without data: UNKNOWN until a session whose beginning has been seen; a session under way on the first bar does not
count.
Example: `WHEN close > session_range(asia).high AND session(london) THEN BUY RISK 0.5% STOP session_range(asia).mid`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Calendar, Field, Function, Output, Parameter, Scale
from tradeplan.dsl.kinds import ZONE, enumeration
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Starts anew when the session is met on another day."""
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
    inside = begin <= x[2] < end
    today = int(x[3])
    if inside and (k[0] == 0 or k[1] != today):
        # the first instance counts only if a bar before it was seen
        k[2] = k[0]
        f[0] = x[1]
        f[1] = x[0]
        k[1] = today
        k[0] = 1
    elif inside:
        if x[1] < f[0]:
            f[0] = x[1]
        if x[0] > f[1]:
            f[1] = x[0]
    elif k[0] == 0:
        # INVARIANT: no day has this number, so the first session on any day is new
        k[0] = 1
        k[1] = -1000000
    out[0] = math.nan
    out[1] = math.nan
    out[2] = math.nan
    if k[2] == 1:
        out[0] = f[0]
        out[1] = f[1]
        out[2] = 1.0


HOURS = {0: (0, 8), 1: (8, 13), 2: (13, 16), 3: (16, 21)}
"""First hour of each session, and the hour at which it is over; read by the oracle only."""


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Collects the bars of the newest instance afresh for every bar."""
    first, over = HOURS[int(parameters["name"])]
    hours = [second // 3600 for second in series["seconds"]]
    days = [day if first <= hour < over else None for day, hour in zip(series["day"], hours, strict=True)]
    low, high, exists = [], [], []
    for t in range(len(days)):
        newest = next((day for day in reversed(days[: t + 1]) if day is not None), None)
        bars = [i for i in range(t + 1) if days[i] == newest] if newest is not None and newest != days[0] else []
        low.append(min((series["low"][i] for i in bars), default=math.nan))
        high.append(max((series["high"][i] for i in bars), default=math.nan))
        exists.append(1.0 if bars else math.nan)
    return {"low": low, "high": high, "exists": exists}


FUNCTION = documented(
    Function(
        name="session_range",
        category="clock",
        summary="",
        parameters=(
            Parameter("name", enumeration("session"), low=0, high=3, about="asia, london, overlap or new_york"),
        ),
        reads=(Field("high"), Field("low"), Calendar("seconds", "UTC", at_close=False), Calendar("day", "UTC", False)),
        outputs=(
            Output("low", ZONE, Scale.PRICE, "the lowest low so far"),
            Output("high", ZONE, Scale.PRICE, "the highest high so far"),
            Output("exists", ZONE, Scale.NONE, "TRUE from the first session on"),
        ),
        lookback=lambda p: 2,
        waits=86_400_000,
        floats=2,  # low, high
        integers=3,  # 1 after the first bar, day of the newest instance, 1 once one counts
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
