"""The streams of a market in slices of time, none of which needs more memory than an hour of them takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.streams.events import Times, columns_of, empty, spans_until
from tradeplan.runtime.market.streams.growing import Slice

STEP = 3_600_000
END = 1 << 62
Batch = dict[str, NDArray[Any]]
"""Columns of some events."""


def slices(streams: Mapping[str, tuple[Times, Iterator[Batch]]]) -> Iterator[Slice]:
    """Streams by name, given as their spans and their events in batches, oldest first; the last slice has all spans."""
    readings = {name: _Reading(name, batches) for name, (_, batches) in streams.items()}
    while (begins := [r.next for r in readings.values() if r.next is not None]) != []:
        # INVARIANT: an event of a later slice lies beyond the end of every span of this one
        until = (min(begins) // STEP + 1) * STEP - 1
        yield Slice(until, {n: (r.upto(until), spans_until(streams[n][0], until)) for n, r in readings.items()})
    yield Slice(END, {name: (columns_of(empty(name)), spans) for name, (spans, _) in streams.items()})


class _Reading:
    """Events in the order of time; `next`: the time of the one that comes next, None at the end."""

    def __init__(self, name: str, batches: Iterator[Batch]) -> None:
        self._batches = batches
        self._held = self._none = columns_of(empty(name))
        self._fetch()

    @property
    def next(self) -> int | None:
        return int(self._held["time"][0]) if len(self._held["time"]) else None

    def upto(self, until: int) -> Batch:
        """Events at or before a time that were not given yet."""
        found = [self._none]
        while (first := self.next) is not None and first <= until:
            count = int(np.searchsorted(self._held["time"], until, side="right"))
            found.append({name: column[:count] for name, column in self._held.items()})
            self._held = {name: column[count:] for name, column in self._held.items()}
            if self.next is None:
                self._fetch()
        return {name: np.concatenate([part[name] for part in found]) for name in self._none}

    def _fetch(self) -> None:
        self._held = next((batch for batch in self._batches if len(batch["time"])), self._none)
