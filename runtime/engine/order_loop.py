"""The order loop at work: a program, the columns that feed it, and the same call for history and for one instant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import CheckedPlan, Lane, Node, Op
from tradeplan.runtime.engine.account import AccountConfig
from tradeplan.runtime.engine.evaluator import Evaluator
from tradeplan.runtime.engine.market_table import TradedBars
from tradeplan.runtime.engine.optional_parts import OptionalParts
from tradeplan.runtime.engine.program import READINGS, Program
from tradeplan.runtime.kernels.build import Kernels
from tradeplan.runtime.kernels.orders import layout as at
from tradeplan.runtime.kernels.orders.drive import drive
from tradeplan.runtime.kernels.orders.wake import find_keys, keep_last

Rows = NDArray[np.float64]
Sink = Callable[[Rows], None]

ENTRIES = (find_keys, drive, keep_last)
_FIELDS = ("open", "high", "low", "close", "spread")
_EXTRAS = (at.B_LENGTH, at.B_KNOWN, at.B_RATE_OPEN, at.B_RATE, at.B_RATE_NOW, at.B_SWAP_DAYS, at.B_SWAP_LONG)
_ROWS = 4_096  # rows of events and keys that there is room for at first
_MOST_ROWS = 65_536  # and in the largest block of events
_INSTANTS = 4  # and at least so many times what one instant can record


def bar_nodes(lane: Lane) -> tuple[Node, ...]:
    """The columns of a traded market's finest lane, as roots for the tables: the loop reads bars where they lie."""
    return tuple(Node(Op.FIELD, lane, (), (name,), False, False, -1) for name in _FIELDS)


def tick_node(lane: Lane) -> Node:
    """A calendar reading whose only purpose is to have a step lane's ticks in the tables."""
    return Node(Op.CALENDAR, lane, (), ("weekday", "UTC", True), False, False, -1)


def eights(conditions: NDArray[np.int8]) -> NDArray[np.int64]:
    """The memory of conditions, eight a number. Rows lie on whole cache lines, so the arena is a multiple of eight."""
    return conditions[: len(conditions) // 8 * 8].view(np.int64)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that changes, between two calls; restored into a loop of the same program it goes on from there."""

    k: NDArray[np.int64]
    f: Rows
    ring: Rows
    lists: NDArray[np.int64]


class OrderLoop:
    """Feeds the driver chunk after chunk; `sink` is given the event rows in order of time."""

    def __init__(
        self,
        program: Program,
        evaluator: Evaluator,
        fields: Mapping[str, tuple[Lane, tuple[Node, ...]]],
        bars: Mapping[str, TradedBars],
        account: AccountConfig,
        kernels: Kernels,
        sink: Sink,
        span: tuple[int, int],
    ) -> None:
        """`fields`: finest lane of each traded market and its `bar_nodes`; `span`: first and last time of the run."""
        self.program = program
        self.evaluator = evaluator
        self.sink = sink
        self._begin = span[0]
        self.k, self.f = program.k.copy(), program.f.copy()
        self.ring, self.lists = program.ring.copy(), program.lists.copy()
        for name, address in program.readings.items():
            self.f[address] = READINGS.get(name, float("nan"))
        tables = evaluator.tables
        self._slots = np.array([a for a, _ in (*program.values, *program.truths)], dtype=np.int64)
        self.k[self._slots] = [tables.offset(node) for _, node in (*program.values, *program.truths)]
        stepped = [(lane, program.lanes[lane]) for lane in program.stepped_lanes]
        self._lanes = [(address, 3 * tables.lane_number[lane]) for lane, address in stepped]
        for lane, address in stepped:
            self.k[address + at.U_TIMES] = tables.time_offset(lane)
        self._markets: list[tuple[int, int, TradedBars, list[tuple[int, int]]]] = []
        for name, address in program.markets.items():
            lane, nodes = fields[name]
            self.k[address + at.U_TIMES] = tables.time_offset(lane)
            for slot, node in zip((at.C_OPEN, at.C_HIGH, at.C_LOW, at.C_CLOSE, at.C_SPREAD), nodes, strict=True):
                self.k[address + slot] = tables.offset(node)
            self._markets.append((address, 3 * tables.lane_number[lane], bars[name], []))
        self._lay_extras()
        days, weeks = account.days(*span), account.weeks(*span)
        self._least = _INSTANTS * int(self.k[at.H_RESERVE])
        self.out = np.empty(max(_ROWS * at.EVENT, self._least), dtype=np.float64)
        self._taken = 0
        blocks = {o.address: o.block for o in program.plans if isinstance(o.block, CheckedPlan)}
        self._optional = OptionalParts(blocks, evaluator)
        self.keys = np.zeros(_ROWS, dtype=np.int64)
        self._found = kernels.entry(find_keys).bind(
            self.k, self.f, evaluator.ticks, evaluator.conditions, eights(evaluator.conditions), self.keys
        )
        self._kept = kernels.entry(keep_last).bind(self.k, self.f, evaluator.conditions)
        self._drive = kernels.entry(drive).bind(
            self.k,
            self.f,
            self.ring,
            self.lists,
            days,
            weeks,
            self.extra,
            evaluator.ticks,
            evaluator.values,
            evaluator.conditions,
            self.keys,
            self.out,
            np.zeros(at.STACK + 2, dtype=np.float64),
            np.zeros(program.most_due, dtype=np.int64),
        )

    def _lay_extras(self) -> None:
        """Give the further columns of bars their places: constants once, the others room for a chunk."""
        capacity = self.evaluator.tables.layout.capacity + max((0, *self.evaluator.tables.layout.histories))
        size = 0
        constants: list[tuple[int, float]] = []
        for address, _, bars, moving in self._markets:
            columns = bars.columns()
            for what, column in zip((*_EXTRAS, at.B_SWAP_SHORT), columns, strict=True):
                if isinstance(column, float | int):
                    self.k[address + what] = size
                    self.k[address + what + 1] = 0
                    constants.append((size, float(column)))
                    size += 1
                else:
                    self.k[address + what + 1] = 1
                    moving.append((what, size))
                    size += capacity
        self.extra = np.zeros(size, dtype=np.float64)
        for place, value in constants:
            self.extra[place] = value

    @property
    def balance(self) -> float:
        """The balance in account currency."""
        return float(self.f[at.W_BALANCE]) / 100.0

    @property
    def equity(self) -> float:
        """The equity of the newest instant that was looked at."""
        return float(self.f[at.W_EQUITY]) / 100.0

    def step(self) -> None:
        """Run every instant that the evaluator's newest call covered."""
        self._aim()
        self._find()
        while self._drive():
            self.drain()
        self.drain()
        self._kept()

    def snapshot(self) -> Snapshot:
        """A copy of everything that changes; take it between two steps."""
        return Snapshot(self.k.copy(), self.f.copy(), self.ring.copy(), self.lists.copy())

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot of a loop of the same program."""
        self.k[:], self.f[:] = snapshot.k, snapshot.f
        self.ring[:], self.lists[:] = snapshot.ring, snapshot.lists
        self.k[at.H_OUT] = self._taken

    def _aim(self) -> None:
        """Set the cursors to the evaluator's window, and bring the further columns of new bars."""
        k, windows = self.k, self.evaluator.windows
        for address, lane in self._lanes:
            first, last = int(windows[lane]), int(windows[lane + 1])
            k[address + at.U_START] = k[address + at.U_NEXT] = first
            k[address + at.U_END] = last
        for address, lane, bars, moving in self._markets:
            first, last, seen = int(windows[lane]), int(windows[lane + 1]), int(windows[lane + 2])
            k[address + at.U_START] = first
            k[address + at.U_NEXT] = first + self._too_early(bars, seen, last - first)
            k[address + at.U_END] = last
            if not moving:
                continue
            rows = slice(seen, seen + last - first)
            columns = bars.reached(rows)
            for what, place in moving:
                k[address + what] = place - first
                column = columns[(what - at.B_LENGTH) // 2]
                if not isinstance(column, float | int):
                    self.extra[place : place + last - first] = column

    def _too_early(self, bars: TradedBars, seen: int, count: int) -> int:
        """How many of the next bars opened before the run."""
        if not count:
            return 0
        opens = bars.now().open_time
        if opens[seen] >= self._begin:
            return 0
        return int(np.searchsorted(opens[seen : seen + count], self._begin, side="left"))

    def _find(self) -> None:
        """Collect the steps at which somebody has something to do though nothing is open."""
        firsts = [
            int(self.evaluator.ticks[self.k[a + at.U_TIMES] + self.k[a + at.U_START]])
            for a, _ in self._lanes
            if self.k[a + at.U_END] > self.k[a + at.U_START]
        ]
        self.k[at.H_ORIGIN] = min(firsts, default=0)
        count = self._found()
        if count > len(self.keys):
            self.keys = np.zeros(2 * count, dtype=np.int64)
            self._found.set(5, self.keys)
            self._drive.set(10, self.keys)
            count = self._found()
        self.keys[:count].sort()
        self.k[at.H_KEY] = 0
        self.k[at.H_KEYS] = count

    def drain(self) -> None:
        """Hand the new event rows on where they lie: a block is written once and left to those who read it."""
        used = int(self.k[at.H_OUT])
        if used > self._taken:
            rows = self.out[self._taken : used].reshape(-1, at.EVENT)
            self._optional.mark(rows)
            self.sink(rows)
            self._taken = used
        if used + int(self.k[at.H_RESERVE]) > len(self.out):
            self.out = np.empty(max(min(2 * len(self.out), _MOST_ROWS * at.EVENT), self._least), dtype=np.float64)
            self._drive.set(11, self.out)
            self.k[at.H_OUT] = self._taken = 0
