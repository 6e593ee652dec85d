"""The columns of rates: their types, and cutting, joining and comparing them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.rates import Rates

COLUMNS: dict[str, np.dtype[Any]] = {
    "time": np.dtype(np.int64),
    "open": np.dtype(np.float64),
    "high": np.dtype(np.float64),
    "low": np.dtype(np.float64),
    "close": np.dtype(np.float64),
    "tick_volume": np.dtype(np.float64),
    "spread": np.dtype(np.int32),
    "real_volume": np.dtype(np.float64),
}
"""Names and types in the order they are stored."""

PRICES = ("open", "high", "low", "close")
OPTIONAL = ("tick_volume", "spread", "real_volume")
"""Columns a source may lack; they are then 0, which means unknown."""


def from_columns(columns: Mapping[str, NDArray[Any]]) -> Rates:
    """Rates from columns, types converted; optional ones that are missing are filled with 0 (unknown).

    Raises ValueError for a spread that is no whole number of points: cut down to one it would be another spread.
    """
    rows = len(columns["time"])
    if "spread" in columns:
        _refuse_no_points(columns["spread"])
    made = {
        name: _typed(columns[name], kind) if name in columns else np.zeros(rows, dtype=kind)
        for name, kind in COLUMNS.items()
    }
    return Rates(**made)


def _typed(column: NDArray[Any], kind: np.dtype[Any]) -> NDArray[Any]:
    whole = np.rint(column) if kind.kind == "i" and column.dtype.kind == "f" else column
    return np.ascontiguousarray(whole, dtype=kind)


def _refuse_no_points(spread: NDArray[Any]) -> None:
    if spread.dtype.kind in "iu":
        return
    points = spread.astype(np.float64)
    wrong = np.flatnonzero(~(np.abs(points - np.rint(points)) < 1e-6) | ~(np.abs(points) < 2**31))
    if len(wrong):
        row = int(wrong[0])
        raise ValueError(
            f"spread is {points[row]:g} in row {row + 1} ({len(wrong)} such rows): expected whole points, and 0 where "
            "it is not known (a spread in price units divided by the point is one in points)"
        )


def as_columns(rates: Rates) -> dict[str, NDArray[Any]]:
    """The columns by name, not copied."""
    return {name: getattr(rates, name) for name in COLUMNS}


def take(rates: Rates, rows: slice | NDArray[Any]) -> Rates:
    """Some rows: views for a slice, copies for indices or a mask."""
    return Rates(**{name: column[rows] for name, column in as_columns(rates).items()})


def join(parts: Sequence[Rates]) -> Rates:
    """Rates one after the other; a single part is returned as it is."""
    if len(parts) == 1:
        return parts[0]
    return Rates(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS})


def is_ordered(times: NDArray[np.int64]) -> bool:
    """Whether times rise strictly."""
    return bool((times[1:] > times[:-1]).all())


def same_rows(a: Rates, b: Rates) -> NDArray[np.bool_]:
    """Which rows of two equally long rates are identical; NaN equals NaN."""
    same = np.ones(len(a), dtype=np.bool_)
    for name in COLUMNS:
        x, y = getattr(a, name), getattr(b, name)
        same &= (x == y) | ((x != x) & (y != y))
    return same


def digest(rates: Rates) -> str:
    """The sha256 of all columns in stored order."""
    total = hashlib.sha256()
    for name, kind in COLUMNS.items():
        total.update(np.ascontiguousarray(getattr(rates, name), dtype=kind).data)
    return total.hexdigest()
