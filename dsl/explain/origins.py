"""Where a value comes from: bars, the clock, the position, the account."""

from __future__ import annotations

from tradeplan.dsl.graph import Lane, Node, Op
from tradeplan.dsl.record import record

_READINGS = {"latency": "the system", "quality": "the feed", "stale": "the feed"}

CALENDAR = "the calendar of news"


@record
class Origins:
    """What a node reads, directly or not."""

    lanes: tuple[Lane, ...]  # bar lanes, in order
    others: tuple[str, ...]  # `the position`, `the account`, `the system`, `the feed`
    clock: bool
    streams: tuple[str, ...] = ()  # data beyond bars: `btc trades`, `the calendar of news`

    def in_words(self) -> str:
        """All of it on one line; a constant reads nothing."""
        words = [f"{lane.market} {lane.timeframe}" for lane in self.lanes]
        words += [*self.streams, *self.others]
        if self.clock and not words:
            words.append("the clock")
        return ", ".join(words) or "a constant"

    def short(self) -> str:
        """The part of the world that decides: for the clauses of a rule."""
        if self.others:
            return " and ".join(self.others)
        if self.lanes or set(self.streams) - {CALENDAR}:
            return "the market"
        return CALENDAR if self.streams else "the clock" if self.clock else "a constant"


def origins(node: Node) -> Origins:
    """What a node reads."""
    seen: set[int] = set()
    lanes: set[Lane] = set()
    others: set[str] = set()
    streams: set[str] = set()
    clock = False
    stack = [node]
    while stack:
        current = stack.pop()
        # recipes and columns are nodes of two graphs: the same number may stand for two of them
        if id(current) in seen:
            continue
        seen.add(id(current))
        if current.op in {Op.POSITION, Op.AT_ENTRY}:
            others.add("the position")
        elif current.op is Op.ACCOUNT:
            others.add(_READINGS.get(str(current.data[0]), "the account"))
        elif current.op is Op.CALENDAR:
            clock = True
        elif current.op is Op.FEATURE:
            stream = str(current.data[1])
            owned = stream != "calendar" and current.lane is not None
            streams.add(f"{current.lane.market} {stream}" if owned and current.lane else CALENDAR)
        if current.lane is not None and not current.lane.steps and current.op is not Op.CALENDAR:
            lanes.add(current.lane)
        stack.extend(current.inputs)
    return Origins(
        tuple(sorted(lanes)),
        tuple(sorted(others, key=lambda w: (w != "the position", w))),
        clock,
        tuple(sorted(streams)),
    )
