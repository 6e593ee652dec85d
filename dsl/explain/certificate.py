"""The causality certificate: for every value, the newest bar that it may use at a step."""

from __future__ import annotations

from tradeplan.dsl.check.context import Use
from tradeplan.dsl.explain.origins import CALENDAR, Origins, origins
from tradeplan.dsl.source import Source

_OTHERS = {
    "the position": "the position as it was left by bars that closed at or before t",
    "the account": "the account as it was left by bars that closed at or before t",
    "the system": "the newest reading of the system that had arrived at t",
    "the feed": "the newest reading of the feed that had arrived at t",
}

_SCHEDULE = f"{CALENDAR}: when events are scheduled, as known in advance; nothing that they released"


def certificate_rows(uses: list[Use], source: Source) -> list[list[str]]:
    """Rows of: value, the newest bar it may use at a step at time t."""
    rows: list[list[str]] = []
    seen: set[str] = set()
    for use in uses:
        written = " ".join(source.slice(use.span).split())
        if written not in seen:
            seen.add(written)
            rows.append([written, _newest(origins(use.value.node))])
    return rows


def _newest(read: Origins) -> str:
    words = [f"{lane.market} {lane.timeframe} with close <= t" for lane in read.lanes]
    words += [_SCHEDULE if stream == CALENDAR else f"{stream}: events with time <= t" for stream in read.streams]
    words += [_OTHERS[other] for other in read.others]
    if read.clock and not words:
        words.append("the clock alone: the time of the step")
    return ", and ".join(words) or "no bar: a constant"
