"""Each operation on columns with UNKNOWN everywhere, against its definition, compiled and interpreted bit for bit."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from tradeplan.runtime.kernels import closure
from tradeplan.runtime.kernels.build import Column, Kernels, is_warm
from tradeplan.runtime.kernels.cache import ObjectCache
from tradeplan.runtime.kernels.compile import KernelError
from tradeplan.runtime.kernels.source.joins import NEVER, stale_from
from tradeplan.runtime.kernels.source.operations import (
    absolute,
    add,
    add_constant,
    became,
    both,
    divide,
    divide_into,
    either,
    equal,
    equal_constant,
    greater_constant,
    greater_equal_constant,
    greatest,
    held_for,
    held_within,
    known_condition,
    known_value,
    least,
    less,
    less_constant,
    less_equal,
    less_equal_constant,
    multiply,
    multiply_by,
    negate,
    opposite,
    subtract,
    subtract_from,
)
from tradeplan.runtime.kernels.source.primitives import Bytes, Floats, Integers, bytes_at, floats_at, integers_at

from tests.runtime.kernels.functions import CATALOG

NAN = math.nan
NUMBERS = [NAN, 0.0, -0.0, 1.0, -1.5, 2.0, math.inf, -math.inf, 1e308, 5e-324]
PAIRS = list(itertools.product(NUMBERS, NUMBERS))
LEFT, RIGHT = [a for a, _ in PAIRS], [b for _, b in PAIRS]


def every_value(x: Floats, y: Floats, out: Floats, n: int) -> None:
    add(x, y, floats_at(out, 0, n))
    subtract(x, y, floats_at(out, n, n))
    multiply(x, y, floats_at(out, 2 * n, n))
    divide(x, y, floats_at(out, 3 * n, n))
    least(x, y, floats_at(out, 4 * n, n))
    greatest(x, y, floats_at(out, 5 * n, n))
    negate(x, floats_at(out, 6 * n, n))
    absolute(x, floats_at(out, 7 * n, n))


def every_comparison(x: Floats, y: Floats, out: Bytes, n: int) -> None:
    less(x, y, bytes_at(out, 0, n))
    less_equal(x, y, bytes_at(out, n, n))
    equal(x, y, bytes_at(out, 2 * n, n))
    known_value(x, bytes_at(out, 3 * n, n))


def every_constant(x: Floats, c: float, values: Floats, out: Bytes, n: int) -> None:
    add_constant(x, c, floats_at(values, 0, n))
    subtract_from(x, c, floats_at(values, n, n))
    multiply_by(x, c, floats_at(values, 2 * n, n))
    divide_into(x, c, floats_at(values, 3 * n, n))
    less_constant(x, c, bytes_at(out, 0, n))
    less_equal_constant(x, c, bytes_at(out, n, n))
    greater_constant(x, c, bytes_at(out, 2 * n, n))
    greater_equal_constant(x, c, bytes_at(out, 3 * n, n))
    equal_constant(x, c, bytes_at(out, 4 * n, n))


def every_logic(x: Bytes, y: Bytes, out: Bytes, n: int) -> None:
    both(x, y, bytes_at(out, 0, n))
    either(x, y, bytes_at(out, n, n))
    opposite(x, bytes_at(out, 2 * n, n))
    known_condition(x, bytes_at(out, 3 * n, n))
    became(x, y, bytes_at(out, 4 * n, n))


def spans(x: Bytes, bars: int, state: Integers, out: Bytes, n: int) -> None:
    held_for(x, bars, integers_at(state, 0, 2), bytes_at(out, 0, n))
    held_within(x, bars, integers_at(state, 2, 2), bytes_at(out, n, n))


def session_limits(starts: Integers, ends: Integers, closes: Integers, limit: int, out: Integers) -> None:
    for j in range(len(closes)):
        out[j] = stale_from(starts, ends, 0, len(starts), closes[j], limit)


@cache
def kernels(mode: str) -> Kernels:
    return Kernels("compiled" if mode == "compiled" else "interpreted")


both_modes = pytest.mark.parametrize("mode", ["compiled", "interpreted"])


def known(f: Callable[..., float], *x: float) -> float:
    return NAN if any(v != v for v in x) else f(*x)


def bits(a: Any) -> list[Any]:
    """Floats as text, so that -0.0 differs from 0.0; the sign of a NaN means nothing."""
    return [repr(float(v)) for v in a]


@both_modes
def test_arithmetic(mode: str) -> None:
    n = len(PAIRS)
    out = np.zeros(8 * n)
    kernels(mode).entry(every_value)(np.array(LEFT), np.array(RIGHT), out, n)
    expected = [
        *(known(lambda a, b: a + b, a, b) for a, b in PAIRS),
        *(known(lambda a, b: a - b, a, b) for a, b in PAIRS),
        *(known(lambda a, b: a * b, a, b) for a, b in PAIRS),
        *(known(lambda a, b: NAN if b == 0 else a / b, a, b) for a, b in PAIRS),
        *(known(min, a, b) for a, b in PAIRS),
        *(known(max, a, b) for a, b in PAIRS),
        *(-a for a in LEFT),
        *(abs(a) for a in LEFT),
    ]
    assert bits(out) == bits(expected)


@both_modes
def test_comparisons(mode: str) -> None:
    n = len(PAIRS)
    out = np.zeros(4 * n, dtype=np.int8)
    kernels(mode).entry(every_comparison)(np.array(LEFT), np.array(RIGHT), out, n)

    def byte(test: Callable[[float, float], bool], a: float, b: float) -> int:
        return 1 if a != a or b != b else 2 if test(a, b) else 0

    expected = [
        *(byte(lambda a, b: a < b, a, b) for a, b in PAIRS),
        *(byte(lambda a, b: a <= b, a, b) for a, b in PAIRS),
        *(byte(lambda a, b: a == b, a, b) for a, b in PAIRS),
        *(0 if a != a else 2 for a in LEFT),
    ]
    assert out.tolist() == expected


@both_modes
@pytest.mark.parametrize("c", [0.0, -1.5, NAN, math.inf])
def test_with_constants_equals_with_columns(mode: str, c: float) -> None:
    n, x, column = len(NUMBERS), np.array(NUMBERS), np.full(len(NUMBERS), c)
    values, out = np.zeros(4 * n), np.zeros(5 * n, dtype=np.int8)
    kernels(mode).entry(every_constant)(x, c, values, out, n)
    expected_values, swapped = np.zeros(8 * n), np.zeros(8 * n)
    expected, mirrored = np.zeros(4 * n, dtype=np.int8), np.zeros(4 * n, dtype=np.int8)
    kernels("interpreted").entry(every_value)(x, column, expected_values, n)
    kernels("interpreted").entry(every_value)(column, x, swapped, n)
    kernels("interpreted").entry(every_comparison)(x, column, expected, n)
    kernels("interpreted").entry(every_comparison)(column, x, mirrored, n)
    assert bits(values[:n]) == bits(expected_values[:n])
    assert bits(values[n : 2 * n]) == bits(swapped[n : 2 * n])
    assert bits(values[2 * n : 3 * n]) == bits(expected_values[2 * n : 3 * n])
    assert bits(values[3 * n :]) == bits(swapped[3 * n : 4 * n])
    assert out[: 2 * n].tolist() == expected[: 2 * n].tolist()
    assert out[2 * n : 4 * n].tolist() == mirrored[: 2 * n].tolist()
    assert out[4 * n :].tolist() == expected[2 * n : 3 * n].tolist()


@both_modes
def test_three_valued_logic(mode: str) -> None:
    x, y = [0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 2] * 3
    out = np.zeros(45, dtype=np.int8)
    kernels(mode).entry(every_logic)(np.array(x, dtype=np.int8), np.array(y, dtype=np.int8), out, 9)
    assert out.reshape(5, 9).tolist() == [
        [0, 0, 0, 0, 1, 1, 0, 1, 2],  # AND
        [0, 1, 2, 1, 1, 2, 2, 2, 2],  # OR
        [2, 2, 2, 1, 1, 1, 0, 0, 0],  # NOT x
        [2, 2, 2, 0, 0, 0, 2, 2, 2],  # known(x)
        [0, 1, 2, 1, 1, 1, 0, 1, 0],  # y TRUE after x FALSE
    ]


@both_modes
@pytest.mark.parametrize("bars", [1, 2, 5])
def test_spans_are_minimum_and_maximum_with_unknown_before_the_first(mode: str, bars: int) -> None:
    x = np.random.default_rng(bars).choice([0, 1, 2], 300, p=[0.15, 0.1, 0.75]).astype(np.int8)
    x[150:] = 2 - x[150:]
    state, found = np.array([0, bars - 1, 0, bars - 1], dtype=np.int64), []
    run = kernels(mode).entry(spans)
    for part in np.split(x, [1, 2, 9, 100]):
        out = np.zeros(2 * len(part), dtype=np.int8)
        run(part.copy(), bars, state, out, len(part))
        found.append(out.reshape(2, -1))
    padded = [1] * (bars - 1) + x.tolist()
    windows = [padded[i : i + bars] for i in range(len(x))]
    assert np.concatenate(found, axis=1).tolist() == [[min(w) for w in windows], [max(w) for w in windows]]


@both_modes
def test_when_a_bar_becomes_stale(mode: str) -> None:
    # sessions 10-20, 30-40, 50-60; 12 of session time after a close
    starts, ends = np.array([10, 30, 50], dtype=np.int64), np.array([20, 40, 60], dtype=np.int64)
    closes = np.array([10, 15, 20, 25, 40, 49], dtype=np.int64)
    out = np.zeros(6, dtype=np.int64)
    kernels(mode).entry(session_limits)(starts, ends, closes, 12, out)
    # from 10: 10 until 20, then 2 until 32; from 15: 5 + 7 -> 37;
    # from 20 and 25: 10 until 40, 2 -> 52; from 40: 10, never
    assert out.tolist() == [32, 37, 52, 52, NEVER, NEVER]


def test_a_kernel_refuses_arrays_of_another_form() -> None:
    run = kernels("interpreted").entry(spans)
    state, out = np.zeros(4, dtype=np.int64), np.zeros(4, dtype=np.int8)
    with pytest.raises(TypeError, match="argument `x` must be a contiguous 1-D array of int8, got float64"):
        run(np.zeros(2), 1, state, out, 2)
    with pytest.raises(TypeError, match="got int8 of 1 dimensions"):
        run(np.zeros(4, dtype=np.int8)[::2], 1, state, out, 2)
    with pytest.raises(TypeError, match="takes 5 arguments, got 1"):
        run(state)


def allocating(out: Floats, n: int) -> None:
    fresh = [0.0] * n
    for j in range(n):
        out[j] = fresh[j]


def untyped(out: list[float]) -> None:
    out[0] = 1.0


def reaching(out: Floats) -> None:
    out[0] = float(len(CATALOG.names()))


def test_what_cannot_be_compiled_is_said_in_words(tmp_path: Any) -> None:
    mine = Kernels("compiled", str(tmp_path))
    with pytest.raises(KernelError, match="kernels and steps allocate nothing"):
        mine.entry(allocating)
    with pytest.raises(TypeError, match="argument `out` of kernel `untyped` is annotated"):
        mine.entry(untyped)
    with pytest.raises(TypeError, match="uses `CATALOG` of type Catalog"):
        mine.entry(reaching)


def doubled(out: Floats) -> int:
    out[0] *= 2.0
    return 7


def test_object_code_is_kept_and_a_damaged_file_is_made_again(tmp_path: Any) -> None:
    column = Column(CATALOG["average"], 2, 1)  # no other test links this one
    assert not is_warm([doubled], [column], str(tmp_path))
    first = Kernels("compiled", str(tmp_path))
    first.entry(doubled)
    first.columns([column])
    assert is_warm([doubled], [column], str(tmp_path))
    files = sorted(tmp_path.rglob("*.o"))
    assert len(files) == 2
    whole = files[1].read_bytes()
    files[1].write_bytes(whole[:-9])
    cache = ObjectCache(str(tmp_path))
    assert cache.get(files[1].stem) is None
    assert cache.get(files[0].stem) == files[0].read_bytes()[32:]


def test_the_digest_follows_what_a_function_calls() -> None:
    def make(body: str, factor: str) -> Any:
        names: dict[str, Any] = {}
        exec(
            f"FACTOR = {factor}\ndef helper(x):\n    return {body}\ndef entry(x):\n    return helper(x) * FACTOR", names
        )
        return names["entry"]

    base = closure.digest(make("x + 1.0", "2.0"))
    assert base == closure.digest(make("x + 1.0", "2.0"))
    assert base != closure.digest(make("x + 1.5", "2.0"))
    assert base != closure.digest(make("x + 1.0", "3.0"))
    assert base != closure.digest(make("x - 1.0", "2.0"))
