"""Wilder's moving average of `period` bars.

Definition: `r = r + (x - r) / period`, seeded with the mean of the first `period` values.
Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; the smoothing of rsi and atr.
Without data: UNKNOWN until `period` values are known; an unknown value is skipped.
Example: `WHEN close > rma(100) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Output, SameAs, Scale
from tradeplan.stdlib.columns import smoothed
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import period, source
from tradeplan.stdlib.windows import smooth


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Smoothing with a weight of 1 / period."""
    out[0] = smooth(f, k, int(p[0]), x[0], 1.0 / p[0])


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The recursion as it is written in the definition."""
    n = int(parameters["period"])
    return {"rma": smoothed(series["source"], n, 1.0 / n)}


FUNCTION = documented(
    Function(
        name="rma",
        category="series",
        summary="",
        parameters=(period(14), source()),
        outputs=(Output("rma", SameAs("source"), Scale.PRICE),),
        lookback=lambda p: int(p[0]),
        floats=2,  # sum, then the value; first value
        integers=1,  # values seen, up to the period
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
