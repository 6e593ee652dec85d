"""A step compiled by numba from its source alone, as the runtime does it."""

from __future__ import annotations

import inspect
import math
import textwrap
from collections.abc import Sequence
from functools import cache
from typing import Any

import numba
import numpy as np
from tradeplan.dsl.catalog import Function, Gap
from tradeplan.stdlib import windows

from tests.stdlib.driver import Columns, State, constants_of, input_keys

COLUMN = """
def column(f, k, ring, p, rows, results, own):
    x = rows[0].copy()
    for i in range(rows.shape[0]):
        unknown = False
        for j in range(rows.shape[1]):
            x[j] = rows[i, j]
            unknown = unknown or math.isnan(x[j])
        if own or not unknown:
            step(f, k, ring, p, x, results[i])
"""


def compile_step(function: Function) -> Any:
    """The step as machine code, made from the text of its definition with `math` and the parts of steps in reach."""
    if function.step is None:
        raise ValueError(f"function `{function.name}` has no step to compile")
    reach = dict(_parts())
    exec(compile(textwrap.dedent(inspect.getsource(function.step)), f"<step of {function.name}>", "exec"), reach)
    compiled = numba.njit(error_model="numpy")(reach["step"])
    vector, whole = numba.float64[::1], numba.int64[::1]
    compiled.compile((vector, whole, vector, vector, vector, vector))
    return compiled


@cache
def _parts() -> dict[str, Any]:
    """`math` and the parts of steps, each compiled, calling one another."""
    reach: dict[str, Any] = {}
    exec(compile(inspect.getsource(windows), "<parts of steps>", "exec"), reach)
    for name, part in reach.items():
        if inspect.isfunction(part):
            reach[name] = numba.njit(error_model="numpy")(part)
    return reach


def run_compiled(
    step: Any, function: Function, parameters: dict[str, float], series: Columns
) -> dict[str, list[float]]:
    """Like the driver's `run` for HOLD and OWN, with arrays instead of lists."""
    p = constants_of(function, parameters, series)
    state = State.fresh(function, p)
    f, k, ring = np.array(state.floats), np.array(state.integers, dtype=np.int64), np.array(state.ring)
    rows = np.array([series[key] for key in input_keys(function, series)]).T.copy()
    results = np.full((len(rows), len(function.outputs)), math.nan)
    for row, out in zip(rows, results, strict=True):
        if function.gap is Gap.OWN or not np.isnan(row).any():
            step(f, k, ring, np.array(p, dtype=float), row, out)
        elif function.gap is Gap.RESET:
            f[:], k[:], ring[:] = 0.0, 0, 0.0
    return {output.name: results[:, i].tolist() for i, output in enumerate(function.outputs)}


def run_long(function: Function, parameters: Sequence[float], rows: np.ndarray) -> np.ndarray:
    """Outputs by row over a long table of inputs without gaps, in one compiled loop."""
    reach: dict[str, Any] = {"math": math, "step": compile_step(function)}
    exec(COLUMN, reach)
    state = State.fresh(function, parameters)
    results = np.full((len(rows), len(function.outputs)), math.nan)
    f, k, ring = np.array(state.floats), np.array(state.integers, dtype=np.int64), np.array(state.ring)
    numba.njit(error_model="numpy")(reach["column"])(f, k, ring, np.array(parameters, dtype=float), rows, results, True)
    return results
