"""The last break of structure of one kind: step and oracle of `bos` and `choch`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tradeplan.dsl.catalog.function import Oracle


def step(f: list[float], k: list[int], ring: list[float], p: list[float], x: list[float], out: list[float]) -> None:
    """Keeps level and origin of its own breaks: `f[0]`, `f[1]`; `k[0]` is 1 after the first."""
    out[0] = x[0]
    if x[0] == 1.0:
        f[0] = x[1]
        f[1] = x[2]
        k[0] = 1
    out[1] = math.nan
    out[2] = math.nan
    if k[0] == 1 and x[0] == x[0]:
        out[1] = f[0]
        out[2] = f[1]


def kept(name: str, event: str) -> Oracle:
    """The oracle: looks back from every bar to the last break of this kind."""

    def oracle(series: Mapping[str, Sequence[float]], parameters: Mapping[str, float]) -> dict[str, list[float]]:
        events = series[f"swing_break.{event}"]
        columns: dict[str, list[float]] = {name: list(events), "level": [], "origin": []}
        for t, now in enumerate(events):
            last = next((i for i in range(t, -1, -1) if events[i] == 1.0), None)
            for part in ("level", "origin"):
                known = last is not None and not math.isnan(now)
                columns[part].append(series[f"swing_break.{part}"][last] if known and last is not None else math.nan)
        return columns

    return oracle
