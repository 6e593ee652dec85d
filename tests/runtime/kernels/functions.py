"""Four small functions that exercise every part of a column: the three gap policies, rings, several outputs."""

from __future__ import annotations

import math
from typing import Any

from tradeplan.dsl.catalog import Catalog, Function, Gap, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER


def average_step(f: Any, k: Any, ring: Any, p: Any, x: Any, out: Any) -> None:
    """An exponential average that starts at its first input."""
    if k[0] == 0:
        f[0] = x[0]
        k[0] = 1
    else:
        f[0] += p[0] * (x[0] - f[0])
    out[0] = f[0]


def window_step(f: Any, k: Any, ring: Any, p: Any, x: Any, out: Any) -> None:
    """The sum of the last n inputs, and whether it is positive; nothing before there are n."""
    n = int(p[0])
    ring[k[0] % n] = x[0] + x[1]
    k[0] += 1
    if k[0] < n:
        return
    total = 0.0
    for j in range(n):
        total += ring[(k[0] + j) % n]
    out[0] = total
    out[1] = 1.0 if total > 0.0 else 0.0


def tally_step(f: Any, k: Any, ring: Any, p: Any, x: Any, out: Any) -> None:
    """How often a condition was TRUE and how often UNKNOWN; UNKNOWN itself on each third bar."""
    if x[0] == 1.0:
        k[0] += 1
    if math.isnan(x[0]):
        k[1] += 1
    k[2] += 1
    out[0] = math.nan if k[2] % 3 == 0 else float(k[0])
    out[1] = float(k[1])


def many_step(f: Any, k: Any, ring: Any, p: Any, x: Any, out: Any) -> None:
    """Twenty running sums in state too large for the stack, the newest one shown."""
    for j in range(20):
        f[j] += x[0] * (j + 1)
        k[j] += j
    out[0] = f[19] + k[19]


def _function(name: str, step: Any, gap: Gap, outputs: tuple[Output, ...], **sizes: Any) -> Function:
    number = (Parameter("n", NUMBER),)
    return Function(name, "test", "", number, outputs=outputs, step=step, gap=gap, **sizes)


_VALUE = Output("value", NUMBER, Scale.NONE)

CATALOG = Catalog(
    [
        _function("average", average_step, Gap.HOLD, (_VALUE,), floats=1, integers=1),
        _function(
            "window",
            window_step,
            Gap.RESET,
            (_VALUE, Output("positive", CONDITION, Scale.NONE)),
            integers=1,
            ring=lambda p: int(p[0]),
        ),
        _function("tally", tally_step, Gap.OWN, (_VALUE, Output("unknown", NUMBER, Scale.NONE)), integers=3),
        _function("many", many_step, Gap.HOLD, (_VALUE,), floats=20, integers=20),
    ]
)
