"""Instructions as numbers, shared by the tables that write them and the loop that reads them."""

from __future__ import annotations

WORDS = 10
W_OP, W_LANE, W_OUT, W_A, W_B, W_N, W_FLOATS, W_INTEGERS, W_RING, W_PARAMETERS = range(WORDS)
"""Offsets are of rows: an entry of lane position i lies at `offset + i`.

W_A and W_B: input rows; JOIN: B is the index row and N the row of runs; several inputs: A is where their offsets begin
in `rows`; CALL: A and B are where the offsets of its input and output rows begin, OUT is the size of its ring.
W_N: bars of FOR and WITHIN, number of inputs, or which column function. The last four words: where the state begins.
"""

(
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    LEAST,
    GREATEST,
    ADD_CONSTANT,
    SUBTRACT_FROM,
    MULTIPLY_BY,
    DIVIDE_BY,
    DIVIDE_INTO,
    NEGATE,
    ABSOLUTE,
    TO_VALUE,
    JOIN_VALUES,
    CALL,
) = range(16)
LAST_VALUE = CALL
"""Up to here instructions write values, after it conditions."""

(
    LESS,
    LESS_EQUAL,
    EQUAL,
    NOT_EQUAL,
    LESS_CONSTANT,
    LESS_EQUAL_CONSTANT,
    GREATER_CONSTANT,
    GREATER_EQUAL_CONSTANT,
    EQUAL_CONSTANT,
    NOT_EQUAL_CONSTANT,
    KNOWN_VALUE,
    TO_CONDITION,
) = range(16, 28)
LAST_COMPARISON = TO_CONDITION
"""Up to here instructions read values, after it conditions."""

ALL, ANY, OPPOSITE, KNOWN_CONDITION, BECAME, HELD_FOR, HELD_WITHIN, JOIN_CONDITIONS = range(28, 36)
