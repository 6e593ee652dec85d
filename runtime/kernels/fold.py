"""Constants and what is made of them alone, computed once when the tables are built, with the kernels' own loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradeplan.dsl.graph import Node, Op
from tradeplan.runtime.kernels.source import operations as do


def folded(node: Node, inputs: Sequence[float]) -> float:
    """The value (float, NaN is UNKNOWN) or condition (0.0, 1.0, 2.0) of a node without a lane.

    A constant has no first bar: it is the same on every bar of a span, and n bars ago. Raises ValueError for an
    operation that needs a clock.
    """
    if node.op is Op.CONST:
        value = float(node.data[0])  # type: ignore[arg-type]  # data is as the operation says
        return value * 2.0 if node.condition else value
    x: list[list[Any]] = [[i] for i in inputs]
    out: list[Any] = [0.0]
    match node.op:
        case Op.ADD:
            do.add(x[0], x[1], out)
        case Op.SUB:
            do.subtract(x[0], x[1], out)
        case Op.MUL:
            do.multiply(x[0], x[1], out)
        case Op.DIV:
            do.divide(x[0], x[1], out)
        case Op.MIN:
            do.least(x[0], x[1], out)
        case Op.MAX:
            do.greatest(x[0], x[1], out)
        case Op.NEG:
            do.negate(x[0], out)
        case Op.ABS:
            do.absolute(x[0], out)
        case Op.LT:
            do.less(x[0], x[1], out)
        case Op.LE:
            do.less_equal(x[0], x[1], out)
        case Op.GT:
            do.less(x[1], x[0], out)
        case Op.GE:
            do.less_equal(x[1], x[0], out)
        case Op.EQ:
            do.equal(x[0], x[1], out)
        case Op.NE:
            do.equal(x[0], x[1], out)
            do.flip(out)
        case Op.AND:
            return min(inputs)
        case Op.OR:
            return max(inputs)
        case Op.NOT:
            do.opposite(x[0], out)
        case Op.KNOWN if node.inputs[0].condition:
            do.known_condition(x[0], out)
        case Op.KNOWN:
            do.known_value(x[0], out)
        case Op.BECAME:
            do.became(x[0], x[0], out)
        case Op.FOR | Op.WITHIN | Op.AGO | Op.JOIN:
            return inputs[0]
        case _:
            raise ValueError(f"`{node.op}` needs a lane: the checker must give it one")
    return float(out[0])
