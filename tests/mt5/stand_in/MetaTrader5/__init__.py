"""A stand-in for the package MetaTrader5, built to its contract: the same functions over a world that tests move.

As a module it reads the scenario that STAND_IN_SCENARIO names; in process use `terminal.StandIn` over a `world.World`.
"""

from __future__ import annotations

from typing import Any

from .scenario import served
from .sequences import CONSTANTS

__version__ = "5.0.6231"
globals().update(CONSTANTS)


def __getattr__(name: str) -> Any:
    # functions come late, so that importing the package for its parts needs no scenario
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(served(), name)
