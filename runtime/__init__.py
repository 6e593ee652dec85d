"""The runtime: data, kernels, the step, brokers, the store and the command line.

`tradeplan.runtime.backtest(plan, bars)` is the call for notebooks and scripts.
"""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    """Import what the call needs only when it is asked for: `plan check` imports this package and no numpy."""
    if name == "backtest":
        return importlib.import_module("tradeplan.runtime.api").backtest
    raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
