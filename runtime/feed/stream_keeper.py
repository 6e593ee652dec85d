"""Keeps ticks and books that were fed on disk: streams in a store beside the bars, and what is newest in a tail."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.feed.tail import Tail
from tradeplan.runtime.market.streams.events import Book, Ticks, Trades, columns_of, empty
from tradeplan.runtime.market.streams.growing import GrowingStream, Key
from tradeplan.runtime.market.streams.store import StreamStore

TAIL = "streams.jsonl"
BEGUN = "streams.json"
FOLD_AT = 100_000
"""Events in the tail from which it is folded into the store while the run goes on."""


class Part(NamedTuple):
    """Events of a span, all that there are up to its present end; one with the start of the span before goes on with
    it."""

    start: int
    end: int
    columns: dict[str, NDArray[Any]]


class StreamKeeper:
    """The streams of one run, as its engine saw them. `begun` are those that have ever begun.

    A stream is stored in the form of `plan data import`, so a backtest can run over the folder of a run.
    """

    def __init__(self, root: Path, source: str) -> None:
        self._root, self._source = root, source
        self._tail = Tail(root / TAIL)
        self._store = StreamStore(root)
        self._events = 0
        file = root / BEGUN
        self.is_new = not file.is_file()
        self.begun: set[Key] = set() if self.is_new else {(m, n) for m, n in json.loads(file.read_text("utf-8"))}

    def begin(self, *keys: Key) -> None:
        """Remember that streams have begun: whatever the terminal tells later of the time before is not theirs."""
        self.begun |= set(keys)
        self.is_new = False
        self._root.mkdir(parents=True, exist_ok=True)
        aside = self._root / f"{BEGUN}.part"
        aside.write_text(json.dumps(sorted(self.begun)), encoding="utf-8")
        aside.replace(self._root / BEGUN)

    def load(self) -> dict[Key, Ticks | Book]:
        """Every stream as it was seen; the tail is folded in first."""
        self.fold()
        return {key: self._stored(key) for key in sorted(self.begun)}

    @staticmethod
    def peek(root: Path) -> dict[Key, Ticks | Book]:
        """Every stream as it was seen, while another process may write more; nothing is changed."""
        keeper = StreamKeeper(root, "")
        # the tail first: what is folded meanwhile is in the store then, and is known by the end of its span
        newer = list(_parts(keeper._tail))
        found = {key: GrowingStream(keeper._stored(key)) for key in sorted(keeper.begun)}
        for key, part in newer:
            _go_on(found, key, part)
        events = ((key, stream.events()) for key, stream in found.items())
        return {key: stream for key, stream in events if not isinstance(stream, Trades)}

    def add(self, new: Iterable[tuple[Key, Part]]) -> None:
        """Write parts to the tail; they are on disk when this returns. Raises StoreTrouble."""
        lines = []
        for (market, name), part in new:
            columns = {column: values.tolist() for column, values in part.columns.items()}
            lines.append(json.dumps([market, name, part.start, part.end, columns]) + "\n")
            self._events += len(part.columns["time"])
        if not lines:
            return
        self._tail.append("".join(lines))
        if self._events >= FOLD_AT:
            self.fold()

    def fold(self) -> None:
        """Bring the tail into the store. A tail that was folded and not removed changes nothing the second time."""
        self._tail.close()
        parts: dict[Key, list[Part]] = {}
        for key, part in _parts(self._tail):
            parts.setdefault(key, []).append(part)
        for (market, name), some in parts.items():
            manifest = self._store.manifest(market, name)
            known = manifest.spans[-1][1] if manifest is not None and manifest.spans else None
            fresh = GrowingStream(empty(name))
            for part in some:
                if known is None or part.end > known:  # what was tried again is there twice
                    fresh.append(part.columns, part.start, part.end)
                    known = part.end
            if len(fresh.spans):
                self._store.extend(market, name, fresh.events(), source=self._source)
        self._tail.remove()
        self._events = 0

    def close(self) -> None:
        """Close the tail; it is read again by the next `load`."""
        self._tail.close()

    def _stored(self, key: Key) -> Ticks | Book:
        found = self._store.read(*key)
        return found if isinstance(found, Ticks | Book) else empty(key[1])


def _go_on(streams: dict[Key, GrowingStream], key: Key, part: Part) -> None:
    """Add a part that is not there yet."""
    stream = streams.setdefault(key, GrowingStream(empty(key[1])))
    if stream.covered_to is None or part.end > stream.covered_to:
        stream.append(part.columns, part.start, part.end)


def _parts(tail: Tail) -> Iterator[tuple[Key, Part]]:
    """The parts in a tail, oldest first."""
    for line in tail.lines():
        try:
            market, name, start, end, columns = json.loads(line)
        except ValueError:
            continue  # the last line of a process that was killed while writing it: its events never counted
        kinds = {column: values.dtype for column, values in columns_of(empty(name)).items()}
        yield (market, name), Part(start, end, {c: np.array(columns[c], dtype=kind) for c, kind in kinds.items()})
