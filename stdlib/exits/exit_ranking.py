"""The most urgent of twelve strengths: structure, momentum and volume on H1, M15, M5 and M1.

Definition: a structure break of twice its threshold is critical, from its threshold on high; lost momentum and volume
are medium from theirs on; each is low from half of it. The highest rank wins, then the greatest strength, then
structure before momentum before volume, then the slower timeframe. Each kind has one voice a timeframe, so nothing
counts twice. `exit_signal` and `market_exit` fill in the strengths: a plan uses those.
Source: the ranking of the system that this project replaces, which names critical and low without saying what they are.
Without data: an UNKNOWN strength has no voice; UNKNOWN if all twelve are.
Example: `WHEN exit_ranking(H1.momentum_loss(with), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) >= medium THEN CLOSE`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Gap, Output, Parameter, Scale
from tradeplan.dsl.kinds import NUMBER, enumeration
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import threshold

_KINDS = ("structure", "momentum", "volume")
_MINUTES = {"h1": 60, "m15": 15, "m5": 5, "m1": 1}


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """One pass; only what is greater takes the place of what was there."""
    rank = 0.0
    strength = 0.0
    voice = -1
    known = 0
    for i in range(12):
        s = x[i]
        if s != s:
            continue
        known += 1
        least = p[i // 4]
        r = 0.0
        if s >= least:
            r = 2.0
            if i < 4:
                r = 3.0
                if s >= 2.0 * least:
                    r = 4.0
        elif s >= 0.5 * least:
            r = 1.0
        if r > rank or (r > 0.0 and r == rank and s > strength):
            rank = r
            strength = s
            voice = i
    out[0] = math.nan
    out[1] = math.nan
    out[2] = math.nan
    out[3] = math.nan
    if known > 0:
        out[0] = rank
        out[1] = strength
        out[2] = 0.0
        out[3] = 0.0
    if voice >= 0:
        out[2] = voice // 4 + 1.0
        out[3] = 60.0
        if voice % 4 == 1:
            out[3] = 15.0
        elif voice % 4 == 2:
            out[3] = 5.0
        elif voice % 4 == 3:
            out[3] = 1.0


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Ranks all voices, sorts them and takes the first."""
    names = [(kind, timeframe) for kind in _KINDS for timeframe in _MINUTES]
    least = {
        "structure": parameters["structure_break"],
        "momentum": parameters["momentum_loss"],
        "volume": parameters["volume_decline"],
    }
    columns: dict[str, list[float]] = {"rank": [], "strength": [], "kind": [], "timeframe": []}
    for row in zip(*(series[f"{kind}_{timeframe}"] for kind, timeframe in names), strict=True):
        voices = []
        for place, (value, (kind, timeframe)) in enumerate(zip(row, names, strict=True)):
            if math.isnan(value) or value < least[kind] / 2:
                continue
            if value < least[kind]:
                rank = 1
            elif kind != "structure":
                rank = 2
            else:
                rank = 4 if value >= 2 * least[kind] else 3
            voices.append((-rank, -value, place, _KINDS.index(kind) + 1, _MINUTES[timeframe]))
        unknown = all(math.isnan(value) for value in row)
        first = min(voices, default=(math.nan,) * 5 if unknown else (0, 0, 0, 0, 0))
        for name, value in zip(columns, (-first[0], -first[1], first[3], first[4]), strict=True):
            columns[name].append(float(value))
    return columns


FUNCTION = documented(
    Function(
        name="exit_ranking",
        category="exits",
        summary="",
        parameters=(
            *(
                Parameter(
                    f"{kind}_{timeframe}", NUMBER, series=True, about=f"strength of {kind} on {timeframe.upper()}"
                )
                for kind in _KINDS
                for timeframe in _MINUTES
            ),
            threshold("exits.structure_break", "ATRs from which a break counts"),
            threshold("exits.momentum_loss", "lost momentum from which it counts"),
            threshold("exits.volume_decline", "lost volume from which it counts"),
        ),
        outputs=(
            Output("rank", enumeration("rank"), Scale.NONE, "how urgent the most urgent is"),
            Output("strength", NUMBER, Scale.NONE, "its strength"),
            Output("kind", enumeration("exit kind"), Scale.NONE, "which exit it is"),
            Output("timeframe", enumeration("exit timeframe"), Scale.NONE, "where it was seen"),
        ),
        gap=Gap.OWN,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
