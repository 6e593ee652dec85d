"""Evaluates tables over lanes: history in chunks, live one instant at a time, through the same call."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.catalog import Catalog
from tradeplan.dsl.graph import Lane, Node, Op
from tradeplan.dsl.timeframe import is_daily_or_slower
from tradeplan.runtime.engine.lanes import BarLane, LaneData, is_clocked, stale_limit
from tradeplan.runtime.kernels.build import Bound, Kernels
from tradeplan.runtime.kernels.rows import Arena, Row
from tradeplan.runtime.kernels.source import codes, joins
from tradeplan.runtime.kernels.source.evaluate import evaluate
from tradeplan.runtime.kernels.tables import Tables

_FROM_DATA = (Op.FIELD, Op.CALENDAR, Op.FEATURE)
_LONG_AGO = -(1 << 62)


class Timer(Protocol):
    """Runs the kernel of an evaluator in parts that it times, or `whole`."""

    def run(self, evaluator: Evaluator, whole: Callable[[], int]) -> None:
        """In place of one call."""


class Evaluator:
    """Tables at work on one set of lanes.

    `values` (float64), `conditions` (int8) and `ticks` (int64) are the arenas; a node's entry of lane position i is at
    `tables.offset(node) + i`. `windows` holds per lane: first new position, position after the last, bars seen before.
    """

    def __init__(self, tables: Tables, data: LaneData, kernels: Kernels) -> None:
        self.tables = tables
        self.data = data
        self.kernels = kernels
        self.time = _LONG_AGO
        layout = tables.layout
        self.values: NDArray[np.float64] = np.full(layout.sizes[Arena.VALUES], np.nan)
        self.conditions: NDArray[np.int8] = np.ones(layout.sizes[Arena.CONDITIONS], dtype=np.int8)
        self.ticks: NDArray[np.int64] = np.zeros(layout.sizes[Arena.TICKS], dtype=np.int64)
        self._arenas: tuple[NDArray[np.generic], ...] = (self.values, self.conditions, self.ticks)
        self.windows: NDArray[np.int64] = np.zeros(max(3 * len(tables.lanes), 1), dtype=np.int64)
        self.floats: NDArray[np.float64] = np.zeros(tables.floats)
        self.integers = tables.first_integers.copy()
        self.ring: NDArray[np.float64] = np.zeros(tables.ring)
        for start, end, arena, value in tables.constants:
            self._arenas[arena][start:end] = value
        self._feeds = [data.lane(lane) for lane in tables.lanes]
        self._done = [0] * len(tables.lanes)
        self._at = list(layout.histories)
        self._blocks = [
            [self._arenas[a][b.base : b.end].reshape(b.rows, b.stride) for a, b in zip(Arena, blocks, strict=True)]
            for blocks in layout.blocks[:-1]
        ]
        self._fields: list[list[tuple[Hashable, int]]] = [[] for _ in tables.lanes]
        self._calendars: list[list[tuple[Node, int]]] = [[] for _ in tables.lanes]
        for node in tables.of(Op.FIELD):
            self._fields[self._number(node)].append((str(node.data[0]), tables.offset(node)))
        features = [node for node in tables.of(Op.FEATURE) if not is_clocked(node)]
        data.foresee((tables.lanes[self._number(node)], node.data) for node in features)
        for node in tables.of(Op.FEATURE):
            i, feed = self._number(node), self._feeds[self._number(node)]
            if is_clocked(node):
                self._calendars[i].append((node, tables.offset(node)))
            elif isinstance(feed, BarLane):
                data.add_feature(tables.lanes[i], feed, node.data)
                self._fields[i].append((node.data, tables.offset(node)))
        for node in tables.of(Op.CALENDAR):
            self._calendars[self._number(node)].append((node, tables.offset(node)))
        self._times = [tables.time_offset(lane) for lane in tables.lanes]
        self._reset_windows()
        pairs, *schedules = self._joins()
        self._shared = (tables.rows_of_many, self.windows, self.values, self.conditions, self.ticks)
        self._pairs = pairs
        self._state = (*schedules, self.floats, self.integers, self.ring, tables.parameters)
        self._columns = kernels.columns(tables.columns)
        self._run = self.part(0, len(tables.immediates), joined=True)
        self.timer: Timer | None = None

    def advance(self, until: int) -> int:
        """Evaluate every bar that closes by an instant, of all lanes, or as many as fit; returns the instant reached.

        Call again while it is earlier than `until`. Each call covers whole instants: all bars that close up to the
        instant returned, and none later.
        """
        reached = self._reach(until)
        for i, feed in enumerate(self._feeds):
            if feed is not None:
                self._load(i, _count_until(feed.close_times, feed.count, self._done[i], reached))
        if self.timer is None:
            self._run()
        else:
            self.timer.run(self, self._run)
        self.time = reached
        return reached

    def part(self, first: int, last: int, joined: bool = False) -> Bound:
        """A call of the kernel over some of the instructions, with or without finding out which bars join which."""
        code, words = self.tables.code, codes.WORDS
        return self.kernels.entry(evaluate).bind(
            code[first * words : last * words] if last else code,
            self.tables.immediates[first:last],
            *self._shared,
            self._pairs if joined else self._pairs[:0],
            *self._state,
            self._columns,
        )

    def new_bars(self, lane: int) -> int:
        """How many bars of a lane, by its number, the newest call evaluates."""
        return int(self.windows[3 * lane + 1] - self.windows[3 * lane])

    def run(self, until: int) -> Iterator[int]:
        """Advance chunk by chunk, giving the instant that each one reached."""
        while self.time < until:
            yield self.advance(until)

    def window(self, lane: Lane) -> tuple[int, int]:
        """The positions of a lane's new bars: first, and after the last."""
        i = 3 * self.tables.lane_number[lane]
        return int(self.windows[i]), int(self.windows[i + 1])

    def bars_done(self, lane: Lane) -> int:
        """How many bars of a lane have been evaluated; the newest stands at the window's last position."""
        return self._done[self.tables.lane_number[lane]]

    def values_of(self, node: Node) -> NDArray[np.float64]:
        """The new values of a node, a view."""
        return self.values[self._span(node)]

    def conditions_of(self, node: Node) -> NDArray[np.int8]:
        """The new conditions of a node, a view: 0 FALSE, 1 UNKNOWN, 2 TRUE."""
        return self.conditions[self._span(node)]

    def adopt(self, old: Evaluator, catalog: Catalog) -> None:
        """Take over where another evaluator of the same lanes stands, without evaluating again what it had.

        Nodes that it did not have are evaluated from the data's first bar, so that no value depends on when its plan
        was loaded. Call it before the first `advance`.
        """
        if old.time == _LONG_AGO:
            return
        tables = self.tables
        kept = [
            (j := old.tables.lane_number.get(lane)) is not None
            and old.tables.layout.histories[j] >= tables.layout.histories[i]
            for i, lane in enumerate(tables.lanes)
        ]
        fresh = [
            node
            for node in tables.nodes
            if node.lane is not None
            and node.op not in _FROM_DATA
            and not (node in old.tables.rows and kept[self._number(node)])
        ]
        caught_up = Evaluator(Tables.build(fresh, catalog, tables.layout.capacity), self.data, self.kernels)
        for _ in caught_up.run(old.time):
            pass
        self.time = old.time
        for i, feed in enumerate(self._feeds):
            if feed is not None:
                feed.extend(self.time)
                done = _count_until(feed.close_times, feed.count, 0, self.time)
                self._done[i] = max(done - tables.layout.histories[i], 0)
                self._at[i] = tables.layout.histories[i] - (done - self._done[i])
                self._load(i, done)
        self._reset_windows()
        new = set(fresh)
        for node in tables.nodes:
            if node.lane is not None:
                self._take(node, caught_up if node in new else old)

    # --- inside ---

    def _reach(self, until: int) -> int:
        """The last instant, `until` at most, up to which no lane has more new bars than its rows have room for."""
        capacity = self.tables.layout.capacity
        reached = until
        for feed, done in zip(self._feeds, self._done, strict=True):
            if feed is not None:
                feed.extend(until)
                if feed.count > done + capacity and feed.close_times[done + capacity] <= reached:
                    reached = int(feed.close_times[done + capacity]) - 1
        return reached

    def _load(self, lane: int, done: int) -> None:
        """Bring the bars up to number `done` into the rows that come from data, after the ones already there."""
        feed, before = self._feeds[lane], self._done[lane]
        assert feed is not None
        new = done - before
        layout, at = self.tables.layout, self._at[lane]
        history = layout.histories[lane]
        if at + new > history + layout.capacity:
            for block in self._blocks[lane]:
                block[:, :history] = block[:, at - history : at].copy()
            at = history
        w = 3 * lane
        self.windows[w] = at
        self.windows[w + 1] = self._at[lane] = at + new
        self.windows[w + 2] = before
        if not new:
            return
        self._done[lane] = done
        t = self._times[lane] + at
        self.ticks[t : t + new] = feed.close_times[before:done]
        for name, offset in self._fields[lane]:
            self.values[offset + at : offset + at + new] = feed.columns[name][before:done]
        for node, offset in self._calendars[lane]:
            self._fill_calendar(node, lane, before, done, offset + at)

    def _fill_calendar(self, node: Node, lane: int, before: int, done: int, start: int) -> None:
        feed = self._feeds[lane]
        assert feed is not None
        if node.op is Op.FEATURE:
            opens, closes = feed.open_times[before:done], feed.close_times[before:done]
            self.values[start : start + len(closes)] = self.data.clocked(
                self.tables.lanes[lane], opens, closes, node.data
            )
            return
        what, zone, at_close = node.data
        times = (feed.close_times if at_close else feed.open_times)[before:done]
        calendar = self.data.calendar(self.tables.lanes[lane].market)
        if len(times) == 1:
            self.values[start] = getattr(calendar, f"{what}_at")(int(times[0]), zone)
        else:
            self.values[start : start + len(times)] = getattr(calendar, str(what))(times, zone)

    def _joins(self) -> tuple[NDArray[np.int64], ...]:
        """The pair table, session starts and ends, and schedules, as `source.joins` reads them."""
        tables, layout = self.tables, self.tables.layout
        table = np.zeros(len(tables.pairs) * joins.PAIR_WORDS, dtype=np.int64)
        starts: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
        ends = starts.copy()
        schedules = starts.copy()
        spans: dict[object, tuple[int, int]] = {}
        for i, pair in enumerate(tables.pairs):
            lane, feed = tables.lanes[pair.source], self._feeds[pair.source]
            rule, limit, span = joins.RULE_ALWAYS, 0, (0, 0)
            if not lane.steps and feed is not None:
                calendar = self.data.calendar(lane.market)
                limit = stale_limit(lane, calendar)
                daily = is_daily_or_slower(lane.timeframe)
                rule = joins.RULE_DAYS if daily else joins.RULE_SESSION
                key: object = lane if daily else lane.market
                if key not in spans:
                    parts = schedules if daily else starts
                    first = sum(map(len, parts))
                    parts.append(self.data.schedule(lane) if daily else calendar.hours.starts)
                    if not daily:
                        ends.append(calendar.hours.ends)
                    spans[key] = (first, first + len(parts[-1]))
                span = spans[key]
            table[i * joins.PAIR_WORDS : (i + 1) * joins.PAIR_WORDS] = (
                pair.source,
                pair.target,
                self._times_of(pair.source),
                self._times_of(pair.target),
                layout.offset(pair.index),
                layout.offset(pair.reason),
                rule,
                limit,
                *span,
                feed is not None,
                layout.offset(pair.runs),
            )
        return table, np.concatenate(starts), np.concatenate(ends), np.concatenate(schedules)

    def _take(self, node: Node, source: Evaluator) -> None:
        """Copy a node's newest rows and its state from an evaluator that stands at the same instant."""
        if node.op in _FROM_DATA:
            return
        mine, theirs = self.tables, source.tables
        lane, their_lane = self._number(node), source._number(node)
        history = mine.layout.histories[lane]
        for row, their_row in zip(mine.owned.get(node, ()), theirs.owned.get(node, ()), strict=True):
            width = min(history, theirs.layout.histories[their_lane])
            target = self._entry(row, history)
            origin = source._entry(their_row, source._at[their_lane])
            self._arenas[row.arena][target - width : target] = source._arenas[row.arena][origin - width : origin]
        if node in mine.states:
            a, b = mine.states[node], theirs.states[node]
            self.floats[_part(a.floats)] = source.floats[_part(b.floats)]
            self.integers[_part(a.integers)] = source.integers[_part(b.integers)]
            self.ring[_part(a.ring)] = source.ring[_part(b.ring)]

    def _reset_windows(self) -> None:
        for i, at in enumerate(self._at):
            self.windows[3 * i : 3 * i + 3] = (at, at, self._done[i])

    def _span(self, node: Node) -> slice:
        if node.lane is None:
            raise ValueError("a constant has no lane, so it has no new range: read `constant_of`")
        first, last = self.window(node.lane)
        offset = self.tables.offset(node)
        return slice(offset + first, offset + last)

    def _number(self, node: Node) -> int:
        assert node.lane is not None
        return self.tables.lane_number[node.lane]

    def _times_of(self, lane: int) -> int:
        return self._times[lane]

    def _entry(self, row: Row, position: int) -> int:
        return self.tables.layout.offset(row) + position


def _part(span: tuple[int, int]) -> slice:
    return slice(span[0], span[0] + span[1])


def _count_until(times: NDArray[np.int64], count: int, done: int, until: int) -> int:
    """How many of the first `count` rising times are not after an instant, `done` of them being known."""
    if done < count and times[done] <= until:
        if done + 1 == count or times[done + 1] > until:
            return done + 1
        return done + int(np.searchsorted(times[done:count], until, side="right"))
    return done
