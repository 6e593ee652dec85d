"""What a person should know before plans run that read ticks, trades or books: that there are none, or how few bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Lane, Node, Op
from tradeplan.dsl.graph.parts import parts_of
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.verify import stamp

_NEARLY_ALL = 0.95


def stream_warnings(
    plans: Sequence[CheckedPlan | CheckedGuard], dataset: Dataset, start: int | None, end: int | None
) -> list[str]:
    """A warning for each stream that a plan reads and that is missing, or does not cover nearly all bars of the run."""
    found: dict[tuple[str, str, str], str] = {}
    for plan in plans:
        for read in streams_read(plan):
            key = (plan.name, read.lane.market, read.stream)
            if key in found:
                continue
            told = _told(dataset, read.lane.market, read.lane.timeframe, read.stream, start, end)
            if told:
                found[key] = (
                    f"plan `{plan.name}` reads {read.stream} of {read.lane.market} in `{read.part}`, and {told}"
                )
    return list(found.values())


class StreamRead(NamedTuple):
    """A stream that a part of a plan reads, on the bars of a lane."""

    lane: Lane
    stream: str
    part: str


def streams_read(plan: CheckedPlan | CheckedGuard) -> Iterator[StreamRead]:
    """What a plan or guard reads beyond bars and the calendar; the same may come twice."""
    for root, part, _ in parts_of(plan.rules):
        for node in _features(root):
            assert node.lane is not None
            yield StreamRead(node.lane, str(node.data[1]), part)


def _told(dataset: Dataset, market: str, timeframe: str, stream: str, start: int | None, end: int | None) -> str:
    bars = dataset.bars(market, timeframe)
    if bars is None or not len(bars):
        return ""  # there is more to say about a view without bars, and it is said elsewhere
    if stream not in dataset.streams(market):
        return "there are none: it is UNKNOWN throughout; `plan data import` brings them in"
    known = dataset.covered(market, timeframe, stream)
    inside = np.ones(len(bars), dtype=np.bool_)
    inside &= True if start is None else bars.close_time > start
    inside &= True if end is None else bars.close_time <= end
    count, covered = int(inside.sum()), int((inside & known).sum())
    if covered >= _NEARLY_ALL * count:
        return ""
    if not covered:
        return f"what is recorded covers none of the {count} bars of {timeframe}: it is UNKNOWN throughout"
    times = bars.close_time[inside & known]
    span = f"between {stamp(int(times[0]))} and {stamp(int(times[-1]))}"
    return f"what is recorded covers {covered} of the {count} bars of {timeframe}, {span}: elsewhere it is UNKNOWN"


def _features(root: Node) -> Iterator[Node]:
    """The nodes made from streams of a market, below a node."""
    seen: set[Node] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.op is Op.FEATURE and node.data[1] != "calendar":
            yield node
        waiting += node.inputs
