"""The greatest of several values, of those that are known.

Definition: the greatest; what is UNKNOWN is left out. Where an UNKNOWN value must not be passed over write `max`.
Source: an exit that cannot be worked out must not silence the others.
Without data: UNKNOWN if all of them are.
Example: `WHEN strongest(M5.momentum_loss, M15.momentum_loss) > 0.6 THEN CLOSE`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog import Function, Gap, Output, Parameter, SameAs, Scale
from tradeplan.stdlib.page import documented


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Compares; NaN is never greater."""
    best = math.nan
    for i in range(int(p[0])):
        if best != best or x[i] > best:
            best = x[i]
    out[0] = best


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """The last of the known ones in order."""
    rows = zip(*(column for name, column in series.items() if name.startswith("values")), strict=True)
    known = [sorted(value for value in row if not math.isnan(value)) for row in rows]
    return {"strongest": [row[-1] if row else math.nan for row in known]}


FUNCTION = documented(
    Function(
        name="strongest",
        category="maths",
        summary="",
        parameters=(Parameter("values", None, series=True, variadic=True, about="what is compared, of one kind"),),
        outputs=(Output("strongest", SameAs("values"), Scale.PRICE),),
        gap=Gap.OWN,
        primitive="strongest",
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
