"""Compiled kernels when they are in the cache or worth waiting for; else plain Python while a process compiles them."""

from __future__ import annotations

from tradeplan.dsl.graph import Op
from tradeplan.runtime.engine.lanes import LaneData
from tradeplan.runtime.engine.order_loop import ENTRIES
from tradeplan.runtime.kernels import warm
from tradeplan.runtime.kernels.build import Kernels, is_warm
from tradeplan.runtime.kernels.orders.tally import tally_clauses
from tradeplan.runtime.kernels.orders.wake import count_unknown
from tradeplan.runtime.kernels.source.evaluate import evaluate
from tradeplan.runtime.kernels.tables import Tables

ENTRY_POINTS = (evaluate, *ENTRIES, count_unknown, tally_clauses)
"""All kernels that a run calls; columns come on top, by what its plans read."""

_SECONDS_A_STEP = 1.0e-6
_SMALL_JOB_SECONDS = 3.0
"""Compiling everything takes half a minute once; a job that plain Python does in less than this is not kept waiting."""


def work(tables: Tables, data: LaneData, start: int, end: int) -> float:
    """About how many seconds plain Python needs for these tables over a span of time (UTC ms)."""
    steps = 0
    for node in tables.nodes:
        if node.lane is None or node.op in (Op.CONST, Op.FIELD, Op.FEATURE):
            continue
        feed = data.lane(node.lane)
        if feed is not None:
            feed.extend(end)
            times = feed.close_times[: feed.count]
            steps += int(times.searchsorted(end)) - int(times.searchsorted(start))
    return steps * _SECONDS_A_STEP


def choose_kernels(tables: Tables, data: LaneData, start: int, end: int) -> Kernels:
    """The form of the kernels for a job; starts filling the cache in the background where plain Python serves."""
    columns = list(tables.columns)
    if is_warm(ENTRY_POINTS, columns):
        return Kernels("compiled")
    if work(tables, data, start, end) > _SMALL_JOB_SECONDS:
        return Kernels("compiled")
    warm.start(ENTRY_POINTS, columns)
    return Kernels("interpreted")
