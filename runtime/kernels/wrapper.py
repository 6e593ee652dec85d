"""The column function around a step, as a template: its sizes and its step are put in for each function."""

from __future__ import annotations

import math
from typing import Any

from tradeplan.runtime.kernels.intrinsics import floats_behind, integers_behind, stack_floats, stack_integers

FLOATS = 1
INTEGERS = 1
PARAMETERS = 1
INPUTS = 1
OUTPUTS = 1
HOLD = True
RESET = False
LOCAL_FLOATS = True
LOCAL_INTEGERS = True
"""Replaced by `compile_column`. Small state is copied to the stack, where LLVM keeps it in registers."""


def step(f: Any, k: Any, ring: Any, p: Any, x: Any, out: Any) -> None:
    """Replaced by the function's step."""


def column(
    f_memory: Any,
    k_memory: Any,
    ring_memory: Any,
    ring_size: Any,
    p_memory: Any,
    values: Any,
    inputs: Any,
    outputs: Any,
    first: Any,
    last: Any,
) -> None:
    """Run the step over `[first, last)`; the policy for UNKNOWN inputs is applied here, so steps need not know it."""
    nan = math.nan
    ring = floats_behind(ring_memory, ring_size)
    p = stack_floats(PARAMETERS)
    for j in range(PARAMETERS):
        p[j] = p_memory[j]
    if LOCAL_FLOATS:
        f = stack_floats(FLOATS)
        for j in range(FLOATS):
            f[j] = f_memory[j]
    else:
        f = floats_behind(f_memory, FLOATS)
    if LOCAL_INTEGERS:
        k = stack_integers(INTEGERS)
        for j in range(INTEGERS):
            k[j] = k_memory[j]
    else:
        k = integers_behind(k_memory, INTEGERS)
    x = stack_floats(INPUTS)
    out = stack_floats(OUTPUTS)
    touched = True
    for i in range(first, last):
        known = True
        for j in range(INPUTS):
            v = values[inputs[j] + i]
            x[j] = v
            if HOLD or RESET:
                known = known and v == v
        for j in range(OUTPUTS):
            out[j] = nan
        if known:
            step(f, k, ring, p, x, out)
            touched = True
        elif RESET and touched:
            touched = False
            for j in range(FLOATS):
                f[j] = 0.0
            for j in range(INTEGERS):
                k[j] = 0
            for j in range(ring_size):
                ring[j] = 0.0
        for j in range(OUTPUTS):
            values[outputs[j] + i] = out[j]
    if LOCAL_FLOATS:
        for j in range(FLOATS):
            f_memory[j] = f[j]
    if LOCAL_INTEGERS:
        for j in range(INTEGERS):
            k_memory[j] = k[j]
