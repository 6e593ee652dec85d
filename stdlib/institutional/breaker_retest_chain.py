"""Whether price has come back to a breaker block several times, and held it each time.

Definition: a touch is a run of bars with `breaker_block(direction).retest`; the next one is separate if a bar without
it lies between. TRUE while `count` touches of this breaker began within the last `window` bars, this one included. The
count starts again with a new breaker, when a close goes through the breaker, and when a close is more than
`reset * atr(14)` away from it.
Source: the requirements of the system that this project replaces, whose counter stayed at 1.
Without data: UNKNOWN while it is not known whether there is a breaker.
Example: `WHEN breaker_retest_chain(bull) AND breaker_block(bull).retest THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Companion, Field, Function, Gap, Named, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, COUNT
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, in_atr, life, span, swing_size

_BREAKER = ("{direction}", "{k}", "{tolerance}", "{life}")


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """A queue of the bars on which touches began."""
    out[0] = math.nan
    out[1] = math.nan
    if x[0] != x[0] or x[1] != x[1] or x[4] != x[4]:
        return
    size = int(p[2])
    k[0] += 1
    while k[2] > 0 and k[0] - ring[k[1]] >= p[2]:
        k[1] += 1
        if k[1] == size:
            k[1] = 0
        k[2] -= 1
    away = 0
    if x[4] == 1.0 and p[0] > 0.0 and x[0] > x[3] + p[3] * x[1]:
        away = 1
    if x[4] == 1.0 and p[0] < 0.0 and x[0] < x[2] - p[3] * x[1]:
        away = 1
    if x[4] == 0.0 or x[5] == 1.0 or away == 1:
        k[2] = 0
        k[3] = 0
    elif x[6] == 1.0:
        if k[3] == 0:
            place = k[1] + k[2]
            if place >= size:
                place -= size
            ring[place] = k[0]
            k[2] += 1
        k[3] = 1
    else:
        k[3] = 0
    out[1] = k[2]
    out[0] = 0.0
    if k[2] >= p[1]:
        out[0] = 1.0


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Goes back from every bar to where the count began, and counts the touches after it."""
    part = {name: series[f"breaker_block.{name}"] for name in ("low", "high", "exists", "formed", "retest")}
    length, reach = len(part["exists"]), parameters["reset"]
    rows = [t for t in range(length) if not math.isnan(series["close"][t] + series["atr"][t] + part["exists"][t])]

    def restarts(t: int) -> bool:
        if not part["exists"][t] or part["formed"][t] == 1.0:
            return True
        close, atr = series["close"][t], series["atr"][t]
        if parameters["direction"] > 0:
            return close > part["high"][t] + reach * atr
        return close < part["low"][t] - reach * atr

    columns = {name: [math.nan] * length for name in ("breaker_retest_chain", "touches")}
    for i, t in enumerate(rows):
        begin = max((j for j in range(i + 1) if restarts(rows[j])), default=-1)
        begins = [
            j
            for j in range(begin + 1, i + 1)
            if part["retest"][rows[j]] == 1.0 and (j == begin + 1 or part["retest"][rows[j - 1]] != 1.0)
        ]
        touches = sum(i - j < parameters["window"] for j in begins)
        columns["touches"][t] = float(touches)
        columns["breaker_retest_chain"][t] = float(touches >= parameters["count"])
    return columns


FUNCTION = documented(
    Function(
        name="breaker_retest_chain",
        category="institutional",
        summary="",
        parameters=(
            direction(),
            Parameter("count", COUNT, default="2", low=2, high=50, about="how many touches"),
            span("window", "1h", high=500, about="within how many bars"),
            in_atr("reset", "2", "how far away the count starts again, in ATRs"),
            swing_size(),
            in_atr("tolerance", "0.5", "how near a touch comes, in ATRs"),
            life("how long a block is remembered, before it is broken and after"),
        ),
        reads=(
            Field("close"),
            Named("atr", (14,)),
            Named("breaker_block", _BREAKER, "low"),
            Named("breaker_block", _BREAKER, "high"),
            Named("breaker_block", _BREAKER, "exists"),
            Named("breaker_block", _BREAKER, "formed"),
            Named("breaker_block", _BREAKER, "retest"),
        ),
        outputs=(
            Output("breaker_retest_chain", CONDITION, Scale.NONE, "whether there were enough touches"),
            Output("touches", COUNT, Scale.NONE, "how many there were"),
        ),
        awaits="an order block that is closed through",
        integers=4,  # bars seen; first place of the queue, how many; 1 while a touch lasts
        ring=lambda p: int(p[2]),  # the bars on which touches began
        gap=Gap.OWN,
        companions=(Companion(("breaker_block",), "counts the touches of a breaker block, not where price is now"),),
        opposed="price holds one breaker from above or another from below",
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
