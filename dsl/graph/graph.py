"""The graph: makes nodes, each only once."""

from __future__ import annotations

from collections.abc import Hashable

from tradeplan.dsl.graph.node import CONDITION_OPS, Lane, Node, Op

_POSITIONAL_OPS = frozenset({Op.POSITION, Op.AT_ENTRY, Op.ACCOUNT})


class Graph:
    """Interns nodes. One graph lives as long as a running instance, so that a reloaded plan finds its nodes again."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[Hashable, ...], Node] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def node(
        self,
        op: Op,
        inputs: tuple[Node, ...] = (),
        data: tuple[Hashable, ...] = (),
        lane: Lane | None = None,
        condition: bool | None = None,
    ) -> Node:
        """The one node of this operation over these inputs; the lane defaults to that of the inputs.

        INVARIANT: all inputs that have a lane share it, except for JOIN; mixing lanes without a JOIN is a bug of the
        caller and raises ValueError.
        """
        if op is not Op.JOIN:
            for i in inputs:
                if i.lane is not None:
                    if lane is None:
                        lane = i.lane
                    elif i.lane is not lane and i.lane != lane:
                        raise ValueError(f"{op} mixes lanes {lane} and {i.lane} without a join")
        if condition is None:
            condition = op in CONDITION_OPS or (
                op in (Op.AGO, Op.JOIN, Op.AT_ENTRY) and bool(inputs) and inputs[0].condition
            )
        key = (op, lane, inputs, data, condition)  # nodes are equal if they are the same
        found = self._nodes.get(key)
        if found is None:
            positional = op in _POSITIONAL_OPS
            for i in inputs:
                positional = positional or i.positional
            found = self._nodes[key] = Node(op, lane, inputs, data, condition, positional, len(self._nodes))
        return found

    def constant(self, value: float) -> Node:
        """A number."""
        return self.node(Op.CONST, data=(value,))

    def truth(self, value: bool) -> Node:
        """A condition that is always TRUE or always FALSE."""
        return self.node(Op.CONST, data=(1.0 if value else 0.0,), condition=True)
