"""Every function of the standard library: compiled and interpreted columns agree bit for bit, however they are cut."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from tradeplan.dsl.catalog import Function
from tradeplan.dsl.kinds import CONDITION
from tradeplan.runtime.kernels.build import Column, Kernels
from tradeplan.runtime.kernels.source.primitives import Columns, Floats, Integers, call_column
from tradeplan.stdlib.registry import catalog

BARS = 500
FUNCTIONS = [f for f in catalog() if f.step is not None]


def run_column(
    columns: Columns,
    floats: Floats,
    integers: Integers,
    ring: Floats,
    parameters: Floats,
    values: Floats,
    rows: Integers,
    inputs: int,
    first: int,
    last: int,
) -> None:
    size = len(ring)
    call_column(columns, 0, floats, 0, integers, 0, ring, 0, size, parameters, 0, values, rows, 0, inputs, first, last)


@cache
def kernels(mode: str) -> Kernels:
    return Kernels("compiled" if mode == "compiled" else "interpreted")


def parameters(f: Function) -> list[float]:
    """Defaults where they are numbers, else 3; a variadic function also takes how many arguments it got."""
    found = []
    for p in f.constants:
        try:
            found.append(float(p.default or ""))
        except ValueError:
            found.append(3.0)
    return found + [float(len(f.series))] * any(p.variadic for p in f.parameters)


def series(f: Function) -> NDArray[np.float64]:
    """Prices that wander, conditions of all three values, and a stretch in which nothing is known."""
    r = np.random.default_rng(11)
    price = np.cumsum(r.normal(size=BARS)) + 100.0
    rows = [price + r.random(BARS) for _ in f.reads]
    for p in f.series:
        rows.append(r.choice([0.0, 1.0, math.nan], BARS, p=[0.6, 0.3, 0.1]) if p.kind == CONDITION else price + 0.5)
    columns = np.stack(rows or [np.zeros(BARS)])
    columns[:, 250:254] = math.nan
    return columns


def outputs(f: Function, mode: str, cuts: list[int]) -> NDArray[np.float64]:
    p, x = parameters(f), series(f)
    inputs, n = len(x), len(f.outputs)
    values = np.concatenate([x.ravel(), np.zeros(n * BARS)])
    table = kernels(mode).columns([Column(f, len(p), inputs)])
    run = (
        kernels(mode)
        .entry(run_column)
        .bind(
            table,
            np.zeros(max(f.floats, 1)),
            np.zeros(max(f.integers, 1), dtype=np.int64),
            np.zeros(int(f.ring(p))),
            np.array(p or [0.0]),
            values,
            np.arange(inputs + n, dtype=np.int64) * BARS,
            inputs,
            0,
            0,
        )
    )
    for first, last in zip([0, *cuts], [*cuts, BARS], strict=True):
        run.set(8, first)
        run.set(9, last)
        run()
    return values[inputs * BARS :]


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.name)
def test_compiled_and_interpreted_columns_are_bit_equal(f: Function) -> None:
    compiled = outputs(f, "compiled", [1, 8, 251])
    assert np.array_equal(compiled, outputs(f, "interpreted", [300]), equal_nan=True)
    assert np.array_equal(compiled, outputs(f, "interpreted", [10, 20]), equal_nan=True)
