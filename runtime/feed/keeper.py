"""Keeps fed bars on disk: series in the bar store, and the newest bars in a tail that is written before they count."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

import numpy as np
from tradeplan.runtime.market.columns import COLUMNS, from_columns, join, take
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.store import BarStore
from tradeplan.runtime.store.errors import trouble

TAIL = "tail.jsonl"
Series = tuple[str, str]

FOLD_AT = 100_000
"""Rows in the tail from which it is folded into the store while the run goes on."""


class Keeper:
    """One folder for one run: the bars that its engine has seen, no others, so that a replay sees them again."""

    def __init__(self, root: Path, source: str) -> None:
        self.store = BarStore(root)
        self._source = source
        self._path = root / TAIL
        self._file: IO[str] | None = None
        self.rows = 0
        root.mkdir(parents=True, exist_ok=True)

    def load(self) -> dict[Series, Rates]:
        """Every series as it was seen; the tail is folded in first."""
        self.fold()
        return _stored(self.store)

    @staticmethod
    def peek(root: Path) -> dict[Series, Rates]:
        """Every series as it was seen, while another process may write more; nothing is changed."""
        found = _stored(BarStore(root))
        for key, rates in _tail(root / TAIL).items():
            known = found.get(key)
            newer = rates if known is None else take(rates, rates.time > known.time[-1])
            found[key] = newer if known is None else join([known, newer])
        return found

    def begin(self, market: str, timeframe: str, rates: Rates) -> None:
        """A new series with its history."""
        self.store.write(market, timeframe, rates, source=self._source)

    def add(self, new: Mapping[Series, Rates]) -> None:
        """Write bars to the tail; they are on disk when this returns."""
        lines = [
            json.dumps([market, timeframe, *(getattr(rates, name)[row].item() for name in COLUMNS)])
            for (market, timeframe), rates in new.items()
            for row in range(len(rates))
        ]
        if not lines:
            return
        try:
            self._append("\n".join(lines) + "\n")
        except OSError as error:
            self.close()
            raise trouble(self._path, error) from error
        self.rows += len(lines)
        if self.rows >= FOLD_AT:
            self.fold()

    def _append(self, text: str) -> None:
        if self._file is None:
            # a line that was cut off by a full disk must not take the next one with it
            torn = self._path.is_file() and self._path.read_bytes()[-1:] not in (b"", b"\n")
            self._file = self._path.open("a", encoding="utf-8", newline="\n")
            self._file.write("\n" if torn else "")
        self._file.write(text)
        self._file.flush()
        os.fsync(self._file.fileno())

    def fold(self) -> None:
        """Bring the tail into the store. A tail that was folded and not removed changes nothing the second time."""
        self.close()
        for (market, timeframe), rates in _tail(self._path).items():
            self.store.merge(market, timeframe, rates, source=self._source)
        self._path.unlink(missing_ok=True)
        self.rows = 0

    def close(self) -> None:
        """Close the tail; it is read again by the next `load`."""
        if self._file is not None:
            with suppress(OSError):  # what it holds back on a full disk was told as not written
                self._file.close()
            self._file = None


def _stored(store: BarStore) -> dict[Series, Rates]:
    return {(m.market, m.timeframe): store.read(m.market, m.timeframe) for m in store.list()}


def _tail(path: Path) -> dict[Series, Rates]:
    rows: dict[Series, dict[int, list[float]]] = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                market, timeframe, *values = json.loads(line)
            except ValueError:
                continue  # the last line of a process that was killed while writing it: its bars never counted
            if len(values) == len(COLUMNS):
                rows.setdefault((market, timeframe), {}).setdefault(int(values[0]), values)
    return {key: _rates(list(found.values())) for key, found in rows.items()}


def _rates(rows: list[list[float]]) -> Rates:
    columns = {name: np.array([row[i] for row in rows], dtype=kind) for i, (name, kind) in enumerate(COLUMNS.items())}
    return from_columns(columns)
