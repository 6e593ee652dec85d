"""Random graphs over the lanes of a small world."""

from __future__ import annotations

import random

from tradeplan.dsl.graph import Graph, Lane, Node, Op

LANES = (
    Lane("a", "M5"),
    Lane("a", "M15"),
    Lane("a", "H1"),
    Lane("a", "D1"),
    Lane("b", "M15"),
    Lane("b", "D1"),
    Lane("b", "H1"),
    Lane("a", "M5", True),
    Lane("b", "M15", True),
)
_ARITHMETIC = (Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.MIN, Op.MAX)
_COMPARE = (Op.LT, Op.LE, Op.GT, Op.GE, Op.EQ, Op.NE)


class Growing:
    """A graph that grows by random nodes; `values` and `conditions` per lane, constants under None."""

    def __init__(self, r: random.Random, graph: Graph | None = None) -> None:
        self.r = r
        self.graph = graph or Graph()
        self.nodes: list[Node] = []
        for lane in LANES:
            if not lane.steps:
                for name in ("open", "high", "close"):
                    self.nodes.append(self.graph.node(Op.FIELD, (), (name,), lane))
            self.nodes.append(self.graph.node(Op.CALENDAR, (), ("seconds", "UTC", r.random() < 0.5), lane))
        self.constants = [self.graph.constant(v) for v in (0.0, 1.5, -2.0)]
        self.truths = [self.graph.truth(True), self.graph.truth(False)]

    def grow(self, count: int) -> list[Node]:
        """Add so many nodes and give the new ones."""
        new = []
        while len(new) < count:
            node = self._node()
            if node.lane is not None and node not in self.nodes:
                self.nodes.append(node)
                new.append(node)
        return new

    def _pick(self, lane: Lane, condition: bool) -> Node:
        fitting = [n for n in self.nodes if n.lane == lane and n.condition == condition]
        if self.r.random() < 0.1 or not fitting:
            return self.r.choice(self.truths if condition else self.constants)
        return self.r.choice(fitting[-12:])

    def _node(self) -> Node:
        r, g = self.r, self.graph
        lane = r.choice(LANES)
        value, other = self._pick(lane, False), self._pick(lane, False)
        truth, second = self._pick(lane, True), self._pick(lane, True)
        kind = r.randrange(13)
        if kind == 0:
            return g.node(r.choice(_ARITHMETIC), (value, other), (), lane)
        if kind == 1:
            return g.node(r.choice((Op.NEG, Op.ABS)), (value,), (), lane)
        if kind in (2, 3):
            return g.node(r.choice(_COMPARE), (value, other), (), lane)
        if kind == 4:
            inputs = (truth, second, self._pick(lane, True))[: r.randint(2, 3)]
            return g.node(r.choice((Op.AND, Op.OR)), inputs, (), lane)
        if kind == 5:
            return g.node(Op.NOT, (truth,), (), lane)
        if kind == 6:
            return g.node(Op.KNOWN, (r.choice((truth, value)),), (), lane)
        if kind == 7:
            return g.node(Op.BECAME, (truth,), (), lane)
        if kind == 8:
            return g.node(r.choice((Op.FOR, Op.WITHIN)), (truth,), (r.choice((1, 2, 5)),), lane)
        if kind == 9:
            return g.node(Op.AGO, (r.choice((truth, value)),), (r.choice((1, 2, 20)),), lane)
        if kind == 10:
            source = r.choice(LANES)
            return g.node(Op.JOIN, (self._pick(source, r.random() < 0.5),), (), lane)
        return self._call(lane, value, other, truth)

    def _call(self, lane: Lane, value: Node, other: Node, truth: Node) -> Node:
        g = self.graph
        name = self.r.choice(("average", "window", "tally", "many"))
        if name == "average":
            return g.node(Op.CALL, (value,), (name, 0.25, 1), lane)
        if name == "many":
            return g.node(Op.CALL, (value,), (name, 1.0, 1), lane)
        inputs = (value, other) if name == "window" else (truth,)
        call = g.node(Op.CALL, inputs, (name, 3.0, 2), lane)
        index = self.r.randrange(2)
        return g.node(Op.OUTPUT, (call,), (index,), lane, condition=name == "window" and index == 1)
