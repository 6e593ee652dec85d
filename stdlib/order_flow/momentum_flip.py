"""Whether price and volume delta both turned around within the last bars.

Definition: of the last 2n bars, n being `window` in whole bars: for `bull` the close fell over the first n bars and
their deltas sum to less than 0, then it rose over the last n and their deltas sum to more than 0; for `bear` the
opposite. `by=tick_rule` is the proxy of `delta`.
Source: the project's own definition (vocabulary, section 2: both reverse inside two to five minutes).
Without data: UNKNOWN without trades that tell the aggressor (or ticks, with `by=tick_rule`), on bars that they do not
cover, and until 2n + 1 bars without a gap were seen.
Example: `WHEN momentum_flip(bull, 3m) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Feature, Field, Function, Gap, Output, Scale
from tradeplan.dsl.kinds import CONDITION
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, flow, span


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The ring holds pairs of delta and close, the oldest of them for its close alone."""
    way = p[0]
    n = int(p[1])
    size = 2 * n + 1
    ring[2 * k[0]] = x[0]
    ring[2 * k[0] + 1] = x[1]
    k[0] = (k[0] + 1) % size
    k[1] = min(k[1] + 1, size)
    if k[1] < size:
        out[0] = math.nan
    else:
        before = 0.0
        after = 0.0
        for i in range(1, n + 1):
            before += ring[2 * ((k[0] + i) % size)]
            after += ring[2 * ((k[0] + n + i) % size)]
        first = ring[2 * k[0] + 1]
        middle = ring[2 * ((k[0] + n) % size) + 1]
        turned = way * (middle - first) < 0.0 and way * (x[1] - middle) > 0.0
        if turned and way * before < 0.0 and way * after > 0.0:
            out[0] = 1.0
        else:
            out[0] = 0.0


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Both halves by themselves."""
    deltas, closes = series["signed_volume"], series["close"]
    way, n, found = parameters["direction"], int(parameters["window"]), []
    for i in range(len(closes)):
        if i < 2 * n:
            found.append(math.nan)
            continue
        old = closes[i - n] - closes[i - 2 * n], math.fsum(deltas[i - 2 * n + 1 : i - n + 1])
        new = closes[i] - closes[i - n], math.fsum(deltas[i - n + 1 : i + 1])
        found.append(float(all(way * v < 0 for v in old) and all(way * v > 0 for v in new)))
    return {"momentum_flip": found}


FUNCTION = documented(
    Function(
        name="momentum_flip",
        category="order_flow",
        summary="",
        parameters=(direction(), span("window", "3m", high=250, about="how many bars each half has"), flow()),
        reads=(Feature("signed_volume", "{by}"), Field("close")),
        outputs=(Output("momentum_flip", CONDITION, Scale.NONE),),
        lookback=lambda p: 2 * int(p[1]) + 1,
        integers=2,  # place in the ring, bars seen
        ring=lambda p: 4 * int(p[1]) + 2,
        gap=Gap.RESET,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
