"""History of several series at once: paged below the terminal's limit, asked again until it has stopped growing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.feed.asking import ask, newest_bars, raw_bars
from tradeplan.runtime.feed.wall import Watch
from tradeplan.runtime.mt5.terminal import Call, Terminal

Array = NDArray[Any]
Key = tuple[str, str]
"""Symbol and timeframe."""

PAGE = 20_000
"""Bars a call, when the terminal allows more."""
A_TRIP = 60_000
"""Bars a round trip: a bridge waits three seconds for all of it."""
PATIENCE = 30
"""So often a history that is shorter than asked for is asked for again."""
BETWEEN = 0.25
"""Seconds between two rounds."""


def most_bars(terminal: Terminal) -> int:
    """How many bars one call may ask for: asking for the terminal's limit or more fails whole."""
    (reply,) = ask(terminal, [Call("terminal_info")])
    limit = 0 if reply.value is None else int(reply.value.maxbars)
    return max(1, min(PAGE, limit - 1)) if limit else 1_000


def history(terminal: Terminal, wanted: Mapping[Key, int], watch: Watch, patience: int = PATIENCE) -> dict[Key, Array]:
    """The newest bars of series, as many as wanted or as there are, the forming one included, oldest first.

    A series that cannot be had at all has an empty array. A cold terminal may give few bars, or an error, and more
    with each call: it is asked again until it gives all, or the same number twice, or `patience` times. Raises
    TerminalAway.
    """
    page = most_bars(terminal)
    found: dict[Key, Array] = {}
    before: dict[Key, int] = {}
    left = dict(wanted)
    for _ in range(patience):
        parts = _round(terminal, left, page)
        for key, rows in parts.items():
            if len(rows) >= len(found.get(key, rows)):
                found[key] = rows
            if len(rows) >= left[key] or (len(rows) and before.get(key) == len(rows)):
                del left[key]
            before[key] = len(rows)
        if not left:
            break
        watch.pause(BETWEEN)
    return found


def _round(terminal: Terminal, wanted: Mapping[Key, int], page: int) -> dict[Key, Array]:
    """One look at every series, page by page."""
    pages: dict[Key, list[Array]] = {key: [] for key in wanted}
    going = dict(wanted)
    start = 0
    while going:
        sizes = {key: min(page, count - start) for key, count in going.items()}
        replies = [
            reply
            for part in _trips(sizes)
            for reply in ask(terminal, [newest_bars(*key, start, sizes[key]) for key in part])
        ]
        for key, reply in zip(list(going), replies, strict=True):
            rows = raw_bars(reply)
            if rows is not None and len(rows):
                pages[key].insert(0, rows)
            if rows is None or len(rows) < sizes[key] or start + sizes[key] >= going[key]:
                del going[key]
        start += page
    return {key: _joined(parts) for key, parts in pages.items()}


def _trips(sizes: Mapping[Key, int]) -> list[list[Key]]:
    """The series of each round trip, in order: so many bars that it ends in time."""
    trips: list[list[Key]] = [[]]
    bars = 0
    for key, size in sizes.items():
        if trips[-1] and bars + size > A_TRIP:
            trips.append([])
            bars = 0
        trips[-1].append(key)
        bars += size
    return trips


def _joined(parts: list[Array]) -> Array:
    """Pages one after the other; a bar that closed meanwhile moved the positions, so some rows come twice."""
    if not parts:
        return np.zeros(0)
    rows = np.concatenate(parts)
    _, first = np.unique(rows["time"], return_index=True)
    return np.asarray(rows[first])
