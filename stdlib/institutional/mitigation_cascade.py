"""Whether several order blocks of one side were formed upon each other within a short time.

Definition: TRUE while, of the order blocks of the direction formed within the last `window` bars, at least `count` have
one price in common (edges included): their zones overlap, each with each. Two breaks from the same bar make one block.
`blocks` is the largest number that overlap. Blocks count for the whole window, also if price has closed through them.
Source: the requirements of the system that this project replaces (three blocks within an hour, counted on M1), whose
counter stayed at 1; written down here. On M5 an hour is too short for three blocks: write `window=4h` there.
Without data: UNKNOWN until a swing is known; FALSE and `blocks` only after `window` bars more.
Example: `WHEN M1.mitigation_cascade(bull) AND low IN M1.order_block(bull) THEN BUY RISK 0.5% STOP 2 ATR`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

from tradeplan.dsl.catalog import Companion, Function, Gap, Named, Output, Parameter, Scale
from tradeplan.dsl.kinds import CONDITION, COUNT
from tradeplan.stdlib.page import documented
from tradeplan.stdlib.parameters import direction, life, span, swing_size

_BLOCK = ("{direction}", "{k}", "{life}")


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """A queue of blocks; overlaps are counted anew when a block comes or goes, at each lower edge."""
    out[0] = math.nan
    out[1] = math.nan
    if x[0] != x[0]:
        return
    size = int(p[2])
    k[0] += 1
    changed = 0
    while k[2] > 0 and k[0] - ring[k[1]] >= p[2]:
        k[1] += 1
        if k[1] == size:
            k[1] = 0
        k[2] -= 1
        changed = 1
    if x[0] == 1.0:
        own = k[0] - int(x[3])
        if k[5] == 0 or own != k[3]:
            place = k[1] + k[2]
            if place >= size:
                place -= size
            ring[place] = k[0]
            ring[size + place] = x[1]
            ring[2 * size + place] = x[2]
            k[2] += 1
            k[3] = own
            k[5] = 1
            changed = 1
    if changed == 1:
        k[4] = 0
        i = 0
        while i < k[2]:
            a = k[1] + i
            if a >= size:
                a -= size
            edge = ring[size + a]
            together = 0
            j = 0
            while j < k[2]:
                b = k[1] + j
                if b >= size:
                    b -= size
                if ring[size + b] <= edge <= ring[2 * size + b]:
                    together += 1
                j += 1
            if together > k[4]:
                k[4] = together
            i += 1
    if k[0] >= p[2]:
        out[0] = 0.0
        out[1] = k[4]
    if k[4] >= p[1]:
        out[0] = 1.0


def _overlap(zones: Sequence[tuple[float, float]]) -> int:
    """The largest number of zones of which each overlaps with each other."""
    for size in range(len(zones), 1, -1):
        for chosen in combinations(zones, size):
            if all(a[0] <= b[1] and b[0] <= a[1] for a, b in combinations(chosen, 2)):
                return size
    return min(1, len(zones))


def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
    """Tries every choice of the blocks in the window."""
    part = {name: series[f"order_block.{name}"] for name in ("formed", "low", "high", "age")}
    length, window = len(part["formed"]), int(parameters["window"])
    rows = [t for t in range(length) if not math.isnan(part["formed"][t])]
    events = [i for i, t in enumerate(rows) if part["formed"][t] == 1.0]
    own = {i: i - int(part["age"][rows[i]]) for i in events}
    distinct = [i for place, i in enumerate(events) if place == 0 or own[i] != own[events[place - 1]]]
    columns = {name: [math.nan] * length for name in ("mitigation_cascade", "blocks")}
    for i, t in enumerate(rows):
        zones = [(part["low"][rows[j]], part["high"][rows[j]]) for j in distinct if i - window < j <= i]
        blocks = _overlap(zones)
        if i + 1 >= window:
            columns["blocks"][t], columns["mitigation_cascade"][t] = float(blocks), 0.0
        if blocks >= parameters["count"]:
            columns["mitigation_cascade"][t] = 1.0
    return columns


FUNCTION = documented(
    Function(
        name="mitigation_cascade",
        category="institutional",
        summary="",
        parameters=(
            direction(),
            Parameter("count", COUNT, default="3", low=2, high=20, about="how many blocks overlap"),
            span("window", "1h", high=500, about="within how many bars they are formed"),
            swing_size(),
            life("how long a block is remembered"),
        ),
        reads=(
            Named("order_block", _BLOCK, "formed"),
            Named("order_block", _BLOCK, "low"),
            Named("order_block", _BLOCK, "high"),
            Named("order_block", _BLOCK, "age"),
        ),
        outputs=(
            Output("mitigation_cascade", CONDITION, Scale.NONE, "whether enough blocks overlap"),
            Output("blocks", COUNT, Scale.NONE, "how many overlap"),
        ),
        awaits="a swing",
        integers=6,  # bars seen; first place of the queue, how many; bar of the last block, overlaps, 1 after a block
        ring=lambda p: 3 * int(p[2]),  # when blocks were formed, their lows, their highs
        gap=Gap.OWN,
        companions=(
            Companion(("order_block", "mitigation_block"), "says that blocks overlap, not that price is at one"),
        ),
        opposed="blocks of buyers and of sellers upon each other are a range, not a direction",
        step=step,
        oracle=oracle,
    ),
    __doc__,
)
