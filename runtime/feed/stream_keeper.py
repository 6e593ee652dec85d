"""Keeps ticks and books that were fed on disk: streams in a store beside the bars, and what is newest in a tail."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.feed.tail import Tail
from tradeplan.runtime.market.streams.events import BUY, SELL, columns_of, empty
from tradeplan.runtime.market.streams.growing import GrowingStream, Kept, Key, Slice
from tradeplan.runtime.market.streams.slices import Batch, slices
from tradeplan.runtime.market.streams.store import StreamManifest, StreamStore

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


class _Stored(NamedTuple):
    """What there is of a stream: in the store, and `newest` in the tail beyond it."""

    manifest: StreamManifest | None
    spans: NDArray[np.int64]
    newest: Batch


class StreamKeeper:
    """The streams of one run, as its engine saw them. `begun` are those that have ever begun.

    A stream is stored in the form of `plan data import`, so a backtest can run over the folder of a run. Another
    process may read while the run writes; it changes nothing.
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

    def load(self) -> dict[Key, Kept]:
        """What is known of every stream; the tail is folded in first."""
        self.fold()
        return self.kept()

    def kept(self) -> dict[Key, Kept]:
        """What is known of every stream, without its events."""
        return {key: self._kept(key) for key in sorted(self.begun)}

    def slices(self, market: str) -> Iterator[Slice]:
        """All that there is of a market on disk now, oldest first; the last slice has all spans."""
        names = sorted(name for of, name in self.begun if of == market)
        stored = {(market, name): self._stored((market, name)) for name in names}
        return slices({key[1]: (one.spans, self._batches(key, one)) for key, one in stored.items()})

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
        for key, some in parts.items():
            fresh = _go_on(key, self._store.manifest(*key), some)
            if len(fresh.spans):
                self._store.extend(*key, fresh.events(), source=self._source)
        self._tail.remove()
        self._events = 0

    def close(self) -> None:
        """Close the tail; it is read again by the next `load`."""
        self._tail.close()

    def _kept(self, key: Key) -> Kept:
        found = self._stored(key)
        message, first_trade = 0, None
        for batch in self._batches(key, found, slice(-1, None) if key[1] == "book" else slice(None)):
            if key[1] == "book":
                message = int(batch["message"][-1]) + 1
            else:
                trades = np.flatnonzero((batch["flags"] & (BUY | SELL)) != 0)
                if len(trades):
                    first_trade = int(batch["time"][trades[0]])
                    break
        rows = len(found.newest["time"]) + (0 if found.manifest is None else found.manifest.rows)
        return Kept(found.spans, rows, message, first_trade)

    def _stored(self, key: Key) -> _Stored:
        # the tail first: what is folded meanwhile is in the store then, and is known by the end of its span
        parts = [part for of, part in _parts(self._tail) if of == key]
        manifest = self._store.manifest(*key)
        fresh = _go_on(key, manifest, parts)
        spans = dict(manifest.spans) if manifest is not None else {}
        spans.update({start: max(end, spans.get(start, end)) for start, end in fresh.spans.tolist()})
        all_spans = np.array(list(spans.items()), dtype=np.int64).reshape(-1, 2)
        return _Stored(manifest, all_spans, columns_of(fresh.events()))

    def _batches(self, key: Key, stored: _Stored, files: slice = slice(None)) -> Iterator[Batch]:
        """Events, oldest first, of some files of the store and of the tail."""
        if stored.manifest is not None and stored.manifest.spans:
            end = stored.manifest.spans[-1][1]
            for batch in self._store.batches(*key, replace(stored.manifest, files=stored.manifest.files[files])):
                # a file that was written again meanwhile has the tail's events too
                count = int(np.searchsorted(batch["time"], end, side="right"))
                if count:
                    yield {name: column[:count] for name, column in batch.items()}
        if len(stored.newest["time"]):
            yield stored.newest


def _go_on(key: Key, manifest: StreamManifest | None, parts: Iterable[Part]) -> GrowingStream:
    """What parts tell beyond what is stored."""
    known = manifest.spans[-1][1] if manifest is not None and manifest.spans else None
    fresh = GrowingStream(empty(key[1]))
    for part in parts:
        if known is None or part.end > known:  # what was tried again is there twice
            fresh.append(part.columns, part.start, part.end)
            known = part.end
    return fresh


def _parts(tail: Tail) -> Iterator[tuple[Key, Part]]:
    """The parts in a tail, oldest first."""
    for line in tail.lines():
        try:
            market, name, start, end, columns = json.loads(line)
        except ValueError:
            continue  # the last line of a process that was killed while writing it: its events never counted
        kinds = {column: values.dtype for column, values in columns_of(empty(name)).items()}
        yield (market, name), Part(start, end, {c: np.array(columns[c], dtype=kind) for c, kind in kinds.items()})
