"""A break of structure: a close beyond the last swing, in the direction in which the swings already went.

Definition: `swing_break(direction, k, margin).continues`: for `bull` the first close more than `margin` ATRs above the
last swing high, after a low that is not below the low before that high. TRUE on that bar alone. `level` is the swing
that was broken, `origin` the low from which the move came; both stay until the next one.
Source: smartmoneyconcepts 0.0.27 (bos); the 0.2 ATR are those of the system that this project replaces.
Without data: UNKNOWN until a low, a high and a low (for `bear` high, low, high) are known; `level` and `origin` until
the first one.
Example: `WHEN M15.bos(bull) WITHIN 4 bars AND close < M15.bos(bull).level THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Gap, Named, Output, Scale
from tradeplan.dsl.kinds import CONDITION, PRICE
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, in_atr, swing_size

_BREAK = ("{direction}", "{k}", "{margin}")


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Keeps level and origin of its own breaks."""
    out[0] = x[0]
    if x[0] == 1.0:
        f[0] = x[1]
        f[1] = x[2]
        k[0] = 1
    out[1] = math.nan
    out[2] = math.nan
    if k[0] == 1 and x[0] == x[0]:
        out[1] = f[0]
        out[2] = f[1]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Looks back from every bar to the last break of this kind."""
    events = series["swing_break.continues"]
    columns: dict[str, list[float]] = {"bos": list(events), "level": [], "origin": []}
    for t, now in enumerate(events):
        last = next((i for i in range(t, -1, -1) if events[i] == 1.0), None)
        for name in ("level", "origin"):
            known = last is not None and not math.isnan(now)
            columns[name].append(series[f"swing_break.{name}"][last] if known and last is not None else math.nan)
    return columns


FUNCTION = documented(
    Function(
        name="bos",
        category="institutional",
        summary="",
        parameters=(direction(), swing_size(), in_atr("margin", "0.2", "how far beyond the swing, in ATRs")),
        reads=(
            Named("swing_break", _BREAK, "continues"),
            Named("swing_break", _BREAK, "level"),
            Named("swing_break", _BREAK, "origin"),
        ),
        outputs=(
            Output("bos", CONDITION, Scale.NONE, "TRUE on the bar of the break"),
            Output("level", PRICE, Scale.PRICE, "the swing that the last one broke"),
            Output("origin", PRICE, Scale.PRICE, "the swing from which that move came"),
        ),
        awaits="a low, a high and a low, then a break",
        floats=2,  # level, origin
        integers=1,  # 1 after the first
        gap=Gap.OWN,
        event=True,
        opposed="one close is not beyond a swing high and below a swing low at once",
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
