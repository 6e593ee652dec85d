"""Moving average convergence and divergence: a fast average minus a slow one, and its own average.

Definition: `macd = ema(fast) - ema(slow)`, `signal = ema(signal)` of it, `histogram = macd - signal`. Both averages
start on the bar on which the slow one can, the fast one seeded with the last `fast` values before it; if `fast` is
larger than `slow` the two are exchanged. All three outputs start together.
Source: Gerald Appel, 1979; seeds and alignment of TA-Lib MACD.
Without data: UNKNOWN until `slow` + `signal` - 1 values are known; an unknown value is skipped.
Example: `WHEN macd(12, 26, 9).histogram CROSSES ABOVE 0 pips THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, SameAs, Scale
from tradeplan.stdlib.columns import mean, smoothed
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period, source


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Sums of differences from the first value until the seeds, then three recursions."""
    fast = int(p[0])
    slow = int(p[1])
    if fast > slow:
        fast = int(p[1])
        slow = int(p[0])
    signal = int(p[2])
    c = k[0]
    v = x[0]
    if c < slow:
        if c == 0:
            f[3] = v
        d = v - f[3]
        f[1] += d
        if c >= slow - fast:
            f[0] += d
        c += 1
        k[0] = c
        if c == slow:
            f[0] = f[3] + f[0] / fast
            f[1] = f[3] + f[1] / slow
            f[3] = 2.0 / (fast + 1.0)
            f[4] = 2.0 / (slow + 1.0)
            f[5] = 2.0 / (signal + 1.0)
    else:
        f[0] += f[3] * (v - f[0])
        f[1] += f[4] * (v - f[1])
    out[0] = math.nan
    out[1] = math.nan
    out[2] = math.nan
    if c == slow:
        d = f[0] - f[1]
        if k[1] == signal:
            f[2] += f[5] * (d - f[2])
        else:
            f[2] += d
            k[1] += 1
            if k[1] < signal:
                return
            f[2] /= signal
        out[0] = d
        out[1] = f[2]
        out[2] = d - f[2]


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Three smoothed columns, cut and joined."""
    xs = series["source"]
    fast, slow = sorted((int(parameters["fast"]), int(parameters["slow"])))
    n = int(parameters["signal"])
    unknown = [math.nan] * min(len(xs), slow + n - 2)
    if len(xs) < slow + n - 1:
        return {"macd": unknown, "signal": unknown, "histogram": unknown}
    quick = smoothed([mean(xs[slow - fast : slow]), *xs[slow:]], 1, 2.0 / (fast + 1.0))
    steady = smoothed([mean(xs[:slow]), *xs[slow:]], 1, 2.0 / (slow + 1.0))
    line = [a - b for a, b in zip(quick, steady, strict=True)]
    average = smoothed(line, n, 2.0 / (n + 1.0))
    line, average = line[n - 1 :], average[n - 1 :]
    histogram = [a - b for a, b in zip(line, average, strict=True)]
    return {"macd": unknown + line, "signal": unknown + average, "histogram": unknown + histogram}


FUNCTION = documented(
    Function(
        name="macd",
        category="series",
        summary="",
        parameters=(
            period(12, name="fast", about="bars of the fast average"),
            period(26, name="slow", about="bars of the slow average"),
            period(9, name="signal", about="bars of the average of the difference"),
            source(),
        ),
        outputs=(
            Output("macd", SameAs("source", as_distance=True), Scale.PRICE, "fast minus slow"),
            Output("signal", SameAs("source", as_distance=True), Scale.PRICE, "the average of macd"),
            Output("histogram", SameAs("source", as_distance=True), Scale.PRICE, "macd minus signal"),
        ),
        lookback=lambda p: int(max(p[0], p[1]) + p[2]) - 1,
        floats=6,  # fast, slow, signal; first value, then the three weights
        integers=2,  # values seen up to slow, differences seen up to signal
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
