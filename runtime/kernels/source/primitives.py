"""What kernel sources share: array types, three-valued bytes, and calls whose compiled form is an intrinsic."""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Any

Floats = MutableSequence[float]
"""A float64 array; compiled it is an address and a size, interpreted a memoryview."""

Integers = MutableSequence[int]
"""An int64 array; compiled it is an address and a size, interpreted a memoryview."""

Bytes = MutableSequence[int]
"""An int8 array (conditions, reasons, flags); compiled it is an address and a size, interpreted a memoryview."""

Columns = MutableSequence[Any]
"""Column functions: compiled an int64 array of their addresses, interpreted a list of Python functions."""

FALSE = 0
UNKNOWN = 1
TRUE = 2
"""Kleene bytes: AND is the minimum, OR the maximum, NOT `2 - x`."""


def floats_at(array: Floats, start: int, count: int) -> Any:
    """The part `[start, start + count)` of a float array, sharing its memory."""
    return array[start : start + count]


def bytes_at(array: Bytes, start: int, count: int) -> Any:
    """The part `[start, start + count)` of a byte array, sharing its memory."""
    return array[start : start + count]


def integers_at(array: Integers, start: int, count: int) -> Any:
    """The part `[start, start + count)` of an integer array, sharing its memory."""
    return array[start : start + count]


def call_column(
    columns: Columns,
    which: int,
    floats: Floats,
    f_start: int,
    integers: Integers,
    k_start: int,
    ring: Floats,
    ring_start: int,
    ring_size: int,
    parameters: Floats,
    p_start: int,
    values: Floats,
    rows: Integers,
    inputs_at: int,
    outputs_at: int,
    first: int,
    last: int,
) -> None:
    """Run column function `which` over the positions `[first, last)` of its input and output rows."""
    columns[which](
        floats,
        f_start,
        integers,
        k_start,
        ring,
        ring_start,
        ring_size,
        parameters,
        p_start,
        values,
        rows,
        inputs_at,
        outputs_at,
        first,
        last,
    )
