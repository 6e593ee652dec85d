"""A scenario file: the world of a served stand-in, and the control socket through which a test moves it."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from .apart import Remote
from .control import listen
from .symbol import Symbol
from .terminal import StandIn
from .world import World


@lru_cache(maxsize=1)
def served() -> StandIn | Remote:
    """What the package's functions are here: a terminal apart if STAND_IN_TERMINAL names one, else the scenario's."""
    apart = os.environ.get("STAND_IN_TERMINAL")
    return Remote(Path(apart)) if apart else here()


def here() -> StandIn:
    """The stand-in of this process, from the scenario that STAND_IN_SCENARIO names (without one: an empty world)."""
    path = os.environ.get("STAND_IN_SCENARIO")
    scenario: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    stand_in = build(scenario, Path(path).parent if path else Path())
    if "control" in scenario:
        listen(stand_in, scenario["control"])
    return stand_in


def build(scenario: dict[str, Any], folder: Path) -> StandIn:
    """The stand-in of a scenario: `now` (UTC ms), `zone`, `account`, `switches`, `symbols`, `password`, `control`.

    A symbol has the fields of `Symbol` and `bars`: timeframe to `.npy` file in the rates layout, UTC, finest first.
    """
    world = World(
        int(scenario.get("now", 0)), scenario.get("zone", "America/New_York+7"), **scenario.get("account", {})
    )
    world.switches.update(scenario.get("switches", {}))
    world.ledger.conversion.update(scenario.get("conversion", {}))
    for given in scenario.get("symbols", []):
        fields = dict(given)
        bars = fields.pop("bars", {})
        if fields.get("sessions") is not None:
            fields["sessions"] = tuple(tuple(span) for span in fields["sessions"])
        spec = Symbol(**fields)
        world.add(spec)
        for timeframe, name in bars.items():
            world.add(spec, np.load(folder / name), timeframe)
    # the real package needs `initialize` first
    stand_in = StandIn(world, initialized=False, password=scenario.get("password"))
    if scenario.get("pace"):
        world.pace(float(scenario["pace"]))
    return stand_in
