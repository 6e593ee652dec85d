"""Whether price has come back, after the news, to where it was before them.

Definition: TRUE when the newest window around news is over (as in `news.blackout`), not longer than `expires` ago since
it began, price was away from `news.pre_level` at some close since it began, and the close is back: at most `percent` of
the level or `multiple * atr(14)` away, whichever is more. A market that never left has reclaimed nothing. For the flip
of order flow that some ask besides, write `AND cvd_flip(bull)`.
Source: the system that this project replaces (0.1 % or 0.5 ATR); that price must have left is written down here.
Without data: FALSE without a calendar or where it does not cover (fail closed); UNKNOWN while the ATR is, and up to
`expires` after a window that began before the history.
Example: `WHEN post_news_reclaim(event=cpi) AND close > sma(50) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Feature, Field, Function, Gap, Named, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, NUMBER, PERCENT
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import NEWS, expires, news


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """The level as in `news.pre_level`; then whether price has left it since, and whether it is back."""
    out[0] = 0.0
    if math.isnan(x[0]) or math.isnan(x[1]):
        out[0] = math.nan
        if math.isnan(x[4]):
            out[0] = 0.0
    elif not math.isnan(x[4]):
        number = int(x[2])
        if x[3] == 0.0:
            f[1] = x[0]
            k[2] = 1
            k[3] = 0
        elif k[0] == 1 and number != k[1]:
            f[1] = f[0]
            k[2] = 1
            k[3] = 0
        k[0] = 1
        k[1] = number
        f[0] = x[0]
        if x[3] <= p[7] and k[2] == 0:
            out[0] = math.nan
            if x[4] >= 0.0:
                out[0] = 0.0
        elif k[2] == 1:
            reach = max(f[1] * p[5] / 100.0, p[6] * x[1])
            if abs(x[0] - f[1]) > reach:
                k[3] = 1
            elif k[3] == 1 and x[4] < 0.0 and x[3] <= p[7]:
                out[0] = 1.0


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Works the level and the way since then out afresh for every bar."""
    close, atr, left = series["close"], series["atr"], series["news_left"]
    number, began = series["news_number"], series["news_began"]
    seen = [not any(math.isnan(v) for v in (close[i], atr[i], left[i])) for i in range(len(close))]
    found = []
    for t in range(len(close)):
        past = [i for i in range(t + 1) if seen[i]]
        if not seen[t]:
            found.append(0.0 if math.isnan(left[t]) else math.nan)
            continue
        over, fresh = left[t] < 0, began[t] <= parameters["expires"]
        before = [i for i in past if number[i] < number[t]]
        edge = [i for i in past if number[i] == number[t] and began[i] == 0]
        if not fresh or not over:
            found.append(0.0)
        elif not before and not edge:
            found.append(math.nan)
        else:
            first = edge[0] if edge else before[-1]
            level = close[first]
            reach = {i: max(level * parameters["percent"] / 100, parameters["multiple"] * atr[i]) for i in past}
            away = [abs(close[i] - level) > reach[i] for i in past if i > first]
            found.append(1.0 if away and any(away) and not away[-1] else 0.0)
    return {"post_news_reclaim": found}


FUNCTION = documented(
    Function(
        name="post_news_reclaim",
        category="news",
        summary="",
        parameters=(
            *news(),
            Parameter("percent", PERCENT, default="0.1%", low=0.001, high=10, about="how near, of the level"),
            Parameter("multiple", NUMBER, default="0.5", low=0.001, high=100, about="or how near in ATRs"),
            expires(),
        ),
        reads=(
            Field("close"),
            Named("atr", (14,)),
            Feature("news_number", "calendar", NEWS),
            Feature("news_began", "calendar", NEWS),
            Feature("news_left", "calendar", NEWS),
        ),
        outputs=(Output("post_news_reclaim", CONDITION, Scale.NONE),),
        floats=2,  # the close before, the level
        integers=4,  # 1 after the first bar, the number of windows then, 1 once there is a level, 1 once price left it
        gap=Gap.OWN,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
