"""Operations over a stretch of bars: one loop each, free of branches where LLVM can then use vector instructions."""

from __future__ import annotations

import math

from tradeplan.runtime.kernels.source.primitives import Bytes, Floats, Integers, bytes_at, floats_at


def add(x: Floats, y: Floats, out: Floats) -> None:
    """x + y."""
    for j in range(len(out)):
        out[j] = x[j] + y[j]


def subtract(x: Floats, y: Floats, out: Floats) -> None:
    """x - y."""
    for j in range(len(out)):
        out[j] = x[j] - y[j]


def multiply(x: Floats, y: Floats, out: Floats) -> None:
    """x * y."""
    for j in range(len(out)):
        out[j] = x[j] * y[j]


def divide(x: Floats, y: Floats, out: Floats) -> None:
    """x / y, UNKNOWN where y is zero."""
    for j in range(len(out)):
        d = y[j]
        out[j] = x[j] / (d if d != 0.0 else math.nan)


def least(x: Floats, y: Floats, out: Floats) -> None:
    """The smaller, UNKNOWN where either is."""
    for j in range(len(out)):
        a = x[j]
        b = y[j]
        out[j] = b if b < a else a if a <= b else math.nan


def greatest(x: Floats, y: Floats, out: Floats) -> None:
    """The larger, UNKNOWN where either is."""
    for j in range(len(out)):
        a = x[j]
        b = y[j]
        out[j] = b if b > a else a if a >= b else math.nan


def add_constant(x: Floats, c: float, out: Floats) -> None:
    """x + c."""
    for j in range(len(out)):
        out[j] = x[j] + c


def subtract_from(x: Floats, c: float, out: Floats) -> None:
    """c - x."""
    for j in range(len(out)):
        out[j] = c - x[j]


def multiply_by(x: Floats, c: float, out: Floats) -> None:
    """x * c."""
    for j in range(len(out)):
        out[j] = x[j] * c


def divide_by(x: Floats, c: float, out: Floats) -> None:
    """x / c; the tables never hold c = 0."""
    for j in range(len(out)):
        out[j] = x[j] / c


def divide_into(x: Floats, c: float, out: Floats) -> None:
    """c / x, UNKNOWN where x is zero."""
    for j in range(len(out)):
        d = x[j]
        out[j] = c / (d if d != 0.0 else math.nan)


def negate(x: Floats, out: Floats) -> None:
    """-x."""
    for j in range(len(out)):
        out[j] = -x[j]


def absolute(x: Floats, out: Floats) -> None:
    """|x|."""
    for j in range(len(out)):
        out[j] = abs(x[j])


def less(x: Floats, y: Floats, out: Bytes) -> None:
    """x < y; a NaN makes both comparisons false, so the byte stays UNKNOWN."""
    for j in range(len(out)):
        out[j] = 1 + (x[j] < y[j]) - (x[j] >= y[j])


def less_equal(x: Floats, y: Floats, out: Bytes) -> None:
    """x <= y."""
    for j in range(len(out)):
        out[j] = 1 + (x[j] <= y[j]) - (x[j] > y[j])


def equal(x: Floats, y: Floats, out: Bytes) -> None:
    """x = y."""
    for j in range(len(out)):
        out[j] = 1 + (x[j] == y[j]) - (x[j] < y[j]) - (x[j] > y[j])


def less_constant(x: Floats, c: float, out: Bytes) -> None:
    """x < c."""
    for j in range(len(out)):
        out[j] = 1 + (x[j] < c) - (x[j] >= c)


def less_equal_constant(x: Floats, c: float, out: Bytes) -> None:
    """x <= c."""
    for j in range(len(out)):
        out[j] = 1 + (x[j] <= c) - (x[j] > c)


def greater_constant(x: Floats, c: float, out: Bytes) -> None:
    """x > c."""
    for j in range(len(out)):
        out[j] = 1 + (x[j] > c) - (x[j] <= c)


def greater_equal_constant(x: Floats, c: float, out: Bytes) -> None:
    """x >= c."""
    for j in range(len(out)):
        out[j] = 1 + (x[j] >= c) - (x[j] < c)


def equal_constant(x: Floats, c: float, out: Bytes) -> None:
    """x = c."""
    for j in range(len(out)):
        out[j] = 1 + (x[j] == c) - (x[j] < c) - (x[j] > c)


def both(x: Bytes, y: Bytes, out: Bytes) -> None:
    """Kleene AND."""
    for j in range(len(out)):
        a = x[j]
        b = y[j]
        out[j] = a if a < b else b


def either(x: Bytes, y: Bytes, out: Bytes) -> None:
    """Kleene OR."""
    for j in range(len(out)):
        a = x[j]
        b = y[j]
        out[j] = a if a > b else b


def narrow(out: Bytes, y: Bytes) -> None:
    """Kleene AND into `out`; apart from `both`, since LLVM uses vectors only where arrays cannot be the same."""
    for j in range(len(out)):
        a = out[j]
        b = y[j]
        out[j] = a if a < b else b


def widen(out: Bytes, y: Bytes) -> None:
    """Kleene OR into `out`."""
    for j in range(len(out)):
        a = out[j]
        b = y[j]
        out[j] = a if a > b else b


def flip(out: Bytes) -> None:
    """Kleene NOT in place."""
    for j in range(len(out)):
        out[j] = 2 - out[j]


def opposite(x: Bytes, out: Bytes) -> None:
    """Kleene NOT."""
    for j in range(len(out)):
        out[j] = 2 - x[j]


def known_value(x: Floats, out: Bytes) -> None:
    """TRUE or FALSE: whether a value is known."""
    for j in range(len(out)):
        out[j] = 2 * (x[j] == x[j])


def known_condition(x: Bytes, out: Bytes) -> None:
    """TRUE or FALSE: whether a condition is known."""
    for j in range(len(out)):
        out[j] = 2 * (x[j] != 1)


def became(before: Bytes, x: Bytes, out: Bytes) -> None:
    """TRUE now and FALSE on the bar before; UNKNOWN if either bar is."""
    for j in range(len(out)):
        b = before[j]
        a = x[j]
        out[j] = ((a == 1) | (b == 1)) + 2 * ((a == 2) & (b == 0))


def held_for(x: Bytes, n: int, state: Integers, out: Bytes) -> None:
    """Kleene AND over the last n bars. State: bars for which the newest FALSE, and the newest UNKNOWN, still counts."""
    false_left = state[0]
    unknown_left = state[1]
    for j in range(len(out)):
        a = x[j]
        if a == 0:
            false_left = n
        elif a == 1:
            unknown_left = n
        out[j] = 0 if false_left > 0 else 1 if unknown_left > 0 else 2
        false_left -= false_left > 0
        unknown_left -= unknown_left > 0
    state[0] = false_left
    state[1] = unknown_left


def held_within(x: Bytes, n: int, state: Integers, out: Bytes) -> None:
    """Kleene OR over the last n bars. State: bars for which the newest TRUE, and the newest UNKNOWN, still counts."""
    true_left = state[0]
    unknown_left = state[1]
    for j in range(len(out)):
        a = x[j]
        if a == 2:
            true_left = n
        elif a == 1:
            unknown_left = n
        out[j] = 2 if true_left > 0 else 1 if unknown_left > 0 else 0
        true_left -= true_left > 0
        unknown_left -= unknown_left > 0
    state[0] = true_left
    state[1] = unknown_left


def to_value(x: Bytes, out: Floats) -> None:
    """A condition as steps read it: 0, 1, NaN."""
    for j in range(len(out)):
        a = x[j]
        out[j] = math.nan if a == 1 else 0.5 * a


def to_condition(x: Floats, out: Bytes) -> None:
    """What a step wrote as 0, 1, NaN, as a condition."""
    for j in range(len(out)):
        v = x[j]
        out[j] = (v != v) + 2 * (v > 0.0) + 2 * (v < 0.0)


def join_values(values: Floats, source: int, index: Integers, runs: Integers, out: Floats) -> None:
    """The value at each source position, UNKNOWN where it is negative; run by run, see `joins.mark_runs`."""
    if len(out) == 1:
        out[0] = values[source + index[0]] if index[0] >= 0 else math.nan
        return
    j = 0
    while j < len(out):
        count = runs[j]
        i = index[j]
        to = floats_at(out, j, count)
        if i < 0:
            fill_values(to, math.nan)
        elif count > 1 and index[j + 1] == i:
            fill_values(to, values[source + i])
        else:
            copy_values(floats_at(values, source + i, count), to)
        j += count


def join_conditions(conditions: Bytes, source: int, index: Integers, runs: Integers, out: Bytes) -> None:
    """The condition at each source position, UNKNOWN where it is negative."""
    if len(out) == 1:
        out[0] = conditions[source + index[0]] if index[0] >= 0 else 1
        return
    j = 0
    while j < len(out):
        count = runs[j]
        i = index[j]
        to = bytes_at(out, j, count)
        if i < 0:
            fill_conditions(to, 1)
        elif count > 1 and index[j + 1] == i:
            fill_conditions(to, conditions[source + i])
        else:
            copy_conditions(bytes_at(conditions, source + i, count), to)
        j += count


def fill_values(out: Floats, value: float) -> None:
    """One value everywhere."""
    for j in range(len(out)):
        out[j] = value


def fill_conditions(out: Bytes, value: int) -> None:
    """One condition everywhere."""
    for j in range(len(out)):
        out[j] = value


def copy_values(x: Floats, out: Floats) -> None:
    """x."""
    for j in range(len(out)):
        out[j] = x[j]


def copy_conditions(x: Bytes, out: Bytes) -> None:
    """x."""
    for j in range(len(out)):
        out[j] = x[j]
