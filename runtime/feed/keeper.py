"""Keeps fed bars on disk: series in the bar store, and the newest bars in a tail that is written before they count."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from tradeplan.runtime.feed.tail import Tail
from tradeplan.runtime.market.columns import COLUMNS, from_columns, join, take
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.store import BarStore

TAIL = "tail.jsonl"
Series = tuple[str, str]

FOLD_AT = 100_000
"""Rows in the tail from which it is folded into the store while the run goes on."""


class Keeper:
    """One folder for one run: the bars that its engine has seen, no others, so that a replay sees them again."""

    def __init__(self, root: Path, source: str) -> None:
        self.store = BarStore(root)
        self.source = source
        self._tail = Tail(root / TAIL)
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
        for key, rates in _tail(Tail(root / TAIL)).items():
            known = found.get(key)
            newer = rates if known is None else take(rates, rates.time > known.time[-1])
            found[key] = newer if known is None else join([known, newer])
        return found

    def begin(self, market: str, timeframe: str, rates: Rates) -> None:
        """A new series with its history."""
        self.store.write(market, timeframe, rates, source=self.source)

    def add(self, new: Mapping[Series, Rates]) -> None:
        """Write bars to the tail; they are on disk when this returns."""
        lines = [
            json.dumps([market, timeframe, *(getattr(rates, name)[row].item() for name in COLUMNS)])
            for (market, timeframe), rates in new.items()
            for row in range(len(rates))
        ]
        if not lines:
            return
        self._tail.append("\n".join(lines) + "\n")
        self.rows += len(lines)
        if self.rows >= FOLD_AT:
            self.fold()

    def fold(self) -> None:
        """Bring the tail into the store. A tail that was folded and not removed changes nothing the second time."""
        self.close()
        for (market, timeframe), rates in _tail(self._tail).items():
            self.store.merge(market, timeframe, rates, source=self.source)
        self._tail.remove()
        self.rows = 0

    def close(self) -> None:
        """Close the tail; it is read again by the next `load`."""
        self._tail.close()


def _stored(store: BarStore) -> dict[Series, Rates]:
    return {(m.market, m.timeframe): store.read(m.market, m.timeframe) for m in store.list()}


def _tail(tail: Tail) -> dict[Series, Rates]:
    rows: dict[Series, dict[int, list[float]]] = {}
    for line in tail.lines():
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
