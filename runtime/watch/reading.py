"""Reads what a plan's conditions and values were at its newest step, where the engine left them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.check import lookback
from tradeplan.dsl.graph import CheckedPlan, Lane, Node, Op
from tradeplan.runtime.engine.carry import quiet_book
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.order_loop import OrderLoop
from tradeplan.runtime.engine.reasons import REASONS
from tradeplan.runtime.engine.residual import POSITION_VALUES
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.kernels.orders.arrays import Book
from tradeplan.runtime.kernels.orders.values import position_value
from tradeplan.runtime.kernels.source import joins
from tradeplan.runtime.kernels.source.primitives import Integers

UNKNOWN, FALSE, TRUE = 1, 0, 2
NO_DATA = REASONS[joins.NO_DATA]

_ARITHMETIC: dict[Op, Callable[[float, float], float]] = {
    Op.ADD: lambda a, b: a + b,
    Op.SUB: lambda a, b: a - b,
    Op.MUL: lambda a, b: a * b,
    Op.DIV: lambda a, b: a / b if b != 0.0 else math.nan,
    Op.MIN: min,
    Op.MAX: max,
}
COMPARISONS: dict[Op, Callable[[float, float], bool]] = {
    Op.LT: lambda a, b: a < b,
    Op.LE: lambda a, b: a <= b,
    Op.GT: lambda a, b: a > b,
    Op.GE: lambda a, b: a >= b,
    Op.EQ: lambda a, b: a == b,
    Op.NE: lambda a, b: a != b,
}


class Reading:
    """One plan at its newest step. It changes nothing; it is good until the engine moves on.

    `step` is the time of the step in UTC ms, None when there was none yet; `first` tells that it was the run's first.
    """

    def __init__(self, engine: Engine, loop: OrderLoop, plan: CheckedPlan, address: int) -> None:
        self._engine, self._loop, self._plan, self.address = engine, loop, plan, address
        self._evaluator, self._tables = loop.evaluator, loop.evaluator.tables
        days, weeks = engine.account.days(engine.start, engine.end), engine.account.weeks(engine.start, engine.end)
        self.book: Book = quiet_book(loop)._replace(days=cast("Integers", days), weeks=cast("Integers", weeks))
        self._place = self._last(plan.step_lane)
        at_all = self._evaluator.bars_done(plan.step_lane)
        self.step = self._time(plan.step_lane, self._place) if at_all else None
        self.first = self.step is not None and self._time(plan.step_lane, self._place - 1) <= engine.start

    def truth(self, node: Node, place: int | None = None) -> int | None:
        """FALSE, UNKNOWN or TRUE of a condition; None where it depends on steps before that are not kept."""
        place = self._place if place is None else place
        if node.op is Op.CONST:
            return TRUE if node.data[0] else FALSE
        if not node.positional:
            return None if self._unread(node) else int(self._evaluator.conditions[self._tables.offset(node) + place])
        if node.op in (Op.AND, Op.OR):
            parts = [self.truth(x) for x in node.inputs]
            decides = FALSE if node.op is Op.AND else TRUE
            if decides in parts:
                return decides
            known = [p for p in parts if p is not None]
            return None if len(known) < len(parts) else (min if node.op is Op.AND else max)(known)
        if node.op is Op.NOT:
            inner = self.truth(node.inputs[0])
            return None if inner is None else 2 - inner
        if node.op is Op.KNOWN:
            x = node.inputs[0]
            inner = self.truth(x) if x.condition else (UNKNOWN if math.isnan(self.value(x)) else TRUE)
            return None if inner is None else FALSE if inner == UNKNOWN else TRUE
        if node.op in COMPARISONS:
            a, b = self.value(node.inputs[0]), self.value(node.inputs[1])
            if math.isnan(a) or math.isnan(b):
                return UNKNOWN
            return TRUE if COMPARISONS[node.op](a, b) else FALSE
        if node.op is Op.AT_ENTRY:
            value = self.value(node)
            return UNKNOWN if math.isnan(value) else int(2 * value)
        inner = self.truth(node.inputs[0])
        if node.op in (Op.FOR, Op.BECAME) and inner == FALSE:
            return FALSE
        return TRUE if node.op is Op.WITHIN and inner == TRUE else None

    def before(self, node: Node) -> int | None:
        """What a condition that is a column was at the step before."""
        if node.positional or self._unread(node) or node.op is Op.CONST:
            return None
        return int(self._evaluator.conditions[self._tables.offset(node) + self._place - 1])

    def value(self, node: Node, place: int | None = None) -> float:
        """A value, NaN for UNKNOWN; where it cannot be read any more it is NaN too."""
        place = self._place if place is None else place
        if node.op is Op.CONST:
            return float(cast("float", node.data[0]))
        if not node.positional:
            return math.nan if self._unread(node) else float(self._evaluator.values[self._tables.offset(node) + place])
        if node.op is Op.POSITION:
            number = POSITION_VALUES.index(str(node.data[0]))
            return float(position_value(self.book, self.address, number, float(self.step or 0)))
        if node.op is Op.AT_ENTRY:
            return self._captured(node.inputs[0])
        inputs = [self.value(x) for x in node.inputs if not x.condition]
        if node.op in (Op.GREATEST, Op.LEAST):
            known = [x for x in inputs if not math.isnan(x)]
            return (max if node.op is Op.GREATEST else min)(known) if known else math.nan
        if node.op is Op.CHOOSE:
            which = self.truth(node.inputs[0])
            return inputs[0] if which == TRUE else inputs[1] if which == FALSE else math.nan
        if any(math.isnan(x) for x in inputs):
            return math.nan
        if node.op in (Op.NEG, Op.ABS):
            return -inputs[0] if node.op is Op.NEG else abs(inputs[0])
        arithmetic = _ARITHMETIC.get(node.op)
        return math.nan if arithmetic is None else arithmetic(*inputs)

    def source(self, join: Node, place: int | None = None) -> int | None:
        """The place on its input's lane that a JOIN shows; None where it shows nothing, or what it showed is gone."""
        x = join.inputs[0]
        if x.lane is None or join.positional or join.lane is None:
            return None
        evaluator, tables = self._evaluator, self._tables
        numbers = tables.lane_number.get(x.lane), tables.lane_number.get(join.lane)
        pair = next((p for p in tables.pairs if (p.source, p.target) == numbers), None)
        if pair is None:
            return None
        target = self._place if place is None else place
        shown = int(evaluator.ticks[tables.layout.offset(pair.index) + target])
        end = evaluator.window(x.lane)[1]
        # the source's rows may have moved since the step: what stands there now must be the bar that was shown
        times = tables.time_offset(x.lane)
        step = self._time(join.lane, target)
        if not 0 <= shown < end or evaluator.ticks[times + shown] > step:
            return None
        return None if shown + 1 < end and evaluator.ticks[times + shown + 1] <= step else shown

    def reason(self, node: Node) -> str:
        """Why a condition or value of the plan is UNKNOWN."""
        if node.positional and self._loop.f[self.address + at.F_PHASE] != at.OPEN:
            return "no position"
        codes = [code for offset in self._reason_offsets(node) if (code := self._code(offset))]
        if codes:
            return REASONS[codes[0]]
        if self.bars_missing(node):
            return "warming up"
        return NO_DATA if self.lacking(node) is not None else REASONS[joins.SEEN]

    def bars_missing(self, node: Node) -> tuple[Lane, int, int] | None:
        """The lane whose bars do not reach back far enough for a value, how many there are, and how many it needs."""
        if self.step is None:
            return None
        for lane, needed in sorted(lookback([node], self._engine.catalog).items()):
            if lane in self._tables.lane_number:
                times = self._lane_times(lane)
                there = self._evaluator.bars_done(lane) - int(np.count_nonzero(times > self.step))
                if there < needed:
                    return lane, there, needed
        return None

    def lacking(self, node: Node) -> Node | None:
        """What is read below a node from ticks, trades, a book or a calendar and is UNKNOWN here; None: nothing."""
        seen: set[Node] = set()
        waiting: list[tuple[Node, int | None]] = [(node, None)]
        while waiting:
            x, place = waiting.pop()
            if x in seen:
                continue
            seen.add(x)
            if x.op is Op.FEATURE and x.lane is not None and math.isnan(self.value(x, place)):
                return x
            inner = self.source(x, place) if x.op is Op.JOIN else place
            if x.op is not Op.JOIN or inner is not None:
                waiting.extend((i, inner) for i in x.inputs)
        return None

    # --- inside ---

    def _lane_times(self, lane: Lane) -> NDArray[np.int64]:
        start, (first, end) = self._tables.time_offset(lane), self._evaluator.window(lane)
        return self._evaluator.ticks[start + first : start + end]

    def _unread(self, node: Node) -> bool:
        return node not in self._tables.rows

    def _last(self, lane: Lane) -> int:
        return self._evaluator.window(lane)[1] - 1

    def _time(self, lane: Lane, place: int) -> int:
        return int(self._evaluator.ticks[self._tables.time_offset(lane) + place])

    def _code(self, offset: int) -> int:
        return int(self._evaluator.conditions[offset + self._place])

    def _reason_offsets(self, node: Node) -> list[int]:
        found: list[int] = []
        seen: set[Node] = set()
        waiting = [node]
        while waiting:
            x = waiting.pop()
            if x in seen:
                continue
            seen.add(x)
            if x.op is Op.JOIN and x.lane == self._plan.step_lane and x.inputs[0].lane is not None:
                offset = self._tables.reason_offset(x.inputs[0].lane, x.lane)
                # a join that shows a value has no part in it
                if offset is not None and self._is_unknown(x):
                    found.append(offset)
                continue
            waiting.extend(x.inputs)
        return found

    def _is_unknown(self, join: Node) -> bool:
        if self._unread(join):
            return True
        return self.truth(join) == UNKNOWN if join.condition else math.isnan(self.value(join))

    def _captured(self, node: Node) -> float:
        k, f, p = self._loop.k, self._loop.f, self.address
        if f[p + at.F_PHASE] != at.OPEN:
            return math.nan
        columns = dict((*self._loop.program.values, *self._loop.program.truths))
        for place in range(int(k[p + at.P_CAPTURE0]), int(k[p + at.P_CAPTURE1]), at.CAPTURE):
            if columns.get(int(k[place + at.I_COLUMN])) is node:
                return float(f[place + at.I_VALUE])
        return math.nan
