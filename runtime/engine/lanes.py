"""The clocks of a run and what is read on them: bars of history, bars that arrive, and the steps of plans."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.graph import ACCOUNT_MARKET, Lane, Node
from tradeplan.dsl.timeframe import is_daily_or_slower, milliseconds
from tradeplan.runtime.engine.times import rising_union
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.growing import Growing
from tradeplan.runtime.market.read_back import Column

Times = NDArray[np.int64]

Arguments = tuple[float | str, ...]

_FIELDS = ("open", "high", "low", "close", "tick_volume", "real_volume", "spread")
_DAY = 86_400_000
_BLOCK = 30 * _DAY
_END_OF_CALENDARS = 2_524_608_000_000  # 2050, as far as sessions are laid out


class Data(Protocol):
    """What lanes are made of; `runtime.market.Dataset` is one."""

    def markets(self) -> tuple[str, ...]:
        """All markets with data."""

    def bars(self, market: str, timeframe: str) -> Bars | None:
        """The bars of a view, None if there are none."""

    def calendar(self, market: str) -> MarketCalendar:
        """The calendar of a market."""

    def span(self, market: str) -> tuple[int, int] | None:
        """First open and last close of a market, in UTC milliseconds; None without bars."""

    def feature(
        self, market: str, timeframe: str, name: str, stream: str, arguments: Arguments
    ) -> NDArray[np.float64] | None:
        """A column made from data beyond bars, as long as the bars; None if there is no such data."""

    def clocked(
        self, market: str, opens: Times, closes: Times, name: str, arguments: Arguments
    ) -> NDArray[np.float64] | None:
        """What the economic calendar says at closes of any clock; None if there is none."""


class BarLane:
    """Closed bars, oldest first. `append` adds one that just closed; history is not copied before the first does."""

    def __init__(self, bars: Bars) -> None:
        self.count = len(bars)
        self.close_times: Times = bars.close_time
        self.open_times: Times = bars.open_time
        self.columns: dict[Hashable, NDArray[np.float64]] = {name: getattr(bars, name) for name in _FIELDS}
        self._room = self.count

    def extend(self, until: int) -> None:
        """Bars are not known before they come."""

    def add(self, key: Hashable, column: NDArray[np.float64] | None) -> None:
        """A further column, of a feature, from the first bar on; None: it is UNKNOWN so far."""
        self.columns[key] = np.full(max(self._room, len(self.open_times)), np.nan)
        if column is not None:
            self.columns[key][: len(column)] = column

    def append(self, open_time: int, close_time: int, values: Mapping[Hashable, float]) -> None:
        """Add a closed bar: all fields of it, and its features, UNKNOWN if not given.

        Raises ValueError if it is not later than the newest.
        """
        if self.count and close_time <= self.close_times[self.count - 1]:
            raise ValueError(f"a bar that closes at {close_time} is not later than the newest one")
        if self.count == self._room:
            self._grow()
        self.open_times[self.count] = open_time
        self.close_times[self.count] = close_time
        for name, column in self.columns.items():
            column[self.count] = values[name] if name in _FIELDS else values.get(name, np.nan)
        self.count += 1

    def _grow(self) -> None:
        self._room = max(2 * self.count, 4_096)
        more = self._room - self.count
        self.close_times = np.concatenate([self.close_times[: self.count], np.zeros(more, dtype=np.int64)])
        self.open_times = np.concatenate([self.open_times[: self.count], np.zeros(more, dtype=np.int64)])
        for name, column in self.columns.items():
            self.columns[name] = np.concatenate([column[: self.count], np.zeros(more)])


class GrowingLane(BarLane):
    """Closed bars of a series that is fed: those that have come since are found when somebody wants to advance."""

    def __init__(self, data: Growing, lane: Lane, bars: Bars) -> None:
        super().__init__(bars)
        self._data, self._lane = data, lane
        self._features: dict[Hashable, tuple[str, str, Arguments]] = {}

    def extend(self, until: int) -> None:
        """See what there is now; what is there already stays where it is."""
        bars = self._data.bars(self._lane.market, self._lane.timeframe)
        if bars is None or len(bars) == self.count:
            return
        before, self.count = self.count, len(bars)
        self.close_times, self.open_times = bars.close_time, bars.open_time
        self.columns |= {name: getattr(bars, name) for name in _FIELDS}
        for key in self._features:
            self._bring(key, before)

    def add_feature(self, key: Hashable, name: str, stream: str, arguments: Arguments) -> None:
        """A further column, which goes on with the bars."""
        self._features[key] = name, stream, arguments
        self.columns[key] = np.zeros(0)
        self._bring(key, 0)

    def _bring(self, key: Hashable, first: int) -> None:
        column = self.columns[key]
        if len(column) < self.count:
            column = np.full(self.count + max(256, self.count // 8), np.nan)
            column[:first] = self.columns[key][:first]
            self.columns[key] = column
        found = self._data.feature_from(self._lane.market, self._lane.timeframe, first, *self._features[key])
        column[first : self.count] = np.nan if found is None else found


class StepLane:
    """Scheduled closes from a first one on, written as far ahead as anybody asked."""

    def __init__(self, closes: Callable[[int, int], Times], first: int | None, length: int) -> None:
        """`closes(start, end)` gives the scheduled closes t with start < t <= end; `first` None: there are no steps."""
        self.columns: dict[Hashable, NDArray[np.float64]] = {}
        self.close_times: Times = np.zeros(0, dtype=np.int64)
        self.count = 0
        self._length = length
        self._closes = closes
        self._first = self._covered = _END_OF_CALENDARS if first is None else first - 1

    @property
    def open_times(self) -> Times:
        """The nominal start of each step's bar."""
        return self.close_times - self._length

    def extend(self, until: int) -> None:
        """Know all steps up to a time, and more, so that this is rarely asked for."""
        if until <= self._covered:
            return
        end = max(until, self._covered + max(_BLOCK, self._covered - self._first))
        self.close_times = np.concatenate([self.close_times, self._closes(self._covered, end)])
        self.count = len(self.close_times)
        self._covered = end


class LaneData:
    """The lanes of a run, made when first asked for and shared by all that read them."""

    def __init__(self, data: Data, traded: Iterable[str] = (), since: int | None = None) -> None:
        """`traded`: the markets whose open minutes are the account's steps, from `since` on; all with data if empty."""
        self._since = since
        self._data = data
        self._traded = tuple(traded) or data.markets()
        self._lanes: dict[Lane, BarLane | StepLane | None] = {}
        self._schedules: dict[Lane, Times] = {}

    def lane(self, lane: Lane) -> BarLane | StepLane | None:
        """A lane's ticks and columns, None where there is no such data."""
        if lane not in self._lanes:
            self._lanes[lane] = self._made(lane)
        return self._lanes[lane]

    def without(self, series: Collection[tuple[str, str]]) -> LaneData:
        """The same lanes but those of these markets and timeframes, which are looked for again, and the account's."""
        other = LaneData(self._data, self._traded, self._since)
        for lane, made in self._lanes.items():
            if lane.market != ACCOUNT_MARKET and (lane.market, lane.timeframe) not in series:
                other._lanes[lane] = made
        return other

    def foresee(self, features: Iterable[tuple[Lane, tuple[Hashable, ...]]]) -> None:
        """The columns of these FEATURE nodes are about to be asked for, one by one."""
        if isinstance(self._data, Growing):
            self._data.foresee(Column(lane.market, lane.timeframe, *_parts(data)) for lane, data in features)

    def add_feature(self, lane: Lane, feed: BarLane, data: tuple[Hashable, ...]) -> None:
        """The column of a FEATURE node brought to its lane, under the node's data, once."""
        if data not in feed.columns:
            name, stream, arguments = _parts(data)
            if isinstance(feed, GrowingLane):
                feed.add_feature(data, name, stream, arguments)
                return
            feed.add(data, self._data.feature(lane.market, lane.timeframe, name, stream, arguments))

    def clocked(self, lane: Lane, opens: Times, closes: Times, data: tuple[Hashable, ...]) -> NDArray[np.float64]:
        """A FEATURE node of the economic calendar at closes of its lane."""
        name, _, arguments = _parts(data)
        found = self._data.clocked(lane.market, opens, closes, name, arguments)
        return np.full(len(closes), np.nan) if found is None else found

    def calendar(self, market: str) -> MarketCalendar:
        """The calendar of a market; of the account that of its first traded market."""
        return self._data.calendar(self._traded[0] if market == ACCOUNT_MARKET else market)

    def schedule(self, lane: Lane) -> Times:
        """All scheduled closes of a D1 or slower lane from its first bar on."""
        if lane not in self._schedules:
            bars = self.lane(lane)
            first = int(bars.close_times[0]) - 1 if bars is not None and bars.count else _END_OF_CALENDARS
            closes = self.calendar(lane.market).scheduled_closes(lane.timeframe, first, _END_OF_CALENDARS - _DAY)
            self._schedules[lane] = closes
        return self._schedules[lane]

    def _made(self, lane: Lane) -> BarLane | StepLane | None:
        if not lane.steps:
            bars = self._data.bars(lane.market, lane.timeframe)
            if bars is not None and isinstance(self._data, Growing):
                return GrowingLane(self._data, lane, bars)
            return None if bars is None else BarLane(bars)
        length = milliseconds(lane.timeframe)
        if lane.market == ACCOUNT_MARKET:
            # from the first bar of any timeframe: a market whose finest bars are M15 has guards all the same
            spans = [span for market in self._traded if (span := self._data.span(market)) is not None]
            first = min((s[0] + 1 for s in spans), default=None)
            if first is not None and self._since is not None:
                first = max(first, self._since)
            return StepLane(self._account_closes, first, length)
        calendar, timeframe = self.calendar(lane.market), lane.timeframe
        return StepLane(
            lambda start, end: calendar.scheduled_closes(timeframe, start, end),
            self._first(Lane(lane.market, lane.timeframe)),
            length,
        )

    def _first(self, lane: Lane) -> int | None:
        bars = self.lane(lane)
        return int(bars.close_times[0]) if bars is not None and bars.count else None

    def _account_closes(self, start: int, end: int) -> Times:
        # one market that never closes has every minute, and markets with the same hours share theirs
        calendars = [self._data.calendar(market) for market in self._traded]
        always = [c for c in calendars if c.hours.always]
        by_hours = {c.hours.starts.tobytes(): c for c in always[:1] or calendars}
        return rising_union([c.scheduled_closes("M1", start, end) for c in by_hours.values()])


def is_clocked(node: Node) -> bool:
    """Whether a FEATURE node is made from the economic calendar, which every clock can read."""
    return node.data[1] == "calendar"


def _parts(data: tuple[Hashable, ...]) -> tuple[str, str, Arguments]:
    return str(data[0]), str(data[1]), tuple(a if isinstance(a, str) else float(str(a)) for a in data[2:])


def stale_limit(lane: Lane, calendar: MarketCalendar) -> int:
    """Session ms after its close from which a bar is stale; for D1 and slower scheduled closes it may miss."""
    if is_daily_or_slower(lane.timeframe):
        return int(calendar.stale_cadences)
    return int(calendar.stale_cadences * milliseconds(lane.timeframe))
