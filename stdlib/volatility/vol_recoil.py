"""Whether volatility comes back after a fall: the range shrank and has begun to grow again.

Definition: among the last `period` values of `atr(14)`, the current one included, the trough is the lowest (of equals
the latest) and the peak the highest before it. TRUE if the trough is at least `fall` percent below the peak and the
current one at least `rise` percent above the trough. `target` is where price goes if it returns to its mean: `reach`
ATRs from the close towards `sma(20)`, and not beyond it.
Source: the system that this project replaces (30 %, 15 %, target of 0.5 ATR; 5 to 10 bars of a plain mean range).
Wilder's ATR moves half as fast, so 20 bars of it see as many recoils; which peak and trough, and which way the target
lies, is written down here.
Without data: UNKNOWN until `period` bars have a known ATR and `sma(20)`.
Example: `WHEN vol_recoil AND close < sma(20) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Named, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER, PERCENT, PRICE
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Goes back from the newest: at every new trough the search for its peak starts again."""
    n = int(p[2])
    j = k[0]
    now = x[1]
    ring[j] = now
    newest = j
    j += 1
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j
    out[0] = math.nan
    out[1] = math.nan
    if k[1] == 0:
        return
    trough = now
    peak = 0.0
    i = newest
    for _ in range(n - 1):
        i -= 1
        if i < 0:
            i = n - 1
        if ring[i] < trough:
            trough = ring[i]
            peak = 0.0
        elif ring[i] > peak:
            peak = ring[i]
    out[0] = 0.0
    if now > trough and now >= (1.0 + p[1] / 100.0) * trough and trough <= (1.0 - p[0] / 100.0) * peak:
        out[0] = 1.0
    way = x[2] - x[0]
    reach = p[3] * now
    if way > reach:
        out[1] = x[0] + reach
    elif way < -reach:
        out[1] = x[0] - reach
    else:
        out[1] = x[2]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Looks for the trough and for the peak before it in every window."""
    atrs, n = series["atr"], int(parameters["period"])
    fell, rose = 1 - parameters["fall"] / 100, 1 + parameters["rise"] / 100
    recoils, targets = [], []
    for t, (close, atr, usual) in enumerate(zip(series["close"], atrs, series["sma"], strict=True)):
        if t < n - 1:
            recoils.append(math.nan)
            targets.append(math.nan)
            continue
        window = list(atrs[t - n + 1 : t + 1])
        trough = min(window)
        place = max(i for i, value in enumerate(window) if value == trough)
        peak = max(window[:place], default=0.0)
        recoils.append(float(atr > trough and trough <= fell * peak and atr >= rose * trough))
        reach = parameters["reach"] * atr
        targets.append(usual if abs(usual - close) <= reach else close + math.copysign(reach, usual - close))
    return {"vol_recoil": recoils, "target": targets}


FUNCTION = documented(
    Function(
        name="vol_recoil",
        category="volatility",
        summary="",
        parameters=(
            Parameter("fall", PERCENT, default="30%", low=0.1, high=99, about="from the peak to the trough"),
            Parameter("rise", PERCENT, default="15%", low=0.1, high=1000, about="from the trough to now"),
            period(20, low=3, high=100, about="how many bars the whole takes"),
            Parameter("reach", NUMBER, default="0.5", low=0, high=100, about="ATRs from the close to the target"),
        ),
        reads=(Field("close"), Named("atr", (14,)), Named("sma", (20,))),
        outputs=(
            Output("vol_recoil", CONDITION, Scale.NONE),
            Output("target", PRICE, Scale.PRICE, "towards the mean"),
        ),
        lookback=lambda p: int(p[2]),
        integers=2,  # place in the ring, 1 once it is full
        ring=lambda p: int(p[2]),
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
