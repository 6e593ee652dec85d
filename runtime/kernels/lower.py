"""From graph nodes to instructions: which row each node has, and what has to run to fill it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import Lane, Node, Op
from tradeplan.runtime.kernels.build import Column
from tradeplan.runtime.kernels.fold import folded
from tradeplan.runtime.kernels.rows import Arena, Row
from tradeplan.runtime.kernels.source import codes

_ARITHMETIC = {
    Op.ADD: codes.ADD,
    Op.SUB: codes.SUBTRACT,
    Op.MUL: codes.MULTIPLY,
    Op.DIV: codes.DIVIDE,
    Op.MIN: codes.LEAST,
    Op.MAX: codes.GREATEST,
}
_COMPARE = {Op.LT: codes.LESS, Op.LE: codes.LESS_EQUAL, Op.EQ: codes.EQUAL, Op.NE: codes.NOT_EQUAL}
_COMPARE_CONSTANT = {
    Op.LT: codes.LESS_CONSTANT,
    Op.LE: codes.LESS_EQUAL_CONSTANT,
    Op.GT: codes.GREATER_CONSTANT,
    Op.GE: codes.GREATER_EQUAL_CONSTANT,
    Op.EQ: codes.EQUAL_CONSTANT,
    Op.NE: codes.NOT_EQUAL_CONSTANT,
}
_MIRROR = {Op.LT: Op.GT, Op.GT: Op.LT, Op.LE: Op.GE, Op.GE: Op.LE, Op.EQ: Op.EQ, Op.NE: Op.NE}


@dataclass(slots=True)
class Instruction:
    """One instruction before rows have offsets; see `source.codes` for the words."""

    op: int
    lane: int
    out: Row | int
    a: Row | list[Row] | None = None
    b: Row | list[Row] | None = None
    n: Row | int = 0
    constant: float = 0.0
    state: tuple[int, int, int, int] = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class State:
    """A node's part of the state arrays: start and size of floats, integers and ring."""

    floats: tuple[int, int] = (0, 0)
    integers: tuple[int, int] = (0, 0)
    ring: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Pair:
    """A source lane joined to a target lane, with its rows of source positions, run lengths and reasons."""

    source: int
    target: int
    index: Row
    runs: Row
    reason: Row


@dataclass
class Lowering:
    """What the nodes become; `lower` takes them with inputs first."""

    catalog: Catalog
    lanes: list[Lane]
    rows: dict[Node, Row] = field(default_factory=dict)
    owned: dict[Node, list[Row]] = field(default_factory=dict)
    states: dict[Node, State] = field(default_factory=dict)
    pairs: dict[tuple[int, int], Pair] = field(default_factory=dict)
    instructions: list[Instruction] = field(default_factory=list)
    columns: dict[tuple[str, int, int], Column] = field(default_factory=dict)
    parameters: list[float] = field(default_factory=list)
    constants: list[tuple[Row, float]] = field(default_factory=list)
    integers: list[int] = field(default_factory=list)
    floats: int = 0
    ring: int = 0

    def __post_init__(self) -> None:
        self.lane_number = {lane: i for i, lane in enumerate(self.lanes)}
        # the first row of ticks holds each lane's close times; the last group holds constants
        self.counts = [[0, 0, 1] for _ in self.lanes] + [[0, 0, 0]]
        self._folded: dict[Node, float] = {}
        self._constant_rows: dict[tuple[Arena, bytes], Row] = {}
        self._outputs: dict[Node, list[Row]] = {}
        self._as_values: dict[Node, Row] = {}

    def lower(self, node: Node) -> None:
        """Give a node its row, and the instructions that fill it. Raises ValueError for what is no column."""
        if node.positional:
            raise ValueError(f"`{node.op}` depends on the position or the account: it is no column")
        if node.lane is None:
            value = self._folded[node] = folded(node, [self._folded[i] for i in node.inputs])
            self.rows[node] = self._constant(Arena.CONDITIONS if node.condition else Arena.VALUES, value)
        else:
            _LOWER[node.op](self, node, self.lane_number[node.lane])

    # --- rows ---

    def _new(self, arena: Arena, lane: int, owner: Node | None = None) -> Row:
        row = Row(arena, lane, self.counts[lane][arena])
        self.counts[lane][arena] += 1
        if owner is not None:
            self.owned.setdefault(owner, []).append(row)
        return row

    def _own(self, node: Node, lane: int) -> Row:
        row = self.rows[node] = self._new(Arena.CONDITIONS if node.condition else Arena.VALUES, lane, node)
        return row

    def _constant(self, arena: Arena, value: float) -> Row:
        key = (arena, struct.pack("d", value))
        if key not in self._constant_rows:
            row = self._constant_rows[key] = self._new(arena, len(self.lanes))
            self.constants.append((row, value))
        return self._constant_rows[key]

    def _emit(
        self,
        op: int,
        lane: int,
        out: Row,
        a: Row | list[Row],
        b: Row | list[Row] | None = None,
        n: Row | int = 0,
        constant: float = 0.0,
        state: tuple[int, int, int, int] = (0, 0, 0, 0),
    ) -> None:
        self.instructions.append(Instruction(op, lane, out, a, b, n, constant, state))

    # --- operations ---

    def _base(self, node: Node, lane: int) -> None:
        self._own(node, lane)  # filled from the data before the kernel runs

    def _arithmetic(self, node: Node, lane: int) -> None:
        x, y = node.inputs
        out = self._own(node, lane)
        op, left, right = node.op, self._folded.get(x), self._folded.get(y)
        if right is not None and op is Op.ADD:
            self._emit(codes.ADD_CONSTANT, lane, out, self.rows[x], constant=right)
        elif right is not None and op is Op.SUB:
            self._emit(codes.ADD_CONSTANT, lane, out, self.rows[x], constant=-right)
        elif right is not None and op is Op.MUL:
            self._emit(codes.MULTIPLY_BY, lane, out, self.rows[x], constant=right)
        elif right is not None and op is Op.DIV:
            self._emit(codes.DIVIDE_BY, lane, out, self.rows[x], constant=right if right != 0.0 else float("nan"))
        elif left is not None and op is Op.ADD:
            self._emit(codes.ADD_CONSTANT, lane, out, self.rows[y], constant=left)
        elif left is not None and op is Op.SUB:
            self._emit(codes.SUBTRACT_FROM, lane, out, self.rows[y], constant=left)
        elif left is not None and op is Op.MUL:
            self._emit(codes.MULTIPLY_BY, lane, out, self.rows[y], constant=left)
        elif left is not None and op is Op.DIV:
            self._emit(codes.DIVIDE_INTO, lane, out, self.rows[y], constant=left)
        else:
            self._emit(_ARITHMETIC[op], lane, out, self.rows[x], self.rows[y])

    def _unary(self, node: Node, lane: int) -> None:
        op = codes.NEGATE if node.op is Op.NEG else codes.ABSOLUTE
        self._emit(op, lane, self._own(node, lane), self.rows[node.inputs[0]])

    def _comparison(self, node: Node, lane: int) -> None:
        (x, y), op = node.inputs, node.op
        out = self._own(node, lane)
        if y in self._folded:
            self._emit(_COMPARE_CONSTANT[op], lane, out, self.rows[x], constant=self._folded[y])
        elif x in self._folded:
            self._emit(_COMPARE_CONSTANT[_MIRROR[op]], lane, out, self.rows[y], constant=self._folded[x])
        elif op in (Op.GT, Op.GE):
            self._emit(_COMPARE[_MIRROR[op]], lane, out, self.rows[y], self.rows[x])
        else:
            self._emit(_COMPARE[op], lane, out, self.rows[x], self.rows[y])

    def _logic(self, node: Node, lane: int) -> None:
        inputs = [self.rows[i] for i in node.inputs]
        if len(inputs) == 1:
            inputs *= 2
        op = codes.ALL if node.op is Op.AND else codes.ANY
        self._emit(op, lane, self._own(node, lane), inputs, n=len(inputs))

    def _not(self, node: Node, lane: int) -> None:
        self._emit(codes.OPPOSITE, lane, self._own(node, lane), self.rows[node.inputs[0]])

    def _known(self, node: Node, lane: int) -> None:
        op = codes.KNOWN_CONDITION if node.inputs[0].condition else codes.KNOWN_VALUE
        self._emit(op, lane, self._own(node, lane), self.rows[node.inputs[0]])

    def _became(self, node: Node, lane: int) -> None:
        self._emit(codes.BECAME, lane, self._own(node, lane), self.rows[node.inputs[0]])

    def _span(self, node: Node, lane: int) -> None:
        (bars,) = node.data
        if not isinstance(bars, int) or bars < 1:
            raise ValueError(f"`{node.op}` spans {bars!r} bars: expected a whole number from 1")
        start = len(self.integers)
        self.integers += [0, bars - 1]  # what lies before the first bar is UNKNOWN
        self.states[node] = State(integers=(start, 2))
        op = codes.HELD_FOR if node.op is Op.FOR else codes.HELD_WITHIN
        source = self.rows[node.inputs[0]]
        self._emit(op, lane, self._own(node, lane), source, n=bars, state=(0, start, 0, 0))

    def _ago(self, node: Node, lane: int) -> None:
        (bars,) = node.data
        if not isinstance(bars, int) or bars < 0:
            raise ValueError(f"a look back of {bars!r} bars: expected a whole number from 0")
        source = self.rows[node.inputs[0]]
        if node.inputs[0].lane is None:
            source = self._copied(node, source, lane)
        self.rows[node] = source.ago(bars)

    def _copied(self, node: Node, constant: Row, lane: int) -> Row:
        """A constant on a lane: unlike the constant alone it is UNKNOWN before the lane's first bar."""
        copy = self._new(constant.arena, lane, node)
        if node.condition:
            self._emit(codes.ALL, lane, copy, [constant, constant], n=2)
        else:
            self._emit(codes.MULTIPLY_BY, lane, copy, constant, constant=1.0)
        return copy

    def _join(self, node: Node, lane: int) -> None:
        (x,) = node.inputs
        if x.lane is None:
            self.rows[node] = self._copied(node, self.rows[x], lane)
            return
        key = (self.lane_number[x.lane], lane)
        if key not in self.pairs:
            self.pairs[key] = Pair(
                *key,
                self._new(Arena.TICKS, lane),
                self._new(Arena.TICKS, lane),
                self._new(Arena.CONDITIONS, lane),
            )
        op = codes.JOIN_CONDITIONS if node.condition else codes.JOIN_VALUES
        pair = self.pairs[key]
        self._emit(op, lane, self._own(node, lane), self.rows[x], pair.index, n=pair.runs)

    # --- functions ---

    def _call(self, node: Node, lane: int) -> None:
        name, outputs = node.data[0], node.data[-1]
        p = [float(v) for v in node.data[1:-1]]  # type: ignore[arg-type]  # data is as the operation says
        function = self.catalog[str(name)]
        assert isinstance(outputs, int)
        inputs = [self._value_row(i, lane) for i in node.inputs] or [self._constant(Arena.VALUES, 0.0)]
        column = Column(function, len(p), len(inputs))
        which = list(self.columns).index(key) if (key := (function.name, len(p), len(inputs))) in self.columns else -1
        if which < 0:
            which = len(self.columns)
            self.columns[key] = column
        ring = int(function.ring(p))
        state = State(
            (self.floats, max(function.floats, 1)),
            (len(self.integers), max(function.integers, 1)),
            (self.ring, ring),
        )
        self.states[node] = state
        start = (self.floats, len(self.integers), self.ring, len(self.parameters))
        self.floats += state.floats[1]
        self.integers += [0] * state.integers[1]
        self.ring += ring
        self.parameters += p or [0.0]
        rows = self._outputs[node] = [self._new(Arena.VALUES, lane, node) for _ in range(outputs)]
        self.instructions.append(Instruction(codes.CALL, lane, ring, inputs, list(rows), which, 0.0, start))
        self._read(node, rows[0], lane)

    def _output(self, node: Node, lane: int) -> None:
        index = node.data[0]
        assert isinstance(index, int)
        self._read(node, self._outputs[node.inputs[0]][index], lane)

    def _read(self, node: Node, row: Row, lane: int) -> None:
        if node.condition:
            self._emit(codes.TO_CONDITION, lane, self._own(node, lane), row)
        else:
            self.rows[node] = row

    def _value_row(self, node: Node, lane: int) -> Row:
        """The node as steps read it: conditions as 0, 1, NaN."""
        if not node.condition:
            return self.rows[node]
        if node not in self._as_values:
            if node.lane is None:
                byte = self._folded[node]
                self._as_values[node] = self._constant(Arena.VALUES, float("nan") if byte == 1.0 else byte / 2.0)
            else:
                row = self._as_values[node] = self._new(Arena.VALUES, lane)
                self._emit(codes.TO_VALUE, lane, row, self.rows[node])
        return self._as_values[node]


_LOWER: dict[Op, Callable[[Lowering, Node, int], None]] = {
    **dict.fromkeys((Op.FIELD, Op.CALENDAR, Op.FEATURE), Lowering._base),
    **dict.fromkeys(_ARITHMETIC, Lowering._arithmetic),
    **dict.fromkeys(_COMPARE_CONSTANT, Lowering._comparison),
    **dict.fromkeys((Op.NEG, Op.ABS), Lowering._unary),
    **dict.fromkeys((Op.AND, Op.OR), Lowering._logic),
    **dict.fromkeys((Op.FOR, Op.WITHIN), Lowering._span),
    Op.NOT: Lowering._not,
    Op.KNOWN: Lowering._known,
    Op.BECAME: Lowering._became,
    Op.AGO: Lowering._ago,
    Op.JOIN: Lowering._join,
    Op.CALL: Lowering._call,
    Op.OUTPUT: Lowering._output,
}
