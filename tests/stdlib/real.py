"""Functions over whole real series: compiled steps, what they read included.

`python -m tests.stdlib.real --data FOLDER_OF_BARS` runs every function, as a plan calls it: see `whole`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pandas as pd
from tradeplan.dsl.catalog import Field, Gap, Named
from tradeplan.stdlib.registry import catalog

from tests.stdlib.driver import State
from tests.stdlib.laws.compiled import COLUMN, compile_step
from tests.stdlib.markets import constants
from tests.stdlib.whole import main

Columns = dict[str, np.ndarray]


@cache
def _loop(name: str) -> Any:
    reach: dict[str, Any] = {"math": math, "step": compile_step(catalog()[name])}
    exec(COLUMN, reach)
    return numba.njit(error_model="numpy")(reach["column"])


def columns_of(
    name: str, fields: Mapping[str, np.ndarray], series: Mapping[str, np.ndarray] | None = None, **given: float
) -> Columns:
    """All outputs of a function by name, with its defaults (a duration as bars of M5) where nothing is given."""
    function = catalog()[name]
    own = constants(function) | given
    inputs = []
    for read in function.reads:
        if isinstance(read, Named):
            inner = catalog()[read.name]
            numbers = [float(read.filled(a, own)) for a in read.arguments]
            arguments = dict(zip((c.name for c in inner.constants), numbers, strict=False))
            inputs.append(columns_of(read.name, fields, **arguments)[read.output or inner.outputs[0].name])
        else:
            assert isinstance(read, Field)
            inputs.append(fields[read.name])
    inputs += [(series or {}).get(p.name, fields.get(p.default or "", np.empty(0))) for p in function.series]
    p = np.array([own[c.name] for c in function.constants], dtype=float)
    state = State.fresh(function, p.tolist())
    rows = np.column_stack(inputs).astype(float)
    results = np.full((len(rows), len(function.outputs)), np.nan)
    arrays = np.array(state.floats), np.array(state.integers, dtype=np.int64), np.array(state.ring)
    _loop(name)(*arrays, p, rows, results, function.gap is Gap.OWN)
    return {output.name: results[:, i] for i, output in enumerate(function.outputs)}


def bars_of(data: Path, symbol: str, timeframe: str, rows: slice = slice(None)) -> Columns:
    """The bars of a file as columns, `time` in seconds among them."""
    frame = pd.read_parquet(data / "bars" / symbol / f"{timeframe}.parquet").iloc[rows]
    return {str(name): frame[name].to_numpy(dtype=float) for name in frame.columns}


def rates(column: np.ndarray) -> tuple[float, float, float]:
    """Shares of TRUE, FALSE and UNKNOWN of a condition, in percent."""
    unknown = np.isnan(column)
    return tuple(100 * float(np.mean(part)) for part in (column == 1.0, column == 0.0, unknown))  # type: ignore[return-value]


if __name__ == "__main__":
    sys.exit(main())
