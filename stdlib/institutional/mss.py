"""A market structure shift: structure was broken, and price has come back to the broken level and held.

Definition: after `swing_break(direction, k, margin)`, be it `bos` or `choch`, the first bar that comes back to the
level (for `bull` its low is not above it), while no close since the break was more than `tolerance * atr(14)` beyond
it on the wrong side. TRUE on that bar alone, `life` bars after the break at the latest. A new break starts the wait
again. `level` is the level of the last shift.
Source: the requirements of the system that this project replaces (a break, then a pullback to its level, 0.5 ATR).
Without data: UNKNOWN until structure is known, and then until the first break or `life` bars.
Example: `WHEN mss(bull) AND close > open THEN BUY RISK 0.5% STOP mss(bull).level - 1 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Gap, Named, Output, Scale
from tradeplan.dsl.kinds import CONDITION, PRICE
from tradeplan.stdlib.columns import upright
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, in_atr, life, swing_size

_BREAK = ("{direction}", "{k}", "{margin}")


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Waits for the way back; mirrored for bear."""
    out[0] = math.nan
    out[1] = math.nan
    if x[2] != x[2] or x[3] != x[3] or x[4] != x[4]:
        return
    side = p[0]
    w = x[1]
    if side < 0.0:
        w = -x[0]
    c = side * x[2]
    k[2] += 1
    now = 0.0
    if x[4] == 1.0 or x[5] == 1.0:
        f[0] = side * x[6]
        k[0] = 1
        k[1] = 0
        k[3] = 1
    elif k[0] == 1:
        k[1] += 1
        if k[1] >= p[4] or c < f[0] - p[3] * x[3]:
            k[0] = 0
        elif w <= f[0]:
            k[0] = 0
            k[4] = 1
            f[1] = f[0]
            now = 1.0
    if k[3] == 1 or k[2] >= p[4]:
        out[0] = now
    if k[4] == 1:
        out[1] = side * f[1]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """For every break looks for the first bar that comes back, if nothing ends the wait before."""
    part = {name: series[f"swing_break.{name}"] for name in ("continues", "changes", "level")}
    length, life = len(part["level"]), int(parameters["life"])
    rows = [t for t in range(length) if not math.isnan(series["close"][t] + series["atr"][t] + part["continues"][t])]
    bars = upright(series, parameters["direction"])
    breaks = [i for i, t in enumerate(rows) if part["continues"][t] == 1.0 or part["changes"][t] == 1.0]
    shifts: dict[int, float] = {}
    for place, begin in enumerate(breaks):
        until = breaks[place + 1] if place + 1 < len(breaks) else len(rows)
        level = parameters["direction"] * part["level"][rows[begin]]
        for i in range(begin + 1, min(until, begin + life)):
            t = rows[i]
            if bars["close"][t] < level - parameters["tolerance"] * series["atr"][t]:
                break
            if bars["low"][t] <= level:
                shifts[i] = part["level"][rows[begin]]
                break
    columns = {name: [math.nan] * length for name in ("mss", "level")}
    for i, t in enumerate(rows):
        if i + 1 >= life or any(b <= i for b in breaks):
            columns["mss"][t] = float(i in shifts)
        columns["level"][t] = shifts[max(s for s in shifts if s <= i)] if any(s <= i for s in shifts) else math.nan
    return columns


FUNCTION = documented(
    Function(
        name="mss",
        category="institutional",
        summary="",
        parameters=(
            direction(),
            swing_size(),
            in_atr("margin", "0.2", "how far beyond the swing the break goes, in ATRs"),
            in_atr("tolerance", "0.5", "how far a close may fall back through the level, in ATRs"),
            life("how long the way back may take"),
        ),
        reads=(
            Field("high"),
            Field("low"),
            Field("close"),
            Named("atr", (14,)),
            Named("swing_break", _BREAK, "continues"),
            Named("swing_break", _BREAK, "changes"),
            Named("swing_break", _BREAK, "level"),
        ),
        outputs=(
            Output("mss", CONDITION, Scale.NONE, "TRUE on the bar that comes back"),
            Output("level", PRICE, Scale.PRICE, "the level of the last one"),
        ),
        awaits="a break of structure, then a way back",
        floats=2,  # the broken level, the level of the last shift
        integers=5,  # 1 while it waits, bars since the break; bars seen, 1 after a break, 1 after a shift
        gap=Gap.OWN,
        event=True,
        opposed="price holds the level of a broken high or that of a broken low",
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
