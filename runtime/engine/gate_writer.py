"""Writes the gates of rules into the order loop's book: equal ones, of however many plans, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tradeplan.dsl.graph import Gate, Node
from tradeplan.runtime.engine.book_writer import BookWriter
from tradeplan.runtime.engine.residual import POSITION_VALUES
from tradeplan.runtime.kernels.orders import layout as at


class GateWriter:
    """`column` gives the slot of a condition column. What a gate keeps, when its column is TRUE next, is no plan's."""

    def __init__(self, book: BookWriter, column: Callable[[Node], int]) -> None:
        self._book = book
        self._column = column
        self._places: dict[tuple[Gate, ...], tuple[int, int]] = {}

    def gates(self, gates: tuple[Gate, ...]) -> tuple[int, int]:
        """Where the gates of a rule lie, from one address to another."""
        if gates not in self._places:
            self._places[gates] = self._written(gates)
        return self._places[gates]

    def _written(self, gates: Sequence[Gate]) -> tuple[int, int]:
        k, f = self._book.k, self._book.f
        first = self._book.take(at.GATE, len(gates))
        for i, gate in enumerate(gates):
            address = first + at.GATE * i
            bounds = self._book.take(at.BOUND, len(gate.bounds))
            column = -1 if gate.column is None else self._column(gate.column)
            k[address : address + 3] = [column, bounds, bounds + at.BOUND * len(gate.bounds)]
            for j, bound in enumerate(gate.bounds):
                place = bounds + at.BOUND * j
                k[place : place + 3] = [POSITION_VALUES.index(bound.name), int(bound.upwards), int(bound.in_r)]
                f[place + at.H_LEVEL] = bound.level
        return first, first + at.GATE * len(gates)
