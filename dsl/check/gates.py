"""In what ways a rule that looks at the position can be TRUE: what must hold for it, told without the position's price.

The order loop leaves out the steps at which none of the ways is open. A way is necessary, never sufficient, so it may
be wider than the condition: what cannot be told is left out of it.
"""

from __future__ import annotations

import math

from tradeplan.dsl.graph import Gate, Graph, Node, Op, PositionBound

_MOST = 12  # so many ways are told apart; of two conditions joined by AND then only the one with fewer counts
_NEGATED = {Op.LT: Op.GE, Op.LE: Op.GT, Op.GT: Op.LE, Op.GE: Op.LT, Op.EQ: Op.NE, Op.NE: Op.EQ}
_TURNED = {Op.LT: Op.GT, Op.LE: Op.GE, Op.GT: Op.LT, Op.GE: Op.LE, Op.EQ: Op.EQ, Op.NE: Op.NE}
_UPWARDS = frozenset({Op.GT, Op.GE})
_BOUNDED = frozenset({"profit", "best", "held"})
_TEMPORAL = frozenset({Op.BECAME, Op.FOR, Op.WITHIN})
_EITHER = frozenset({Op.MAX, Op.MIN, Op.GREATEST, Op.LEAST, Op.CHOOSE})

Way = tuple[frozenset[PositionBound], frozenset[Node]]
"""Bounds of the position and columns that must all hold."""
Ways = tuple[Way, ...]
"""One of them must; none: it can never be."""

_OPEN: Ways = ((frozenset(), frozenset()),)


def gates(graph: Graph, hoisted: Node | None, residual: Node | None) -> tuple[Gate, ...] | None:
    """The ways of a rule, None if it has to be looked at on every step: it remembers, or nothing can be told."""
    if residual is not None and _remembers(residual):
        return None
    finder = _Finder(graph)
    ways = _OPEN
    for node in (hoisted, residual):
        if node is not None:
            ways = _both(ways, finder.possible(node, True))
    by_bounds: dict[frozenset[PositionBound], list[frozenset[Node]]] = {}
    for bounds, columns in ways:
        by_bounds.setdefault(bounds, []).append(columns)
    found = []
    for bounds, choices in by_bounds.items():
        column = finder.any_of(choices)
        if not bounds and column is None:
            return None
        found.append(Gate(tuple(sorted(bounds)), column))
    return tuple(found)


def _remembers(node: Node) -> bool:
    return node.positional and (node.op in _TEMPORAL or any(_remembers(x) for x in node.inputs))


def _either(a: Ways, b: Ways) -> Ways:
    return _shortest((*a, *b))


def _both(a: Ways, b: Ways) -> Ways:
    if len(a) * len(b) > _MOST:
        return a if len(a) <= len(b) else b
    return _shortest(tuple((x[0] | y[0], x[1] | y[1]) for x in a for y in b))


def _shortest(ways: Ways) -> Ways:
    """Without those that ask for all that another asks, and more."""
    kept: list[Way] = []
    for way in sorted(dict.fromkeys(ways), key=lambda w: len(w[0]) + len(w[1])):
        if not any(k[0] <= way[0] and k[1] <= way[1] for k in kept):
            kept.append(way)
    return tuple(kept)


class _Finder:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def any_of(self, choices: list[frozenset[Node]]) -> Node | None:
        """The column that is TRUE where all columns of one of the choices are; None if one asks for nothing."""
        if not all(choices):
            return None
        parts = [self._joined(Op.AND, sorted(c, key=lambda n: n.identity)) for c in choices]
        return self._joined(Op.OR, sorted(parts, key=lambda n: n.identity))

    def _joined(self, op: Op, parts: list[Node]) -> Node:
        return parts[0] if len(parts) == 1 else self._graph.node(op, tuple(parts))

    def possible(self, node: Node, truth: bool) -> Ways:
        """What must hold for a condition to be TRUE, or FALSE."""
        if not node.positional:
            return self._column(node, truth)
        if node.op in (Op.AND, Op.OR):
            all_of = (node.op is Op.AND) == truth
            ways = self.possible(node.inputs[0], truth)
            for part in node.inputs[1:]:
                other = self.possible(part, truth)
                ways = _both(ways, other) if all_of else _either(ways, other)
            return ways
        if node.op is Op.NOT:
            return self.possible(node.inputs[0], not truth)
        if node.op in _NEGATED:
            a, b = node.inputs
            return self._compared(node.op if truth else _NEGATED[node.op], a, b)
        return _OPEN

    def _column(self, node: Node, truth: bool) -> Ways:
        if node.op is Op.CONST:
            return _OPEN if (node.data[0] == 1.0) == truth else ()
        if node.lane is None:
            return _OPEN
        return ((frozenset(), frozenset({node if truth else self._graph.node(Op.NOT, (node,))})),)

    def _compared(self, op: Op, a: Node, b: Node) -> Ways:
        if not a.positional and not b.positional:
            if a.op is Op.CONST and b.op is Op.CONST:
                return _OPEN if _holds(op, _number(a), _number(b)) else ()
            voices = self._voices(a)
            if voices and op in (Op.GT, Op.GE, Op.EQ):
                ways = self._compared(op, voices[0], b)
                for voice in voices[1:]:
                    ways = _either(ways, self._compared(op, voice, b))
                return ways
            return self._column(self._graph.node(op, (a, b)), True)
        if b.op in _EITHER and b.positional and not (a.op in _EITHER and a.positional):
            op, a, b = _TURNED[op], b, a
        if a.op in _EITHER and a.positional:
            return self._of_either(op, a, b)
        bound = _bound(op, a, b) or _bound(_TURNED[op], b, a)
        return _OPEN if bound is None else ((frozenset({bound}), frozenset()),)

    def _voices(self, node: Node) -> tuple[Node, ...]:
        """The inputs of a column of `strongest`, on the lane on which it is read."""
        inner = node.inputs[0] if node.op is Op.JOIN else node
        if inner.op is not Op.OUTPUT or inner.inputs[0].op is not Op.CALL or inner.inputs[0].data[0] != "strongest":
            return ()
        voices = inner.inputs[0].inputs
        if node.op is not Op.JOIN:
            return voices
        return tuple(
            x if x.lane is None else self._graph.node(Op.JOIN, (x,), node.data, node.lane, x.condition) for x in voices
        )

    def _of_either(self, op: Op, a: Node, b: Node) -> Ways:
        if a.op is Op.CHOOSE:
            condition, yes, no = a.inputs
            other = self.possible(condition, False)
            first = _both(self._compared(op, yes, b), self.possible(condition, True))
            second = self._compared(op, no, b)
            # that something is not so holds nearly always: it is worth one bound, not a choice of many
            return _either(first, _both(second, other) if len(other) < 2 else second)
        ways = [self._compared(op, x, b) for x in a.inputs]
        upwards = op in _UPWARDS
        # GREATEST and LEAST leave out what is UNKNOWN, so of them one input is enough in any case
        if (a.op is Op.MAX and op in (Op.LT, Op.LE)) or (a.op is Op.MIN and upwards):
            return _both(*ways)
        return _OPEN if op is Op.NE else _either(*ways)


def _holds(op: Op, a: float, b: float) -> bool:
    return {
        Op.LT: a < b,
        Op.LE: a <= b,
        Op.GT: a > b,
        Op.GE: a >= b,
        Op.EQ: a == b,
        Op.NE: a != b,
    }[op]


def _number(node: Node) -> float:
    value = node.data[0]
    assert isinstance(value, float | int), "a constant holds a number"
    return float(value)


def _bound(op: Op, a: Node, b: Node) -> PositionBound | None:
    """`a op b` as a bound of a value of the position, if `a` is one, or one over something positive that stays."""
    if op in (Op.EQ, Op.NE):
        return None
    level = _level(b)
    if level is None:
        return None
    number, in_r = level
    if a.op is Op.DIV:
        a, divisor = a.inputs
        by = _level(divisor) or ((_least(divisor), False) if op in _UPWARDS and number > 0.0 else None)
        if by is None or not by[0] > 0.0 or (in_r and by[1]):
            return None
        number, in_r = number * by[0], in_r or by[1]
    if a.op is not Op.POSITION or a.data[0] not in _BOUNDED:
        return None
    if not math.isfinite(number):
        return None
    return PositionBound(str(a.data[0]), op in _UPWARDS, number, in_r)


def _level(node: Node) -> tuple[float, bool] | None:
    """A number, or a multiple of R."""
    if node.op is Op.CONST:
        return _number(node), False
    if node.op is Op.POSITION and node.data[0] == "r":
        return 1.0, True
    if node.op is Op.MUL:
        a, b = (_level(x) for x in node.inputs)
        if a is not None and b is not None and not (a[1] and b[1]):
            return a[0] * b[0], a[1] or b[1]
    return None


def _least(node: Node) -> float:
    """The least number that a choice among constants can give; NaN if it is anything else."""
    if node.op is Op.CONST:
        return _number(node)
    if node.op is Op.JOIN:
        return _least(node.inputs[0])
    if node.op is Op.OUTPUT and node.inputs[0].op is Op.CALL and node.inputs[0].data[0] == "choose":
        _, yes, no = node.inputs[0].inputs
        a, b = _least(yes), _least(no)
        return math.nan if math.isnan(a) or math.isnan(b) else min(a, b)
    return math.nan
