"""The bar store: one folder per market and timeframe, one .npy per column, mapped instead of read."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.timeframe import TIMEFRAMES
from tradeplan.runtime.market.columns import COLUMNS, digest, is_ordered, join, same_rows, take
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.rates import Rates

SCHEMA = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a stored series holds: UTC milliseconds of the first and last open, the digest and where it came from."""

    market: str
    timeframe: str
    rows: int
    first: int
    last: int
    digest: str
    source: str
    zone: str = "UTC"
    accepted: tuple[str, ...] = ()
    fingerprint: str = ""
    notes: tuple[str, ...] = ()
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True)
class Merge:
    """What an import did: rows new to the store, rows it already held, rows (of the import, from 0) that differ."""

    added: int
    identical: int
    conflicts: tuple[int, ...] = ()
    replaced: int = 0
    manifest: Manifest | None = field(default=None, compare=False)


class BarStore:
    """Series of bars under one root folder.

    INVARIANT: a reader sees the old series or the new one, whole: columns are written to a folder of their own and the
    manifest that names it is replaced in one step. Nothing mapped is ever written to, so this holds on Windows too.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def list(self) -> list[Manifest]:
        """Every series, markets in order of name, finest timeframe first; raises DataError for a broken manifest."""
        found = [self._read_manifest(path) for path in sorted(self.root.glob(f"*/*/{MANIFEST}"))]
        return sorted(found, key=lambda m: (m.market, TIMEFRAMES.get(m.timeframe, 0)))

    def manifest(self, market: str, timeframe: str) -> Manifest | None:
        """The manifest of a series, or None if there is none."""
        path = self._folder(market, timeframe) / MANIFEST
        return self._read_manifest(path) if path.is_file() else None

    def read(self, market: str, timeframe: str) -> Rates:
        """A series, mapped: pages are read when touched; raises DataError if there is none or it is damaged."""
        manifest = self.manifest(market, timeframe)
        if manifest is None:
            raise DataError(f"the store `{self.root}` has no {market}.{timeframe}: `plan data ls` shows what it has")
        folder = self._folder(market, timeframe) / manifest.digest[:16]
        columns: dict[str, NDArray[Any]] = {}
        for name, kind in COLUMNS.items():
            try:
                # Copy-on-write mapping yields plain writeable arrays, the one type the kernels are compiled for.
                mapped = np.load(folder / f"{name}.npy", mmap_mode="c" if manifest.rows else None, allow_pickle=False)
            except (OSError, ValueError) as error:
                raise DataError(
                    f"{market}.{timeframe}: column `{name}` cannot be read ({error}): import again"
                ) from None
            if mapped.shape != (manifest.rows,) or mapped.dtype != kind:
                raise DataError(f"{market}.{timeframe}: column `{name}` does not fit its manifest: import again")
            columns[name] = mapped.view(np.ndarray)
        return Rates(**columns)

    def is_intact(self, market: str, timeframe: str) -> bool:
        """Whether the stored columns still have the digest of the manifest (reads all of them)."""
        manifest = self.manifest(market, timeframe)
        return manifest is not None and digest(self.read(market, timeframe)) == manifest.digest

    def write(
        self,
        market: str,
        timeframe: str,
        rates: Rates,
        *,
        source: str,
        zone: str = "UTC",
        accepted: Sequence[str] = (),
        fingerprint: str = "",
        notes: Sequence[str] = (),
    ) -> Manifest:
        """Stores a series in place of what was there."""
        rows = len(rates)
        manifest = Manifest(
            market=market,
            timeframe=timeframe,
            rows=rows,
            first=int(rates.time.min()) if rows else 0,
            last=int(rates.time.max()) if rows else 0,
            digest=digest(rates),
            source=source,
            zone=zone,
            accepted=tuple(accepted),
            fingerprint=fingerprint,
            notes=tuple(notes),
        )
        folder = self._folder(market, timeframe)
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / manifest.digest[:16]
        if not target.is_dir():
            aside = folder / f".{uuid.uuid4().hex}"
            aside.mkdir()
            for name, kind in COLUMNS.items():
                np.save(aside / f"{name}.npy", np.ascontiguousarray(getattr(rates, name), dtype=kind))
            try:
                aside.rename(target)
            except OSError:
                # Another process stored the same content first; its copy has the same digest.
                shutil.rmtree(aside, ignore_errors=True)
                if not target.is_dir():
                    raise
        draft = folder / f".{uuid.uuid4().hex}.json"
        draft.write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
        os.replace(draft, folder / MANIFEST)
        for old in folder.iterdir():
            if old.is_dir() and old != target:
                # Windows keeps files that are still mapped elsewhere; the next write tries again.
                shutil.rmtree(old, ignore_errors=True)
        return manifest

    def merge(
        self,
        market: str,
        timeframe: str,
        rates: Rates,
        *,
        source: str,
        zone: str = "UTC",
        accepted: Sequence[str] = (),
        replace: bool = False,
    ) -> Merge:
        """Adds bars to a series. The same bars again change nothing; bars that differ are returned as conflicts.

        With conflicts nothing is stored unless `replace`, which takes the new bars. A series with rows out of order
        can only be stored as a whole: identical, or with `replace`; else DataError.
        """
        old_manifest = self.manifest(market, timeframe)
        if old_manifest is None:
            manifest = self.write(market, timeframe, rates, source=source, zone=zone, accepted=accepted)
            return Merge(added=len(rates), identical=0, manifest=manifest)
        if digest(rates) == old_manifest.digest:
            return Merge(added=0, identical=len(rates), manifest=old_manifest)
        old = self.read(market, timeframe)
        if not (is_ordered(old.time) and is_ordered(rates.time)):
            if not replace:
                raise DataError(
                    f"{market}.{timeframe}: rows out of order cannot be merged with what is stored: "
                    "import the whole series with `--replace`"
                )
            manifest = self.write(market, timeframe, rates, source=source, zone=zone, accepted=accepted)
            return Merge(added=len(rates), identical=0, replaced=len(old), manifest=manifest)
        at = np.searchsorted(old.time, rates.time)
        known = at < len(old)
        known[known] = old.time[at[known]] == rates.time[known]
        shared = np.flatnonzero(known)
        differs = shared[~same_rows(take(old, at[shared]), take(rates, shared))]
        identical, added = len(shared) - len(differs), len(rates) - len(shared)
        if len(differs) and not replace:
            return Merge(added=0, identical=identical, conflicts=tuple(differs.tolist()), manifest=old_manifest)
        if not added and not len(differs):
            return Merge(added=0, identical=identical, manifest=old_manifest)
        kept = np.ones(len(old), dtype=np.bool_)
        kept[at[differs]] = False
        fresh = np.ones(len(rates), dtype=np.bool_)
        fresh[shared] = False
        fresh[differs] = True
        both = join([take(old, kept), take(rates, fresh)])
        both = take(both, np.argsort(both.time, kind="stable"))
        manifest = self.write(
            market,
            timeframe,
            both,
            source=_united(old_manifest.source, source),
            zone=_united(old_manifest.zone, zone),
            accepted=sorted({*old_manifest.accepted, *accepted}),
        )
        return Merge(added=added, identical=identical, replaced=len(differs), manifest=manifest)

    def _folder(self, market: str, timeframe: str) -> Path:
        return self.root / market / timeframe

    def _read_manifest(self, path: Path) -> Manifest:
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            if raw["schema"] != SCHEMA:
                raise DataError(f"{path}: written by another version of the store ({raw['schema']}): import again")
            raw |= {name: tuple(raw[name]) for name in ("accepted", "notes")}
            return Manifest(**raw)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path}: the manifest cannot be read ({error}): import again") from None


def _united(old: str, new: str) -> str:
    parts = old.split("; ")
    return old if new in parts else "; ".join([*parts, new])
