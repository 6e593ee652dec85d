"""How alike two markets move: the correlation of their returns, -1 to 1.

Definition: Pearson's coefficient of the simple returns (`x[t] / x[t-1] - 1`) within the last `window` bars. Bars on
which one of the two is unknown are left out first, so a return runs from one common bar to the next.
Source: numpy.corrcoef on an exact time join; the system that this project replaces asks for 50 % overlap.
Without data: UNKNOWN until `window` + 1 bars, where less than half the window is common to both, where one of the two
did not move, and on bars on which one is unknown.
Example: `WHEN corr(dxy.close, 4h) < -0.5 AND dxy.change(1h) < -0.2% THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from tradeplan.dsl.catalog import Function, Gap, Output, Parameter, Scale
from tradeplan.dsl.kinds import NUMBER
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import LONGEST_PERIOD, source, span


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Blocks of `window` bars as in `sma`; six columns in the ring: two sums, two of squares, products, how many.

    INVARIANT: returns are taken from those of the block's first bar (or from 0), which is inside every window of the
    block, so a market that does not move has a variance of exactly 0.
    """
    n = int(p[0])
    m = n + 1
    j = k[0]
    a = 0.0
    b = 0.0
    here = 0.0
    known = x[0] == x[0] and x[1] == x[1]
    if known:
        if k[2] == 1 and f[0] != 0.0 and f[1] != 0.0:
            a = (x[0] - f[0]) / f[0]
            b = (x[1] - f[1]) / f[1]
            here = 1.0
        f[0] = x[0]
        f[1] = x[1]
        k[2] = 1
    if j == 0:
        f[2] = a
        f[3] = b
        f[4] = 0.0
        f[5] = 0.0
        f[6] = 0.0
        f[7] = 0.0
        f[8] = 0.0
        f[9] = 0.0
        sa = 0.0
        sb = 0.0
        saa = 0.0
        sbb = 0.0
        sab = 0.0
        count = 0.0
        i = n - 1
        while i > 0:
            if ring[5 * m + i] == 1.0:
                da = ring[i] - a
                db = ring[m + i] - b
                sa += da
                sb += db
                saa += da * da
                sbb += db * db
                sab += da * db
                count += 1.0
            ring[i] = sa
            ring[m + i] = sb
            ring[2 * m + i] = saa
            ring[3 * m + i] = sbb
            ring[4 * m + i] = sab
            ring[5 * m + i] = count
            i -= 1
    if here == 1.0:
        da = a - f[2]
        db = b - f[3]
        f[4] += da
        f[5] += db
        f[6] += da * da
        f[7] += db * db
        f[8] += da * db
        f[9] += 1.0
    ring[j] = a
    ring[m + j] = b
    ring[5 * m + j] = here
    j += 1
    out[0] = math.nan
    count = f[9] + ring[5 * m + j]
    if known and k[1] == 1 and count >= 2.0 and 2.0 * count >= n:
        sa = f[4] + ring[j]
        sb = f[5] + ring[m + j]
        va = f[6] + ring[2 * m + j] - sa * sa / count
        vb = f[7] + ring[3 * m + j] - sb * sb / count
        if va > 0.0 and vb > 0.0:
            r = (f[8] + ring[4 * m + j] - sa * sb / count) / (math.sqrt(va) * math.sqrt(vb))
            if r > 1.0:
                r = 1.0
            if r < -1.0:
                r = -1.0
            out[0] = r
    if j == n:
        j = 0
        k[1] = 1
    k[0] = j


def _pearson(a: Sequence[float], b: Sequence[float]) -> float:
    if min(a) == max(a) or min(b) == max(b):
        return math.nan
    ma, mb = math.fsum(a) / len(a), math.fsum(b) / len(b)
    da, db = [v - ma for v in a], [v - mb for v in b]
    both = math.fsum(u * v for u, v in zip(da, db, strict=True))
    return both / math.sqrt(math.fsum(v * v for v in da) * math.fsum(v * v for v in db))


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Joins, takes returns, cuts the window and correlates, afresh for every bar."""
    n = int(parameters["window"])
    rows = list(zip(series["other"], series["source"], strict=True))
    common = [t for t, row in enumerate(rows) if not any(math.isnan(value) for value in row)]
    returns: dict[int, tuple[float, float]] = {}
    for before, now in pairwise(common):
        if 0.0 not in rows[before]:
            a, b = ((new - old) / old for new, old in zip(rows[now], rows[before], strict=True))
            returns[now] = (a, b)
    values = [math.nan] * len(rows)
    for t in common:
        pairs = [returns[i] for i in range(t - n + 1, t + 1) if i in returns]
        if t >= n and len(pairs) >= max(2.0, n / 2):
            values[t] = _pearson([a for a, _ in pairs], [b for _, b in pairs])
    return {"corr": values}


FUNCTION = documented(
    Function(
        name="corr",
        category="correlation",
        summary="",
        parameters=(
            Parameter("other", None, series=True, about="what to compare with"),
            span("window", "4h", low=2, high=LONGEST_PERIOD, about="how many bars are compared"),
            source(),
        ),
        outputs=(Output("corr", NUMBER, Scale.NONE),),
        lookback=lambda p: int(p[0]) + 1,
        floats=10,  # last common values, first returns of the block, five sums and a count of this block
        integers=3,  # place in the block, 1 after the first block, 1 after the first common bar
        ring=lambda p: 6 * (int(p[0]) + 1),
        gap=Gap.OWN,
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
