"""How much speaks for a direction, from 0 to 100: trend, momentum, levels, volume and volatility together.

Definition: the mean of five parts from 0 to 1, weighted, times 100. For `bull`: trend: half for `close > ema(50)`, half
for `sma(20) > ema(50)`; momentum: 0 at `rsi(14)` 30, 1 at 70; levels: 1 while the close is at most 1 ATR above
`support`, falling to 0 at 3 ATR, and 0 below it; volume: 0 at a `volume_ratio` of 0.5, 1 at 1.5; volatility: 1 for an
`atr_ratio` of 0.8 to 1.5, falling to 0 at 0.4 and 2.5. For `bear` trend, momentum and levels (`resistance`) mirrored. A
weight of 0 leaves a part out, and then it need not be known.
Source: the weights are those of the system that this project replaces (30, 25, 25, 10, 10), which does not say what the
parts are; written down here.
Without data: UNKNOWN while a part with a weight is: without volumes write `volume=0`.
Example: `WHEN confluence(bull) > 70 AND choch(bull) WITHIN 6 bars THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Field, Function, Gap, Named, Output, Parameter, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Adds the parts that have a weight; what is UNKNOWN makes the sum so."""
    side = p[0]
    total = 0.0
    weights = 0.0
    if p[1] > 0.0:
        part = 0.0
        if side * (x[0] - x[2]) > 0.0:
            part += 0.5
        if side * (x[3] - x[2]) > 0.0:
            part += 0.5
        if x[0] != x[0] or x[2] != x[2] or x[3] != x[3]:
            part = math.nan
        total += p[1] * part
        weights += p[1]
    if p[2] > 0.0:
        part = 0.5 + side * (x[4] - 50.0) / 40.0
        if part < 0.0:
            part = 0.0
        elif part > 1.0:
            part = 1.0
        total += p[2] * part
        weights += p[2]
    if p[3] > 0.0:
        level = x[5]
        if side < 0.0:
            level = x[6]
        gap = side * (x[0] - level)
        part = math.nan
        if gap < 0.0 or gap >= 3.0 * x[1]:
            part = 0.0
        elif gap <= x[1]:
            part = 1.0
        elif x[1] > 0.0:
            part = (3.0 - gap / x[1]) / 2.0
        if level != level or x[0] != x[0] or x[1] != x[1]:
            part = math.nan
        total += p[3] * part
        weights += p[3]
    if p[4] > 0.0:
        part = x[7] - 0.5
        if part < 0.0:
            part = 0.0
        elif part > 1.0:
            part = 1.0
        total += p[4] * part
        weights += p[4]
    if p[5] > 0.0:
        part = 1.0
        if x[8] < 0.8:
            part = (x[8] - 0.4) / 0.4
        elif x[8] > 1.5:
            part = 2.5 - x[8]
        if part < 0.0:
            part = 0.0
        if x[8] != x[8]:
            part = math.nan
        total += p[5] * part
        weights += p[5]
    out[0] = math.nan
    if weights > 0.0:
        out[0] = 100.0 * total / weights


def _between(value: float, low: float, high: float) -> float:
    """0 at `low`, 1 at `high`, straight between them and level outside."""
    share = (value - low) / (high - low)
    return share if math.isnan(share) else min(1.0, max(0.0, share))


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Each part by itself, then their mean."""
    bull = parameters["direction"] > 0
    values: list[float] = []
    for t in range(len(series["close"])):
        close, atr, ema, sma, rsi, ratio, volume = (
            series[name][t] for name in ("close", "atr", "ema", "sma", "rsi", "atr_ratio", "volume_ratio")
        )
        level = series["support" if bull else "resistance"][t]
        away = close - level if bull else level - close
        agrees = [close > ema if bull else close < ema, sma > ema if bull else sma < ema]
        parts = {
            "trend": math.nan if math.isnan(close + ema + sma) else sum(agrees) / 2,
            "momentum": _between(rsi, 30, 70) if bull else _between(rsi, 70, 30),
            "levels": math.nan if math.isnan(away + atr) else 0.0 if away < 0 or away >= 3 * atr else 1.0,
            "volume": _between(volume, 0.5, 1.5),
            "volatility": min(_between(ratio, 0.4, 0.8), _between(ratio, 2.5, 1.5)),
        }
        if parts["levels"] == 1.0 and away > atr:
            parts["levels"] = _between(away / atr, 3, 1)
        used = [(parameters[name], part) for name, part in parts.items() if parameters[name] > 0]
        weight = math.fsum(w for w, _ in used)
        values.append(100 * sum(w * part for w, part in used) / weight if used else math.nan)
    return {"confluence": values}


def _weight(name: str, default: str) -> Parameter:
    return Parameter(name, NUMBER, default=default, low=0, high=100, about=f"the weight of {name}; 0 leaves it out")


FUNCTION = documented(
    Function(
        name="confluence",
        category="confluence",
        summary="",
        parameters=(
            direction(),
            _weight("trend", "30"),
            _weight("momentum", "25"),
            _weight("levels", "25"),
            _weight("volume", "10"),
            _weight("volatility", "10"),
        ),
        reads=(
            Field("close"),
            Named("atr", (14,)),
            Named("ema", (50,)),
            Named("sma", (20,)),
            Named("rsi", (14,)),
            Named("support", (3,)),
            Named("resistance", (3,)),
            Named("volume_ratio", (5, 15)),
            Named("atr_ratio", (50,)),
        ),
        outputs=(Output("confluence", NUMBER, Scale.NONE),),
        awaits="a swing",
        gap=Gap.OWN,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
