"""What each function of the library costs in a run: its instructions are run apart from the others, and timed."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.kernels.build import Bound
from tradeplan.runtime.kernels.source import codes

JOINS, ARITHMETIC, CONDITIONS, ORDERS = "joins of lanes", "arithmetic", "conditions", "order loop"
SAMPLED = 97
"""Of a running instance one step in so many is timed: a prime, so that closes of every timeframe are met alike."""
_RUNS_EMPTY = 50


@dataclass(frozen=True, slots=True)
class FunctionTime:
    """What was measured of a function or another part of the work (one of the words above); `bars` are updates."""

    name: str
    seconds: float
    bars: int

    @property
    def nanoseconds(self) -> float:
        """Of one update."""
        return 1e9 * self.seconds / self.bars if self.bars else 0.0


@dataclass(slots=True)
class _Part:
    name: str
    lane: int
    instructions: int
    bound: Bound


class FunctionTimer:
    """Times one call in `every` of the evaluators that it is given to.

    Evaluation is one call of a kernel over all instructions, since a clock inside would cost more than most functions.
    In a timed call the same instructions are run in the same order, but each function's by a call of its own, so the
    values are the same to the bit; what such a call costs when it has nothing to do is taken off. A function that the
    checker writes out as plain arithmetic counts there.
    """

    def __init__(self, every: int = 1, clock: Callable[[], int] = time.perf_counter_ns) -> None:
        self.every = every
        self.samples = 0
        self._clock = clock
        self._calls = 0
        self._sampled = False
        self._seconds: dict[str, float] = defaultdict(float)
        self._bars: dict[str, int] = defaultdict(int)
        self._parts: WeakKeyDictionary[Evaluator, tuple[Bound, list[_Part], int]] = WeakKeyDictionary()

    def run(self, evaluator: Evaluator, whole: Callable[[], int]) -> None:
        """In place of one call of an evaluator's kernel."""
        self._calls += 1
        self._sampled = self._calls % self.every == 0
        if not self._sampled:
            whole()
            return
        joins, parts, empty = self._parts.get(evaluator) or self._prepared(evaluator)
        self.samples += 1
        if evaluator.tables.pairs:
            self._time(
                JOINS, joins, sum(evaluator.new_bars(lane) for lane in range(len(evaluator.tables.lanes))), empty
            )
        for part in parts:
            bars = evaluator.new_bars(part.lane)
            if bars > 0:  # the kernel passes over a lane without new bars
                self._time(part.name, part.bound, bars * part.instructions, empty)

    def step(self, step: Callable[[], object]) -> None:
        """In place of a step of the order loop, timed if the evaluation before it was."""
        if not self._sampled:
            step()
            return
        began = self._clock()
        step()
        self._count(ORDERS, self._clock() - began, 1)

    def times(self) -> list[FunctionTime]:
        """What was measured so far, the dearest first."""
        found = [FunctionTime(name, seconds, self._bars[name]) for name, seconds in self._seconds.items()]
        return sorted(found, key=lambda t: (-t.seconds, t.name))

    def _time(self, name: str, bound: Bound, bars: int, empty: int) -> None:
        began = self._clock()
        bound()
        self._count(name, max(self._clock() - began - empty, 0), bars)

    def _count(self, name: str, nanoseconds: int, bars: int) -> None:
        self._seconds[name] += nanoseconds / 1e9
        self._bars[name] += bars

    def _prepared(self, evaluator: Evaluator) -> tuple[Bound, list[_Part], int]:
        tables = evaluator.tables
        joins = evaluator.part(0, 0, joined=True)
        nothing = evaluator.part(0, 0)
        parts: list[_Part] = []
        first = 0
        labels = [_label(evaluator, i) for i in range(len(tables.immediates))]
        for i, label in enumerate(labels):
            if i + 1 == len(labels) or labels[i + 1] != label:
                parts.append(_Part(*label, i + 1 - first, evaluator.part(first, i + 1)))
                first = i + 1
        costs = []
        for _ in range(_RUNS_EMPTY):
            began = self._clock()
            nothing()
            costs.append(self._clock() - began)
        made = joins, parts, int(np.median(costs))
        self._parts[evaluator] = made
        return made


def _label(evaluator: Evaluator, number: int) -> tuple[str, int]:
    """Whose an instruction is, and its lane."""
    tables = evaluator.tables
    word = tables.code[number * codes.WORDS : (number + 1) * codes.WORDS]
    op, lane = int(word[codes.W_OP]), int(word[codes.W_LANE])
    if op == codes.CALL:
        return tables.columns[int(word[codes.W_N])].function.name, lane
    if op in (codes.JOIN_VALUES, codes.JOIN_CONDITIONS):
        return JOINS, lane
    return (ARITHMETIC if op <= codes.LAST_VALUE else CONDITIONS), lane


def timed_step(timer: FunctionTimer | None, step: Callable[[], object]) -> None:
    """A step of the order loop, with or without a timer."""
    if timer is None:
        step()
    else:
        timer.step(step)
