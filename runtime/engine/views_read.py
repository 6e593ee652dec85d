"""Which views plans read, and which of them have no bars in a run: such a run would only tell that nothing happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from tradeplan.dsl.graph import CheckedGuard, CheckedPlan, Lane
from tradeplan.dsl.graph.parts import lanes_below, parts_of
from tradeplan.dsl.timeframe import milliseconds
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.verify import stamp


@dataclass(frozen=True, slots=True)
class Reading:
    """A view that a part of a plan or guard (`plan`) reads; not `needed`: OPTIONAL or `known()` expects it to lack."""

    plan: str
    lane: Lane
    part: str
    needed: bool
    guard: bool = False


def views_read(plans: Iterable[CheckedPlan | CheckedGuard]) -> list[Reading]:
    """Every view of every plan and guard once, with the first part that reads it; needed anywhere is needed."""
    found: dict[tuple[str, Lane], Reading] = {}
    for plan in plans:
        for node, part, needed in parts_of(plan.rules):
            for lane, lane_needed in lanes_below(node, needed):
                known = found.get((plan.name, lane))
                if known is None or (lane_needed and not known.needed):
                    guard = isinstance(plan, CheckedGuard)
                    found[plan.name, lane] = Reading(plan.name, lane, part, lane_needed, guard)
    return list(found.values())


def views_without_bars(
    plans: Sequence[CheckedPlan | CheckedGuard], dataset: Dataset, start: int | None, end: int | None
) -> tuple[list[str], list[str]]:
    """Errors and warnings about views that never have a fresh bar in `(start, end]`, in words."""
    errors: list[str] = []
    warnings: list[str] = []
    for reading in views_read(plans):
        if _has_bars(dataset, reading.lane, start, end):
            continue
        view = f"{reading.lane.market}.{reading.lane.timeframe}"
        bars = dataset.bars(reading.lane.market, reading.lane.timeframe)
        why = "there is no data" if bars is None or not len(bars) else f"there are no bars in {span_text(start, end)}"
        held = bars_held(dataset, reading.lane.market)
        who = f"{'guard' if reading.guard else 'plan'} `{reading.plan}`"
        text = f"{who} reads {view} in `{reading.part}`, and of {view} {why}: {held}"
        if reading.needed:
            errors.append(f"{text}; read a view that has bars, or import `{view}` with `plan data import`")
        else:
            warnings.append(f"{text}; the part stands under OPTIONAL or known(), so the run went on without it")
    return errors, warnings


def _has_bars(dataset: Dataset, lane: Lane, start: int | None, end: int | None) -> bool:
    """Whether a bar of a view closes in the span, or did so short enough before it to be read in it."""
    bars = dataset.bars(lane.market, lane.timeframe)
    if bars is None:
        return False
    closes = bars.close_time
    newest = (len(closes) if end is None else int(np.searchsorted(closes, end, side="right"))) - 1
    if newest < 0:
        return False
    if start is None or closes[newest] > start:
        return True
    calendar = dataset.calendar(lane.market)
    age = calendar.session_clock_at(start) - calendar.session_clock_at(int(closes[newest]))
    return age <= calendar.stale_after(lane.timeframe)


def bars_held(dataset: Dataset, market: str, finer_than: str | None = None) -> str:
    """The stored bars of a market and their spans in words; the markets that have bars when it has none."""
    spans = []
    for timeframe in dataset.timeframes(market):
        if finer_than is not None and milliseconds(timeframe) >= milliseconds(finer_than):
            break
        bars = dataset.bars(market, timeframe)
        if bars is not None and len(bars):
            spans.append(f"{market}.{timeframe} ({span_text(int(bars.open_time[0]), int(bars.close_time[-1]))})")
    if spans:
        return f"there are bars of {', '.join(spans)}"
    return f"there are no bars of {market} at all, only of {', '.join(dataset.markets()) or 'nothing'}"


def span_text(start: int | None, end: int | None) -> str:
    """A span of time in words, UTC."""
    first = "the beginning" if start is None else stamp(start).removesuffix(" 00:00")
    last = "the end" if end is None else stamp(end).removesuffix(" 00:00")
    return f"{first} to {last}"
