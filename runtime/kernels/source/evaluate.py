"""Runs the instruction table over the new bars of every lane: the one evaluator of history and live."""

from __future__ import annotations

from typing import Any

from tradeplan.runtime.kernels.source.codes import (
    ABSOLUTE,
    ADD,
    ADD_CONSTANT,
    ALL,
    ANY,
    BECAME,
    CALL,
    DIVIDE,
    DIVIDE_BY,
    DIVIDE_INTO,
    EQUAL_CONSTANT,
    GREATER_CONSTANT,
    GREATER_EQUAL_CONSTANT,
    GREATEST,
    HELD_FOR,
    JOIN_CONDITIONS,
    JOIN_VALUES,
    KNOWN_CONDITION,
    KNOWN_VALUE,
    LAST_COMPARISON,
    LAST_VALUE,
    LEAST,
    LESS,
    LESS_CONSTANT,
    LESS_EQUAL,
    LESS_EQUAL_CONSTANT,
    MULTIPLY,
    MULTIPLY_BY,
    NEGATE,
    NOT_EQUAL,
    NOT_EQUAL_CONSTANT,
    OPPOSITE,
    SUBTRACT,
    SUBTRACT_FROM,
    TO_VALUE,
    W_A,
    W_B,
    W_FLOATS,
    W_INTEGERS,
    W_LANE,
    W_N,
    W_OP,
    W_OUT,
    W_PARAMETERS,
    W_RING,
    WORDS,
)
from tradeplan.runtime.kernels.source.joins import PAIR_WORDS, walk
from tradeplan.runtime.kernels.source.operations import (
    absolute,
    add,
    add_constant,
    became,
    both,
    divide,
    divide_by,
    divide_into,
    either,
    equal,
    equal_constant,
    flip,
    greater_constant,
    greater_equal_constant,
    greatest,
    held_for,
    held_within,
    join_conditions,
    join_values,
    known_condition,
    known_value,
    least,
    less,
    less_constant,
    less_equal,
    less_equal_constant,
    multiply,
    multiply_by,
    narrow,
    negate,
    opposite,
    subtract,
    subtract_from,
    to_condition,
    to_value,
    widen,
)
from tradeplan.runtime.kernels.source.primitives import (
    Bytes,
    Columns,
    Floats,
    Integers,
    bytes_at,
    call_column,
    floats_at,
    integers_at,
)


def arithmetic(op: int, a: int, b: int, c: float, first: int, count: int, values: Floats, out: Any) -> None:
    """One instruction from values to a value."""
    x = floats_at(values, a + first, count)
    if op <= GREATEST:
        y = floats_at(values, b + first, count)
        if op == ADD:
            add(x, y, out)
        elif op == SUBTRACT:
            subtract(x, y, out)
        elif op == MULTIPLY:
            multiply(x, y, out)
        elif op == DIVIDE:
            divide(x, y, out)
        elif op == LEAST:
            least(x, y, out)
        else:
            greatest(x, y, out)
    elif op == ADD_CONSTANT:
        add_constant(x, c, out)
    elif op == SUBTRACT_FROM:
        subtract_from(x, c, out)
    elif op == MULTIPLY_BY:
        multiply_by(x, c, out)
    elif op == DIVIDE_BY:
        divide_by(x, c, out)
    elif op == DIVIDE_INTO:
        divide_into(x, c, out)
    elif op == NEGATE:
        negate(x, out)
    elif op == ABSOLUTE:
        absolute(x, out)


def comparison(op: int, a: int, b: int, c: float, first: int, count: int, values: Floats, out: Any) -> None:
    """One instruction from values to a condition."""
    x = floats_at(values, a + first, count)
    if op <= NOT_EQUAL:
        y = floats_at(values, b + first, count)
        if op == LESS:
            less(x, y, out)
        elif op == LESS_EQUAL:
            less_equal(x, y, out)
        else:
            equal(x, y, out)
            if op == NOT_EQUAL:
                flip(out)
    elif op == LESS_CONSTANT:
        less_constant(x, c, out)
    elif op == LESS_EQUAL_CONSTANT:
        less_equal_constant(x, c, out)
    elif op == GREATER_CONSTANT:
        greater_constant(x, c, out)
    elif op == GREATER_EQUAL_CONSTANT:
        greater_equal_constant(x, c, out)
    elif op <= NOT_EQUAL_CONSTANT:
        equal_constant(x, c, out)
        if op != EQUAL_CONSTANT:
            flip(out)
    elif op == KNOWN_VALUE:
        known_value(x, out)
    else:
        to_condition(x, out)


def combined(
    op: int, inputs: int, number: int, rows: Integers, first: int, count: int, conditions: Bytes, out: Any
) -> None:
    """Kleene AND or OR of several conditions."""
    x = bytes_at(conditions, rows[inputs] + first, count)
    y = bytes_at(conditions, rows[inputs + 1] + first, count)
    if op == ALL:
        both(x, y, out)
        for j in range(2, number):
            narrow(out, bytes_at(conditions, rows[inputs + j] + first, count))
    else:
        either(x, y, out)
        for j in range(2, number):
            widen(out, bytes_at(conditions, rows[inputs + j] + first, count))


def evaluate(
    code: Integers,
    constants: Floats,
    rows: Integers,
    windows: Integers,
    values: Floats,
    conditions: Bytes,
    ticks: Integers,
    pairs: Integers,
    starts: Integers,
    ends: Integers,
    schedule: Integers,
    floats: Floats,
    integers: Integers,
    ring: Floats,
    parameters: Floats,
    columns: Columns,
) -> None:
    """Evaluate every instruction over its lane's window.

    `windows` holds three words a lane: first new position, the position after the last, bars seen before. Instructions
    stand in an order in which inputs come first. Nothing here depends on how many bars a window has.
    """
    for pair in range(0, len(pairs), PAIR_WORDS):
        walk(pairs, pair, windows, ticks, conditions, starts, ends, schedule)
    for t in range(len(constants)):
        at = t * WORDS
        lane = 3 * code[at + W_LANE]
        first = windows[lane]
        count = windows[lane + 1] - first
        if count <= 0:
            continue
        op = code[at + W_OP]
        a = code[at + W_A]
        b = code[at + W_B]
        n = code[at + W_N]
        if op == CALL:
            call_column(
                columns,
                n,
                floats,
                code[at + W_FLOATS],
                integers,
                code[at + W_INTEGERS],
                ring,
                code[at + W_RING],
                code[at + W_OUT],
                parameters,
                code[at + W_PARAMETERS],
                values,
                rows,
                a,
                b,
                first,
                first + count,
            )
        elif op <= LAST_VALUE:
            value = floats_at(values, code[at + W_OUT] + first, count)
            if op == JOIN_VALUES:
                index = integers_at(ticks, b + first, count)
                join_values(values, a, index, integers_at(ticks, n + first, count), value)
            elif op == TO_VALUE:
                to_value(bytes_at(conditions, a + first, count), value)
            else:
                arithmetic(op, a, b, constants[t], first, count, values, value)
        else:
            truth = bytes_at(conditions, code[at + W_OUT] + first, count)
            if op <= LAST_COMPARISON:
                comparison(op, a, b, constants[t], first, count, values, truth)
            elif op <= ANY:
                combined(op, a, n, rows, first, count, conditions, truth)
            elif op == JOIN_CONDITIONS:
                index = integers_at(ticks, b + first, count)
                join_conditions(conditions, a, index, integers_at(ticks, n + first, count), truth)
            else:
                x = bytes_at(conditions, a + first, count)
                if op == OPPOSITE:
                    opposite(x, truth)
                elif op == KNOWN_CONDITION:
                    known_condition(x, truth)
                elif op == BECAME:
                    became(bytes_at(conditions, a + first - 1, count), x, truth)
                elif op == HELD_FOR:
                    held_for(x, n, integers_at(integers, code[at + W_INTEGERS], 2), truth)
                else:
                    held_within(x, n, integers_at(integers, code[at + W_INTEGERS], 2), truth)
