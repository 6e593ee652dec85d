"""Every node by its definition, one tick at a time, over whole lists; None is UNKNOWN."""

from __future__ import annotations

from typing import Any

from tradeplan.dsl.graph import Lane, Node, Op
from tradeplan.runtime.market.bars import Bars

from tests.runtime.kernels.world import LENGTH, World

Value = float | bool | None


class Reference:
    """Answers `at(node, tick)`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._times: dict[Lane, list[int]] = {}
        self._memo: dict[tuple[Node, int], Value] = {}
        self._columns: dict[tuple[Node, int], list[Value]] = {}

    def times(self, lane: Lane) -> list[int]:
        """The ticks of a lane."""
        if lane not in self._times:
            self._times[lane] = self.world.times(lane)
        return self._times[lane]

    def column(self, node: Node) -> list[Value]:
        """A node on every tick of its lane."""
        assert node.lane is not None
        return [self.at(node, i) for i in range(len(self.times(node.lane)))]

    def at(self, node: Node, i: int) -> Value:
        """A node on a tick; what has a lane has no value before its first."""
        if node.lane is not None and i < 0:
            return None
        if (node, i) not in self._memo:
            self._memo[node, i] = self._value(node, i)
        return self._memo[node, i]

    def _value(self, node: Node, i: int) -> Value:
        op, data = node.op, node.data
        if op is Op.CONST:
            return bool(data[0]) if node.condition else _number(data[0])
        if op is Op.FIELD:
            assert node.lane is not None
            found = self.world.bars(node.lane.market, node.lane.timeframe)
            assert isinstance(found, Bars)
            return _number(getattr(found, str(data[0]))[i])
        if op is Op.CALENDAR:
            assert node.lane is not None
            time = self.times(node.lane)[i] - (0 if data[2] else LENGTH[node.lane.timeframe])
            return float(time // 1000 % 86_400)
        if op is Op.CALL:
            return self._call(node, 0, i)
        if op is Op.OUTPUT:
            value = self._call(node.inputs[0], int(str(data[0])), i)
            return None if value is None else bool(value) if node.condition else value
        if op is Op.JOIN:
            return self._join(node, i)
        if op is Op.AGO:
            bars = int(str(data[0]))
            return self.at(node.inputs[0], i - bars) if i >= bars else None
        if op in (Op.FOR, Op.WITHIN):
            span = [self.at(node.inputs[0], j) if j >= 0 else None for j in range(i - int(str(data[0])) + 1, i + 1)]
            return _all(span) if op is Op.FOR else _any(span)
        if op is Op.BECAME:
            before, now = self.at(node.inputs[0], i - 1), self.at(node.inputs[0], i)
            return None if before is None or now is None else now is True and before is False
        return _plain(op, [self.at(x, i) for x in node.inputs])

    def _join(self, node: Node, i: int) -> Value:
        (x,) = node.inputs
        assert node.lane is not None
        if x.lane is None:
            return self.at(x, 0)
        t = self.times(node.lane)[i]
        seen = [j for j, close in enumerate(self.times(x.lane)) if close <= t]
        if not seen:
            return None
        return self.at(x, seen[-1]) if x.lane.steps or self._fresh(x.lane, self.times(x.lane)[seen[-1]], t) else None

    def _fresh(self, lane: Lane, close: int, t: int) -> bool:
        calendar = self.world.calendars[lane.market]
        if lane.timeframe == "D1":
            return len(calendar.scheduled_closes("D1", close, t)) <= calendar.stale_cadences
        if not any(a < t <= b for a, b in calendar.sessions):
            return False
        passed = sum(max(min(b, t) - max(a, close), 0) for a, b in calendar.sessions)
        return passed < calendar.stale_cadences * LENGTH[lane.timeframe]

    def _call(self, node: Node, output: int, i: int) -> Value:
        if (node, output) not in self._columns:
            assert node.lane is not None
            n = len(self.times(node.lane))
            inputs = [[self.at(x, j) for j in range(n)] for x in node.inputs]
            for o, column in enumerate(_FUNCTIONS[str(node.data[0])](inputs, float(str(node.data[1])), n)):
                self._columns[node, o] = column
        return self._columns[node, output][i]


def _number(value: Any) -> float | None:
    return float(value) if value == value else None


def _all(span: list[Value]) -> bool | None:
    return False if False in span else None if None in span else True


def _any(span: list[Value]) -> bool | None:
    return True if True in span else None if None in span else False


def _plain(op: Op, x: list[Any]) -> Value:
    if op is Op.AND:
        return _all(x)
    if op is Op.OR:
        return _any(x)
    if op is Op.KNOWN:
        return x[0] is not None
    if None in x:
        return None
    if op is Op.DIV:
        return None if x[1] == 0.0 else _number(x[0] / x[1])
    simple = {
        Op.NOT: lambda: not x[0],
        Op.ADD: lambda: x[0] + x[1],
        Op.SUB: lambda: x[0] - x[1],
        Op.MUL: lambda: x[0] * x[1],
        Op.NEG: lambda: -x[0],
        Op.ABS: lambda: abs(x[0]),
        Op.MIN: lambda: min(x),
        Op.MAX: lambda: max(x),
        Op.LT: lambda: x[0] < x[1],
        Op.LE: lambda: x[0] <= x[1],
        Op.GT: lambda: x[0] > x[1],
        Op.GE: lambda: x[0] >= x[1],
        Op.EQ: lambda: x[0] == x[1],
        Op.NE: lambda: x[0] != x[1],
    }
    value = simple[op]()
    return value if isinstance(value, bool) else _number(value)


def _average(inputs: list[list[Value]], p: float, n: int) -> list[list[Value]]:
    out: list[Value] = []
    s: float | None = None
    for v in inputs[0]:
        if v is not None:
            s = float(v) if s is None else s + p * (v - s)
        out.append(None if v is None else s)
    return [out]


def _window(inputs: list[list[Value]], p: float, n: int) -> list[list[Value]]:
    totals: list[Value] = []
    run: list[float] = []
    for a, b in zip(*inputs, strict=True):
        run = [] if a is None or b is None else [*run, a + b]
        totals.append(sum(run[-int(p) :]) if len(run) >= p else None)
    return [totals, [None if t is None else t > 0.0 for t in totals]]


def _tally(inputs: list[list[Value]], p: float, n: int) -> list[list[Value]]:
    c = inputs[0]
    true = [None if i % 3 == 2 else float(sum(v is True for v in c[: i + 1])) for i in range(n)]
    return [list(true), [float(sum(v is None for v in c[: i + 1])) for i in range(n)]]


def _many(inputs: list[list[Value]], p: float, n: int) -> list[list[Value]]:
    out: list[Value] = []
    f, k = 0.0, 0
    for v in inputs[0]:
        if v is not None:
            f, k = f + v * 20, k + 19
        out.append(None if v is None else f + k)
    return [out]


_FUNCTIONS = {"average": _average, "window": _window, "tally": _tally, "many": _many}
