"""Writes programs and what they read into the order loop's book: columns, statistics, readings, what an entry keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tradeplan.dsl.graph import CheckedRule, MoveStopAction, Node, Op, TimeSpan
from tradeplan.runtime.engine.book_writer import BookWriter
from tradeplan.runtime.engine.residual import (
    Residual,
    is_of_trades,
    operand,
    program,
    span_of,
    statistic_kind,
    target_of,
)
from tradeplan.runtime.kernels.orders import layout as at

_CALENDARS = {"": at.NO_CALENDAR, "day": at.DAY, "week": at.WEEK, "ever": at.EVER}


def span_words(span: TimeSpan | None) -> tuple[int, int]:
    """Milliseconds and calendar of a span; none is 0 and none."""
    return (0, at.NO_CALENDAR) if span is None else (span.milliseconds, _CALENDARS[span.calendar])


class ProgramWriter:
    """Keeps what all plans share while it writes: column slots, programs, statistics, readings."""

    def __init__(self, book: BookWriter) -> None:
        self.book = book
        self.values: dict[Node, int] = {}
        self.truths: dict[Node, int] = {}
        self.statistics: dict[tuple[int, int, int, str, int], list[int]] = {}
        self.readings: dict[str, int] = {}
        self._captures: dict[Node, int] = {}
        self._owner = 0
        # equal plans have equal parts, which are one node: one program serves all of them
        self._compiled: dict[Node, Residual] = {}
        self._places: dict[int, tuple[int, int]] = {}

    def begin(self, owner: int, rules: Sequence[CheckedRule]) -> tuple[int, int]:
        """Programs of this owner's rules follow; from where to where lies what they keep at an entry."""
        self._owner = owner
        found = captured_nodes(rules)
        columns = [(self.column(node.inputs[0]), int(node.inputs[0].condition)) for node in found]
        first = self.book.take(at.CAPTURE, len(found))
        self._captures = {}
        for i, (node, words) in enumerate(zip(found, columns, strict=True)):
            address = first + at.CAPTURE * i
            self.book.k[address : address + 2] = words
            self._captures[node] = address
        return first, first + at.CAPTURE * len(found)

    def column(self, node: Node) -> int:
        """The slot that holds where a value column or condition column starts in the chunk."""
        slots = self.truths if node.condition else self.values
        if node not in slots:
            slots[node] = self.book.take(1)
        return slots[node]

    def compiled(self, node: Node) -> Residual:
        """The program of a node; one that remembers is made anew each time, since its memory is of one plan."""
        found = self._compiled.get(node)
        if found is None or found.temporal:
            found = self._compiled[node] = program(node)
        return found

    def cells(self, residuals: Sequence[Residual | None]) -> tuple[int, int]:
        """Give every temporal operator its two floats; those of the position lie together: a new one resets them.

        Tells from where to where these lie.
        """
        found = [(r, place, own) for r in residuals if r is not None for place, own in r.temporal]
        own = [f for f in found if f[2]]
        first = self.book.take(at.CELL, len(found))
        for i, (residual, place, _) in enumerate((*own, *(f for f in found if not f[2]))):
            address = first + at.CELL * i
            self.book.f[address] = at.INF
            old = residual.code[place]
            residual.code[place] = type(old)(old.op, address, old.value)
        return first, first + at.CELL * len(own)

    def written(self, residual: Residual) -> tuple[int, int]:
        """Where a program lies; one that is the same for every plan is written once."""
        if not residual.shared:
            return self._write(residual)
        if id(residual) not in self._places:
            self._places[id(residual)] = self._write(residual)
        return self._places[id(residual)]

    def _write(self, residual: Residual) -> tuple[int, int]:
        code = residual.code
        first = self.book.take(at.INSTRUCTION, len(code))
        for i, x in enumerate(code):
            address = first + at.INSTRUCTION * i
            index = x.index
            if x.op == at.O_CAPTURE and x.node is not None:
                index = self._captures[x.node]
            elif x.op == at.O_STATISTIC and x.node is not None:
                scope = self._owner if is_of_trades(x.node) else 0
                key = (statistic_kind(x.node), *span_words(span_of(x.node)), target_of(x.node), scope)
                self.statistics.setdefault(key, []).append(address)
            elif x.op == at.O_READING and x.node is not None:
                name = str(x.node.data[0])
                if name == "trades.losing_streak":
                    index = self._owner + at.F_STREAK
                else:
                    if name not in self.readings:
                        self.readings[name] = self.book.take(1)
                    index = self.readings[name]
            elif x.node is not None:
                index = self.column(x.node)
            self.book.k[address : address + 2] = [x.op, index]
            self.book.f[address + at.O_VALUE] = x.value
        return first, first + at.INSTRUCTION * len(code)

    def operand(self, node: Node) -> tuple[int, int, float] | None:
        """Kind, place and scale of a node that needs no program."""
        found = operand(node)
        return None if found is None else self.simple(found)

    def simple(self, found: tuple[int, Node | int, float]) -> tuple[int, int, float]:
        """The same with the place of what was found."""
        kind, what, scale = found
        if isinstance(what, Node):
            return kind, self._captures[what] if kind == at.K_CAPTURE else self.column(what), scale
        return kind, what, scale


def captured_nodes(rules: Iterable[CheckedRule]) -> dict[Node, None]:
    """What rules read with at_entry, in the order in which it is kept."""
    found: dict[Node, None] = {}
    for rule in rules:
        _find(rule.residual, Op.AT_ENTRY, found)
        for action in rule.actions:
            if isinstance(action, MoveStopAction):
                _find(action.price, Op.AT_ENTRY, found)
    return found


def _find(node: Node | None, op: Op, found: dict[Node, None]) -> None:
    if node is None or not node.positional:
        return
    if node.op is op:
        found[node] = None
        return
    for x in node.inputs:
        _find(x, op, found)
