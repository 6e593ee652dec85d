"""The column function around a step in plain Python: what serves while nothing is compiled yet, and bit-equal to it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tradeplan.runtime.kernels.closure import PlainFunction

_FEW = 64


def column(
    step: PlainFunction, floats: int, integers: int, parameters: int, inputs: int, outputs: int, gap: str
) -> Callable[..., None]:
    """The column function of a step, with the arguments of `primitives.call_column` after the first two."""
    own, reset = gap == "own", gap == "reset"
    floats, integers = max(floats, 1), max(integers, 1)
    unknown = [math.nan] * outputs

    def run(
        f_memory: Any,
        f_start: int,
        k_memory: Any,
        k_start: int,
        ring_memory: Any,
        ring_start: int,
        ring_size: int,
        p_memory: Any,
        p_start: int,
        values: Any,
        rows: Any,
        inputs_at: int,
        outputs_at: int,
        first: int,
        last: int,
    ) -> None:
        f = list(f_memory[f_start : f_start + floats])
        k = list(k_memory[k_start : k_start + integers])
        ring = ring_memory[ring_start : ring_start + ring_size]
        shared = ring
        if last - first > _FEW:
            ring = list(ring)  # a list is read twice as fast as a memoryview, but has to be copied there and back
        p = list(p_memory[p_start : p_start + max(parameters, 1)])
        columns = [
            values[rows[inputs_at + j] + first : rows[inputs_at + j] + last].tolist() for j in range(inputs)
        ] or [[math.nan] * (last - first)]
        targets = [values[rows[outputs_at + j] + first : rows[outputs_at + j] + last] for j in range(outputs)]
        for i, x in enumerate(zip(*columns, strict=True)):
            out = unknown.copy()
            if own or not inputs or all(v == v for v in x):
                step(f, k, ring, p, list(x), out)
            elif reset:
                f[:] = [0.0] * floats
                k[:] = [0] * integers
                for j in range(ring_size):
                    ring[j] = 0.0
            for target, value in zip(targets, out, strict=True):
                target[i] = value
        for j in range(floats):
            f_memory[f_start + j] = f[j]
        for j in range(integers):
            k_memory[k_start + j] = k[j]
        if ring is not shared:
            for j in range(ring_size):
                shared[j] = ring[j]

    return run
