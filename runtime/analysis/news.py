"""A calendar of news from a file: when, for which currency, how important."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

IMPACTS = ("none", "low", "medium", "high")
COLUMNS = ("time", "currency", "impact", "name")
_MILLISECONDS = 100_000_000_000  # epoch times from here on (1973) are not seconds any more


class NewsError(ValueError):
    """A calendar file that cannot be used; the message names file and row, and what was expected."""


@dataclass(frozen=True, slots=True)
class NewsCalendar:
    """Events in order of time (UTC ms), `impact` an index of IMPACTS; `digest` is that of the file."""

    source: str
    digest: str
    times: NDArray[np.int64]
    currencies: tuple[str, ...]
    impact: NDArray[np.int64]

    def times_of(self, currencies: frozenset[str], impact: str = "high") -> NDArray[np.int64]:
        """The times of events of this importance or more for one of the currencies."""
        mine = np.array([c in currencies for c in self.currencies], dtype=bool)
        return self.times[mine & (self.impact >= IMPACTS.index(impact))]


def read_news(path: Path) -> NewsCalendar:
    """Read a CSV or Parquet file with the columns time, currency, impact and name (or event); times are UTC.

    `time`: ISO, or seconds or milliseconds since 1970. Raises NewsError.
    """
    try:
        content = path.read_bytes()
        rows = _parquet_rows(path) if path.suffix.lower() == ".parquet" else _csv_rows(path)
    except (OSError, UnicodeDecodeError) as error:
        raise NewsError(f"`{path}` cannot be read: {error}; expected a CSV (UTF-8) with {_expected()}") from error
    if not rows:
        raise NewsError(f"`{path}` holds no events: expected a CSV with {_expected()}")
    missing = [name for name in ("time", "currency", "impact") if name not in rows[0]]
    if missing:
        found = ", ".join(map(str, rows[0]))
        raise NewsError(f"`{path}`: column `{missing[0]}` is missing: expected {_expected()}, found {found}")
    events = sorted(_event(path, number, row) for number, row in enumerate(rows, start=2))
    times, currencies, impacts = zip(*events, strict=True)
    return NewsCalendar(
        path.name,
        hashlib.blake2b(content, digest_size=16).hexdigest(),
        np.array(times, dtype=np.int64),
        currencies,
        np.array(impacts, dtype=np.int64),
    )


def _expected() -> str:
    return "the columns " + ", ".join(COLUMNS)


def _csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [dict(row) for row in csv.DictReader(file)]


def _parquet_rows(path: Path) -> list[dict[str, str]]:
    import pyarrow  # a tenth of a second to import, and most runs have no calendar in this form
    from pyarrow import parquet

    try:
        rows = parquet.read_table(path).to_pylist()
    except pyarrow.ArrowException as error:
        raise NewsError(f"`{path}` is no Parquet file that can be read: {error}") from error
    return [{name: str(value) for name, value in row.items()} for row in rows]


def _event(path: Path, number: int, row: dict[str, str]) -> tuple[int, str, int]:
    impact = (row["impact"] or "").strip().lower()
    if impact not in IMPACTS:
        raise NewsError(f"`{path}`, row {number}: impact `{row['impact']}`: expected one of {', '.join(IMPACTS)}")
    return (
        _time(path, number, (row["time"] or "").strip()),
        (row["currency"] or "").strip().upper(),
        IMPACTS.index(impact),
    )


def _time(path: Path, number: int, text: str) -> int:
    if text.isdigit():
        return int(text) if int(text) >= _MILLISECONDS else int(text) * 1000
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise NewsError(
            f"`{path}`, row {number}: time `{text}`: expected one such as 2024-03-08T13:30 (UTC), or seconds since 1970"
        ) from error
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
