"""Any graph node at any tick of its lane, by definition: no columns, no chunks; None is UNKNOWN."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Protocol

from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import ACCOUNT_MARKET, Lane, Node, Op
from tradeplan.dsl.timeframe import is_daily_or_slower, milliseconds

from tests.oracle.clock import reading
from tests.oracle.stepping import Stepped
from tests.oracle.world import OracleBars, OracleMarket

Value = float | bool | None
MISSING = object()


class State(Protocol):
    """What positional nodes read: the simulated position and account at a past or present step of one plan."""

    def position(self, tick: int, name: str) -> float | None:
        """A position value at a step; None while flat."""

    def entry_tick(self, tick: int) -> int | None:
        """The step that sent the entry of the position open at a step; None while flat."""

    def account(self, tick: int, data: tuple[object, ...]) -> float | None:
        """An account reading at a step."""


class Values:
    """Evaluates nodes over a world whose step lanes tick at the given times."""

    def __init__(
        self, markets: Mapping[str, OracleMarket], catalog: Catalog, step_times: Mapping[Lane, list[int]]
    ) -> None:
        self.markets = markets
        self.catalog = catalog
        self.step_times = step_times
        self._memo: dict[Node, list[object]] = {}
        self._stepped: dict[Node, Stepped] = {}

    def times(self, lane: Lane) -> list[int]:
        """The ticks of a lane."""
        return self.step_times[lane] if lane.steps else self.bars(lane).close_time

    def bars(self, lane: Lane) -> OracleBars:
        """The bars of a bar lane."""
        return self.markets[lane.market].bars[lane.timeframe]

    def value(self, node: Node, tick: int, state: State | None = None) -> Value:
        """The node at a tick of its lane; before the first tick everything that has a lane is UNKNOWN."""
        if tick < 0 and node.lane is not None:
            return None
        if node.positional:
            return self._compute(node, tick, state)
        known = self._memo.setdefault(node, [])
        while len(known) <= tick:
            known.append(MISSING)
        if known[tick] is MISSING:
            known[tick] = self._compute(node, tick, None)
        return known[tick]  # type: ignore[return-value]  # MISSING is gone by now

    def _compute(self, node: Node, tick: int, state: State | None) -> Value:
        data = node.data
        match node.op:
            case Op.CONST:
                value = data[0]
                assert isinstance(value, (int, float))
                return bool(value) if node.condition else number(float(value))
            case Op.FIELD:
                assert node.lane is not None
                return number(self.bars(node.lane).column(str(data[0]))[tick])
            case Op.FEATURE:
                assert node.lane is not None
                return self._feature(node.lane, tick, node.data)
            case Op.CALENDAR:
                return self._calendar(node, tick)
            case Op.OUTPUT:
                index = data[0]
                assert isinstance(index, int)
                return self._call(node.inputs[0], tick, index, node.condition)
            case Op.CALL:
                return self._call(node, tick, 0, node.condition)
            case Op.JOIN:
                return self._join(node, tick)
            case Op.BECAME:
                return became(self.value(node.inputs[0], tick - 1), self.value(node.inputs[0], tick))
            case Op.AGO:
                bars = data[0]
                assert isinstance(bars, int)
                return self.value(node.inputs[0], tick - bars) if tick >= bars else None
            case Op.FOR | Op.WITHIN:
                return self._span(node, tick, state)
            case Op.POSITION:
                assert state is not None
                return state.position(tick, str(data[0]))
            case Op.AT_ENTRY:
                assert state is not None
                entry = state.entry_tick(tick)
                return None if entry is None else self.value(node.inputs[0], entry)
            case Op.ACCOUNT:
                assert state is not None
                return state.account(tick, data)
            case _:
                return plain(node.op, [self.value(i, tick, state) for i in node.inputs])

    def _span(self, node: Node, tick: int, state: State | None) -> bool | None:
        bars = node.data[0]
        assert isinstance(bars, int)
        over, first = node.inputs[0], None
        if reads_position(over):
            assert state is not None
            first = state.entry_tick(tick)
            if first is None:
                return None
        seen: list[Value] = []
        for i in range(tick - bars + 1, tick + 1):
            outside = i < 0 or (first is not None and state is not None and state.entry_tick(i) != first)
            seen.append(None if outside else self.value(over, i, state))
        return kleene_and(seen) if node.op is Op.FOR else kleene_or(seen)

    def _call(self, node: Node, tick: int, output: int, condition: bool) -> Value:
        stepped = self._stepped.get(node)
        if stepped is None:
            stepped = self._stepped[node] = Stepped(node, self.catalog)
        while len(stepped.rows) <= tick:
            at = len(stepped.rows)
            stepped.step([self.value(i, at) for i in node.inputs])
        result = stepped.rows[tick][output]
        return bool(result) if condition and result is not None else result

    def _feature(self, lane: Lane, tick: int, data: tuple[object, ...]) -> float | None:
        if data[1] != "calendar":
            return number(self.bars(lane).features[data][tick])
        market, closed = self.markets[lane.market], self.times(lane)[tick]
        opened = closed - milliseconds(lane.timeframe) if lane.steps else self.bars(lane).open_time[tick]
        return number(market.clocked(data, opened, closed))

    def _calendar(self, node: Node, tick: int) -> float | None:
        lane = node.lane
        assert lane is not None
        what, zone, at_close = node.data
        if lane.steps:
            time = self.step_times[lane][tick]
            if not at_close:
                time -= milliseconds(lane.timeframe)
        else:
            bars = self.bars(lane)
            time = bars.close_time[tick] if at_close else bars.open_time[tick]
        if zone == "broker":
            boundary, name = (0, "UTC") if lane.market == ACCOUNT_MARKET else self.markets[lane.market].day_boundary
            return reading(str(what), time, name, boundary)
        return reading(str(what), time, str(zone))

    def _join(self, node: Node, tick: int) -> Value:
        source = node.inputs[0]
        assert node.lane is not None
        time = self.times(node.lane)[tick]
        if source.lane is None:
            return self.value(source, 0)
        closes = self.times(source.lane)
        newest = last_at_or_before(closes, time)
        if newest < 0:
            return None
        if not source.lane.steps and not self.fresh(source.lane, closes[newest], time):
            return None
        return self.value(source, newest)

    def fresh(self, lane: Lane, close: int, time: int) -> bool:
        """Whether what a lane showed at `close` may still be read at `time`."""
        calendar = self.markets[lane.market].calendar
        cadences = calendar.stale_cadences
        if is_daily_or_slower(lane.timeframe):
            return len(calendar.scheduled_closes(lane.timeframe, close, time)) <= int(cadences)
        elapsed = calendar.session_clock_at(time) - calendar.session_clock_at(close)
        return calendar.is_open_at(time) and elapsed < int(cadences * milliseconds(lane.timeframe))


def last_at_or_before(times: list[int], time: int) -> int:
    """The index of the last of rising times that is not after a time, -1 if none."""
    return bisect_right(times, time) - 1


def reads_position(node: Node) -> bool:
    """Whether a node depends on POSITION or AT_ENTRY (the account alone does not count)."""
    return node.positional and (
        node.op in (Op.POSITION, Op.AT_ENTRY) or any(reads_position(i) for i in node.inputs if i.positional)
    )


def number(value: float) -> float | None:
    """A float, NaN being UNKNOWN."""
    return None if math.isnan(value) else value


def became(before: Value, now: Value) -> bool | None:
    """TRUE now and FALSE on the bar before; UNKNOWN if either is."""
    if before is None or now is None:
        return None
    return bool(now) and not before


def kleene_and(values: list[Value]) -> bool | None:
    """FALSE if any is FALSE, else UNKNOWN if any is UNKNOWN, else TRUE."""
    if any(v is not None and not v for v in values):
        return False
    return None if any(v is None for v in values) else True


def kleene_or(values: list[Value]) -> bool | None:
    """TRUE if any is TRUE, else UNKNOWN if any is UNKNOWN, else FALSE."""
    if any(v is not None and v for v in values):
        return True
    return None if any(v is None for v in values) else False


_COMPARE: dict[Op, Callable[[float, float], bool]] = {
    Op.LT: lambda a, b: a < b,
    Op.LE: lambda a, b: a <= b,
    Op.GT: lambda a, b: a > b,
    Op.GE: lambda a, b: a >= b,
    Op.EQ: lambda a, b: a == b,
    Op.NE: lambda a, b: a != b,
}


def plain(op: Op, inputs: list[Value]) -> Value:
    """Operations that look at one tick only."""
    match op:
        case Op.AND:
            return kleene_and(inputs)
        case Op.OR:
            return kleene_or(inputs)
        case Op.NOT:
            return None if inputs[0] is None else not inputs[0]
        case Op.KNOWN:
            return inputs[0] is not None
        case Op.GREATEST | Op.LEAST:
            told = [float(i) for i in inputs if i is not None]
            return (max(told) if op is Op.GREATEST else min(told)) if told else None
        case Op.CHOOSE:
            return None if inputs[0] is None else inputs[1] if inputs[0] else inputs[2]
    known = [float(i) for i in inputs if i is not None]
    if len(known) < len(inputs):
        return None
    if op in _COMPARE:
        return _COMPARE[op](known[0], known[1])
    return arithmetic(op, known)


def arithmetic(op: Op, x: list[float]) -> float | None:
    """Arithmetic on known numbers; x / 0 and inf - inf are UNKNOWN."""
    match op:
        case Op.ADD:
            return number(x[0] + x[1])
        case Op.SUB:
            return number(x[0] - x[1])
        case Op.MUL:
            return number(x[0] * x[1])
        case Op.DIV:
            return None if x[1] == 0.0 else number(x[0] / x[1])
        case Op.NEG:
            return -x[0]
        case Op.ABS:
            return abs(x[0])
        case Op.MIN:
            return min(x)
        case Op.MAX:
            return max(x)
        case _:
            raise ValueError(f"the interpreter does not know the operation {op}")
