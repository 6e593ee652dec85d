"""Whether the flow of volume has turned round: volume delta ran one way and now runs the other, clearly.

Definition: `strength` is the slope of the running sum of deltas over the last `bars` bars (as `cvd.slope`), divided by
the slope that this sum would have had if every delta had been positive: -1 where all was sold, 1 where all was bought,
0 where nothing was traded. For `bull` the flow has flipped where the slope over the `bars` bars before those was below
0, the slope now is above 0 and `strength` is at least `least`; for `bear` the opposite, with `-least`. `by=tick_rule`
is the proxy of `delta`.
Source: the system that this project replaces names it (change of sign, a strength of 0.3) and never computes it; how
the strength is normalised is written down here.
Without data: UNKNOWN without trades that tell the aggressor (or ticks, with `by=tick_rule`), on bars that they do not
cover, and until twice `bars` bars without a gap were seen.
Example: `WHEN post_news_reclaim AND cvd_flip(bull) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Feature, Function, Gap, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, flow, period


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Both slopes are taken anew over the ring, up to a factor that they share: it is short, and nothing drifts."""
    n = int(p[1])
    size = 2 * n
    ring[k[0]] = x[0]
    k[0] = (k[0] + 1) % size
    k[1] = min(k[1] + 1, size)
    before = 0.0
    now = 0.0
    most = 0.0
    first = 0.0
    second = 0.0
    sizes = 0.0
    for i in range(n):
        if i > 0:
            first += ring[(k[0] + i) % size]
            second += ring[(k[0] + n + i) % size]
            sizes += abs(ring[(k[0] + n + i) % size])
        centred = i - (n - 1) / 2
        before += centred * first
        now += centred * second
        most += centred * sizes
    if k[1] < size:
        out[0] = math.nan
        out[1] = math.nan
    else:
        out[0] = 0.0
        out[1] = 0.0
        if most > 0.0:
            out[1] = now / most
        if p[0] * before < 0.0 and p[0] * now > 0.0 and p[0] * out[1] >= p[2]:
            out[0] = 1.0


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """A least squares slope of a running sum is a mean of its increments, weighted j * (n - j): no sum is needed."""
    xs, way, n = series["signed_volume"], parameters["direction"], int(parameters["bars"])
    weights = [float(j * (n - j)) for j in range(1, n)]
    flipped, strengths = [], []
    for i in range(len(xs)):
        if i + 1 < 2 * n:
            flipped.append(math.nan)
            strengths.append(math.nan)
            continue
        last, earlier = xs[i - n + 2 : i + 1], xs[i - 2 * n + 2 : i - n + 1]
        most = math.fsum(w * abs(v) for w, v in zip(weights, last, strict=True))
        now = math.fsum(w * v for w, v in zip(weights, last, strict=True))
        before = math.fsum(w * v for w, v in zip(weights, earlier, strict=True))
        strength = now / most if most else 0.0
        turned = way * before < 0 < way * now
        flipped.append(float(turned and way * strength >= parameters["least"]))
        strengths.append(strength)
    return {"cvd_flip": flipped, "strength": strengths}


FUNCTION = documented(
    Function(
        name="cvd_flip",
        category="order_flow",
        summary="",
        parameters=(
            direction(),
            period(10, name="bars", low=2, high=250, about="how many bars each slope is fitted to"),
            Parameter("least", NUMBER, default="0.3", low=0, high=1, about="how clear the new direction is"),
            flow(),
        ),
        reads=(Feature("signed_volume", "{by}"),),
        outputs=(
            Output("cvd_flip", CONDITION, Scale.NONE),
            Output("strength", NUMBER, Scale.NONE, "from -1 to 1, whether it flipped or not"),
        ),
        lookback=lambda p: 2 * int(p[1]),
        integers=2,  # place in the ring, bars seen
        ring=lambda p: 2 * int(p[1]),
        gap=Gap.RESET,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
