"""How each plan and each market stands, as plain data small enough to be kept with every note of progress."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.watch.why_not import why_not
from tradeplan.runtime.watch.why_text import block_text, clause_line, failing


def plan_states(engine: Engine, retired: Collection[str], silenced: Collection[str]) -> list[dict[str, Any]]:
    """Each plan's state at its newest step, what blocks it, and the first part that an entry fails on."""
    loop = engine.standing
    found: list[dict[str, Any]] = []
    for owner in () if loop is None else loop.program.plans:
        why = why_not(engine, owner.block.name, (), retired, silenced)
        if why is not None:
            part = failing(why)
            found.append(
                {
                    "name": why.plan,
                    "state": why.state,
                    "step": why.step,
                    "blocks": [block_text(b) for b in why.blocks],
                    "part": "" if part is None else clause_line(part),
                }
            )
    return found


def feed_states(engine: Engine) -> list[dict[str, Any]]:
    """Of each traded market: the close of its newest bar, how long before now that was (ms), whether it is open."""
    found: list[dict[str, Any]] = []
    for market, timeframe in sorted(engine.tested_on.items()):
        bars = engine.dataset.bars(market, timeframe)
        if bars is None:
            continue
        there = int(np.searchsorted(bars.close_time, engine.now, side="right"))
        newest = int(bars.close_time[there - 1]) if there else None
        found.append(
            {
                "market": market,
                "timeframe": timeframe,
                "newest": newest,
                "age": None if newest is None else engine.now - newest,
                "open": bool(engine.dataset.calendar(market).is_open_at(engine.now)),
            }
        )
    return found
