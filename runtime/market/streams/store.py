"""Streams beside the bars of a store: one Parquet file a day, and a manifest that names them."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.streams.events import Book, Events, Stream, Ticks, Times, Trades, columns_of, empty
from tradeplan.runtime.market.streams.memory import NAMES

MANIFEST = "stream.json"
SCHEMA = 1
JOIN = 60_000
"""Recordings of ticks and trades that lie no further apart than this, in ms, are taken as one; of books never."""
BATCH = 65_536
"""Rows that are read at a time."""
_DAY = 86_400_000
_DATE = len("2026-01-31")
_KINDS: dict[str, type[Ticks] | type[Trades] | type[Book]] = {"ticks": Ticks, "trades": Trades, "book": Book}


@dataclass(frozen=True, slots=True)
class StreamManifest:
    """What is stored of a stream; `spans` are the recordings (start, end], `digests` those of the files taken in."""

    market: str
    stream: str
    rows: int
    files: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    sources: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True)
class StreamMerge:
    """What an import did: events new to the store, events it had, events that differ (nothing is stored with those)."""

    added: int
    identical: int
    conflicts: int = 0
    replaced: int = 0
    manifest: StreamManifest | None = field(default=None, compare=False)


class StreamStore:
    """Streams under the root of a bar store.

    INVARIANT: a reader sees the old stream or the new one, whole: a day's file is named by its content, and the
    manifest that names the files is replaced in one step.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def list(self) -> list[StreamManifest]:
        """Every stored stream, by market; raises DataError for a broken manifest."""
        return [self._manifest(path) for path in sorted(self.root.glob(f"*/*/{MANIFEST}"))]

    def manifest(self, market: str, name: str) -> StreamManifest | None:
        """The manifest of a stream, None if there is none."""
        path = self.root / market / name / MANIFEST
        return self._manifest(path) if path.is_file() else None

    def read(self, market: str, name: str) -> Events | None:
        """A stream, all of it in memory; None if there is none. Raises DataError if it is damaged."""
        manifest = self.manifest(market, name)
        if manifest is None:
            return None
        made = self._read(market, name, manifest.files, manifest.spans)
        if len(made) != manifest.rows:
            raise DataError(f"{market} {name}: the files do not hold what the manifest says: import again")
        return made

    def _read(self, market: str, name: str, files: Sequence[str], spans: Sequence[tuple[int, int]]) -> Events:
        import pyarrow.parquet as parquet  # pyarrow takes longer to import than a warm start may

        folder = self.root / market / name
        covered = np.array(spans, dtype=np.int64).reshape(-1, 2)
        parts: dict[str, list[NDArray[Any]]] = {}
        try:
            for file in files:
                table = parquet.read_table(folder / file)
                for column in table.column_names:
                    parts.setdefault(column, []).append(table.column(column).to_numpy())
            columns = {column: np.concatenate(pieces) for column, pieces in parts.items()}
            kind = _KINDS[name]
            # a stream of which only its coverage is known has no file
            return kind(**(columns if files else columns_of(empty(name))), spans=covered)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise _unreadable(market, name, error) from None

    def batches(self, market: str, name: str, manifest: StreamManifest) -> Iterator[dict[str, NDArray[Any]]]:
        """The columns of a stream in parts, oldest first, so that little of it is in memory at a time; of a file that
        another process has written again meanwhile, what it holds now. Raises DataError if it is damaged."""
        import pyarrow  # as below
        import pyarrow.parquet as parquet

        for file in manifest.files:
            try:
                # whole, so that no file is open while the process that writes wants to remove it
                packed = self._file(market, name, file).read_bytes()
                for batch in parquet.ParquetFile(pyarrow.BufferReader(packed)).iter_batches(BATCH):
                    yield {c: batch.column(c).to_numpy(zero_copy_only=False) for c in batch.schema.names}
            except (OSError, ValueError, TypeError, KeyError) as error:
                raise _unreadable(market, name, error) from None

    def _file(self, market: str, name: str, file: str) -> Path:
        """A file of the manifest, or that which took its place: the day that is not over is written again."""
        path = self.root / market / name / file
        if not path.is_file():
            now = self.manifest(market, name)
            days = [other for other in (now.files if now else ()) if other[:_DATE] == file[:_DATE]]
            path = self.root / market / name / (days[0] if days else file)
        return path

    def is_intact(self, market: str, name: str) -> bool:
        """Whether the events of every day still have the digest in the name of their file."""
        manifest, stream = self.manifest(market, name), self.read(market, name)
        return manifest is not None and stream is not None and tuple(_days(stream)) == manifest.files

    def merge(
        self,
        market: str,
        name: str,
        stream: Events,
        *,
        source: str,
        accepted: tuple[str, ...] = (),
        replace: bool = False,
    ) -> StreamMerge:
        """Adds a recording. The same again changes nothing; where two recordings of the same time differ, nothing is
        stored unless `replace`, which takes the new one (of a book, in place of each recording that it touches).
        """
        mark = _digest(stream)
        manifest = self.manifest(market, name)
        if manifest is not None and mark in manifest.digests:
            return StreamMerge(0, len(stream), manifest=manifest)
        old = self.read(market, name)
        if manifest is None or old is None:
            made = self._write(
                market, name, stream, StreamManifest(market, name, 0, (), (), (source,), (mark,), accepted)
            )
            return StreamMerge(len(stream), 0, manifest=made)
        shared = _shared(old.spans, stream.spans)
        mine, theirs = _inside(old.time, shared), _inside(stream.time, shared)
        same = not isinstance(old, Book) and _equal(_rows(old, mine), _rows(stream, theirs))
        differing = 0 if same else int(max(mine.sum(), theirs.sum()))
        if differing and not replace:
            return StreamMerge(0, 0, differing, manifest=manifest)
        spans = old.spans
        if isinstance(old, Book):
            kept = [s for s in spans.tolist() if not any(s[0] < b and a < s[1] for a, b in stream.spans.tolist())]
            spans = np.array(kept, dtype=np.int64).reshape(-1, 2)
            mine = ~_inside(old.time, spans)
        both = _joined(_rows(old, ~mine), stream, _union(spans, stream.spans, 0 if isinstance(old, Book) else JOIN))
        about = StreamManifest(
            market,
            name,
            0,
            (),
            (),
            tuple(dict.fromkeys((*manifest.sources, source))),
            (*(() if differing else manifest.digests), mark),
            tuple(sorted({*manifest.accepted, *accepted})),
        )
        made = self._write(market, name, both, about)
        again = int(theirs.sum()) if same else 0
        return StreamMerge(len(stream) - again, again, replaced=differing, manifest=made)

    def extend(self, market: str, name: str, more: Events, *, source: str) -> StreamManifest:
        """Adds what came after all that is stored; its spans stay as they are, but one that begins where a stored one
        does goes on with it. Only the day that is not over is written again."""
        manifest = self.manifest(market, name)
        if manifest is None:
            return self._write(market, name, more, StreamManifest(market, name, 0, (), (), (source,)))
        newest = self._read(market, name, manifest.files[-1:], manifest.spans)
        if not len(newest) or (len(more) and newest.time[-1] // _DAY != more.time[0] // _DAY):
            before, last = manifest.files, more
        else:
            before, last = manifest.files[:-1], _after(newest, more)
        spans = dict(manifest.spans)
        spans.update({start: max(end, spans.get(start, end)) for start, end in more.spans.tolist()})
        last = type(last)(**columns_of(last), spans=np.array(list(spans.items()), dtype=np.int64).reshape(-1, 2))
        rows = manifest.rows + len(more) - len(last)
        about = replace(manifest, sources=tuple(dict.fromkeys((*manifest.sources, source))))
        return self._write(market, name, last, about, before, rows)

    def _write(
        self,
        market: str,
        name: str,
        stream: Events,
        about: StreamManifest,
        before: tuple[str, ...] = (),
        rows_before: int = 0,
    ) -> StreamManifest:
        """Writes the days of a stream; `before` are files of earlier ones, which stay."""
        import pyarrow  # as above
        import pyarrow.parquet as parquet

        folder = self.root / market / name
        folder.mkdir(parents=True, exist_ok=True)
        days = _days(stream)
        for file, rows in days.items():
            if (folder / file).is_file():
                continue
            draft = folder / f".{uuid.uuid4().hex}"
            table = pyarrow.table({column: values[rows] for column, values in columns_of(stream).items()})
            parquet.write_table(table, draft, compression="zstd")
            os.replace(draft, folder / file)
        spans = tuple((int(a), int(b)) for a, b in stream.spans)
        files = (*before, *days)
        made = replace(about, rows=rows_before + len(stream), files=files, spans=spans)
        draft = folder / f".{uuid.uuid4().hex}"
        draft.write_text(json.dumps(asdict(made), indent=1), encoding="utf-8")
        os.replace(draft, folder / MANIFEST)
        for old in folder.glob("*.parquet"):
            if old.name not in files:
                with suppress(PermissionError):  # Windows keeps what somebody reads: it goes the next time
                    old.unlink(missing_ok=True)
        return made

    def _manifest(self, path: Path) -> StreamManifest:
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            if raw["schema"] != SCHEMA:
                raise DataError(f"{path}: written by another version of the store ({raw['schema']}): import again")
            raw |= {name: tuple(raw[name]) for name in ("files", "sources", "digests", "accepted")}
            raw["spans"] = tuple((int(a), int(b)) for a, b in raw["spans"])
            return StreamManifest(**raw)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path}: the manifest cannot be read ({error}): import again") from None


class StoredStreams:
    """The streams of a store, each read when first asked for."""

    def __init__(self, store: StreamStore, profiles: Profiles) -> None:
        self._store = store
        self._there: dict[str, list[str]] = {}
        for manifest in store.list():
            profile = profiles.get(manifest.market)
            if profile is not None:
                self._there.setdefault(profile.name, []).append(manifest.stream)
        self._read: dict[tuple[str, str], Events | None] = {}

    def names(self, market: str) -> tuple[str, ...]:
        """What is there of a market."""
        return tuple(name for name in NAMES if name in self._there.get(market, ()))

    def stream(self, market: str, name: str) -> Stream | None:
        """One of them, None if it is not there; raises DataError if it is damaged."""
        if name not in self.names(market):
            return None
        if (market, name) not in self._read:
            self._read[market, name] = self._store.read(market, name)
        return self._read[market, name]


def _unreadable(market: str, name: str, error: Exception) -> DataError:
    return DataError(f"{market} {name}: cannot be read ({str(error).splitlines()[0]}): import again")


def _days(stream: Events) -> dict[str, slice]:
    """The file of every day with events, named by day and content, and its rows."""
    found = {}
    days = stream.time // _DAY
    starts = np.flatnonzero(np.append(True, days[1:] != days[:-1])) if len(days) else np.zeros(0, dtype=np.int64)
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(days)], strict=False):
        rows = slice(start, end)
        day = str(np.datetime64(int(days[start]), "D"))
        found[f"{day}.{_digest(stream, rows)[:16]}.parquet"] = rows
    return found


def _digest(stream: Events, rows: slice = slice(None)) -> str:
    digest = hashlib.sha256()
    for name, column in columns_of(stream).items():
        values = column[rows]
        # numbers of messages begin anew in every recording
        values = values - values[0] if name == "message" and len(values) else values
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _inside(times: Times, spans: Times) -> NDArray[np.bool_]:
    if not len(spans):
        return np.zeros(len(times), dtype=np.bool_)
    at = np.searchsorted(spans[:, 0], times, side="left") - 1
    found: NDArray[np.bool_] = (at >= 0) & (times <= spans[np.maximum(at, 0), 1])
    return found


def _shared(a: Times, b: Times) -> Times:
    found = [(max(s, t), min(e, f)) for s, e in a.tolist() for t, f in b.tolist() if max(s, t) < min(e, f)]
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def _union(a: Times, b: Times, apart: int) -> Times:
    joined: list[list[int]] = []
    for start, end in sorted([*a.tolist(), *b.tolist()]):
        if joined and start <= joined[-1][1] + apart and (apart or start < joined[-1][1]):
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return np.array(joined, dtype=np.int64).reshape(-1, 2)


def _rows(stream: Events, rows: NDArray[np.bool_]) -> Events:
    return type(stream)(**{name: column[rows] for name, column in columns_of(stream).items()}, spans=stream.spans)


def _equal(a: Events, b: Events) -> bool:
    other = columns_of(b)
    return all(np.array_equal(column, other[name]) for name, column in columns_of(a).items())


def _after(known: Events, more: Events) -> Events:
    """Both, the second after the first."""
    first, second = columns_of(known), columns_of(more)
    return type(known)(**{name: np.concatenate([first[name], second[name]]) for name in first})


def _joined(kept: Events, fresh: Events, spans: Times) -> Events:
    """Both in the order of time; where the fresh one repeats what is known its rows take the place of the old ones."""
    a, b = columns_of(kept), columns_of(fresh)
    if "message" in b and len(a["message"]):
        b["message"] = b["message"] + int(a["message"].max()) + 1
    both = {name: np.concatenate([a[name], b[name]]) for name in a}
    order = np.argsort(both["time"], kind="stable")
    return type(kept)(**{name: column[order] for name, column in both.items()}, spans=spans)
