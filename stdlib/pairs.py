"""Two swings of price and an oscillator that does not go along: step and oracle of the divergences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog.function import Oracle
from tradeplan.stdlib.windows import swung


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Mirrored for bear, so that both look at lows; a swing is found as in `swing_low`, with the oscillator beside it.

    Of the last two swings: price and oscillator of the newer in `f[0]`, `f[1]`, whether they diverge in `k[5]`, and
    the bar of the older in `k[4]`.
    """
    half = int(p[1])
    within = int(p[2])
    n = 2 * half + 1
    j = k[0]
    if p[0] > 0.0:
        ring[j] = x[1]
        ring[n + j] = x[2]
    else:
        ring[j] = -x[0]
        ring[n + j] = -x[2]
    found = swung(k, ring, half, -1.0)
    k[2] += 1
    now = k[2]
    if found >= 0:
        k[5] = 0
        if k[3] > 0 and ring[found] < f[0] and ring[n + found] > f[1]:
            k[5] = 1
        k[4] = k[3]
        k[3] = now - half
        f[0] = ring[found]
        f[1] = ring[n + found]
    out[0] = math.nan
    out[1] = math.nan
    if now >= within + half:
        out[0] = 0.0
        out[1] = 0.0
        if k[5] == 1 and now - k[4] < within:
            out[0] = 1.0
            if found >= 0:
                out[1] = 1.0


def paired(name: str, oscillator: str) -> Oracle:
    """The oracle: looks for the swings of every window afresh."""

    def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
        half, within = int(parameters["k"]), int(parameters["lookback"])
        bull = parameters["direction"] > 0
        prices = series["low"] if bull else series["high"]
        readings = series[oscillator]
        sign = 1 if bull else -1
        swings = [
            t
            for t in range(half, len(prices) - half)
            if all(sign * (prices[i] - prices[t]) > 0 for i in range(t - half, t + half + 1) if i != t)
        ]
        holds, confirmed = [], []
        for t in range(len(prices)):
            if t + 1 < within + half:
                holds.append(math.nan)
                confirmed.append(math.nan)
                continue
            last = [s for s in swings if t - within < s <= t - half][-2:]
            diverges = len(last) == 2 and (
                sign * (prices[last[1]] - prices[last[0]]) < 0 < sign * (readings[last[1]] - readings[last[0]])
            )
            holds.append(float(diverges))
            confirmed.append(float(diverges and last[-1] == t - half))
        return {name: holds, "confirmed": confirmed}

    return oracle
