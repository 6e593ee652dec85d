"""The tables of a graph: rows, instructions, parameters and first state, as flat arrays that fit any market."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import Lane, Node, Op
from tradeplan.runtime.kernels.build import Column
from tradeplan.runtime.kernels.lower import Instruction, Lowering, Pair, State
from tradeplan.runtime.kernels.rows import MINIMUM_HISTORY, Arena, Layout, Row
from tradeplan.runtime.kernels.source import codes

CAPACITY = 4_096
"""New bars of a lane that a chunk can hold: the rows of 50 indicators then stay in the cache of a processor."""


class Tables:
    """Everything about a set of nodes that does not depend on data.

    `nodes`: the nodes reached from the roots, inputs first. `lanes`: their lanes; a lane's number is its place there.
    """

    def __init__(self, nodes: tuple[Node, ...], lowered: Lowering, capacity: int) -> None:
        self.nodes = nodes
        self.lanes: tuple[Lane, ...] = tuple(lowered.lanes)
        self.lane_number: dict[Lane, int] = lowered.lane_number
        self.rows: dict[Node, Row] = lowered.rows
        self.owned: dict[Node, list[Row]] = lowered.owned
        self.states: dict[Node, State] = lowered.states
        self.pairs: tuple[Pair, ...] = tuple(lowered.pairs.values())
        self.columns: tuple[Column, ...] = tuple(lowered.columns.values())
        self.layout = Layout(lowered.counts, _histories(lowered), capacity)
        self.constants: list[tuple[int, int, Arena, float]] = [
            (start := self.layout.offset(row), start + self.layout.blocks[-1][row.arena].stride, row.arena, value)
            for row, value in lowered.constants
        ]
        self.first_integers: NDArray[np.int64] = np.array(lowered.integers or [0], dtype=np.int64)
        self.parameters: NDArray[np.float64] = np.array(lowered.parameters or [0.0], dtype=np.float64)
        self.floats = max(lowered.floats, 1)
        self.ring = max(lowered.ring, 1)
        self._encode(lowered.instructions)

    @classmethod
    def build(cls, roots: Iterable[Node], catalog: Catalog, capacity: int = CAPACITY) -> Tables:
        """The tables of all nodes that the roots reach. Raises ValueError for a positional node."""
        nodes = _reached(roots)
        lanes = list(dict.fromkeys(node.lane for node in nodes if node.lane is not None))
        lowered = Lowering(catalog, lanes)
        for node in nodes:
            lowered.lower(node)
        return cls(nodes, lowered, capacity)

    def offset(self, node: Node) -> int:
        """Where the node lies in the arena of its sort: at lane position i, `arena[offset + i]`.

        A node without a lane is there at every position of every lane.
        """
        return self.layout.offset(self.rows[node])

    def time_offset(self, lane: Lane) -> int:
        """Where a lane's close times lie in `ticks`."""
        return self.layout.blocks[self.lane_number[lane]][Arena.TICKS].base

    def reason_offset(self, source: Lane, target: Lane) -> int | None:
        """Where the reasons of a join lie in `conditions` (see `source.joins`), None where there is no such join."""
        numbers = (self.lane_number.get(source), self.lane_number.get(target))
        for pair in self.pairs:
            if (pair.source, pair.target) == numbers:
                return self.layout.offset(pair.reason)
        return None

    def of(self, op: Op) -> list[Node]:
        """The nodes of an operation."""
        return [node for node in self.nodes if node.op is op]

    def _encode(self, instructions: list[Instruction]) -> None:
        code = np.zeros(max(len(instructions), 1) * codes.WORDS, dtype=np.int64)
        rows: list[int] = []
        at = 0
        for i in instructions:
            words = [
                i.op,
                i.lane,
                self.layout.offset(i.out) if isinstance(i.out, Row) else i.out,
                self._operand(i.a, rows),
                self._operand(i.b, rows),
                self.layout.offset(i.n) if isinstance(i.n, Row) else i.n,
                *i.state,
            ]
            code[at : at + codes.WORDS] = words
            at += codes.WORDS
        self.code: NDArray[np.int64] = code
        self.rows_of_many: NDArray[np.int64] = np.array(rows or [0], dtype=np.int64)
        self.immediates: NDArray[np.float64] = np.array([i.constant for i in instructions], dtype=np.float64)

    def _operand(self, operand: Row | list[Row] | None, rows: list[int]) -> int:
        if operand is None:
            return 0
        if isinstance(operand, Row):
            return self.layout.offset(operand)
        start = len(rows)
        rows += [self.layout.offset(row) for row in operand]
        return start


def _reached(roots: Iterable[Node]) -> tuple[Node, ...]:
    seen: set[Node] = set()
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting.extend(node.inputs)
    return tuple(sorted(seen, key=lambda node: node.identity))


def _histories(lowered: Lowering) -> list[int]:
    """Slots in front of each lane's rows: the furthest look back and one more, which BECAME and joins read."""
    deepest = [MINIMUM_HISTORY] * len(lowered.lanes)
    for row in lowered.rows.values():
        if row.lane < len(deepest):
            deepest[row.lane] = max(deepest[row.lane], row.shift + 1)
    return deepest
