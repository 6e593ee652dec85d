"""Reads calendars of news: Parquet in the layout of the stored ones, and CSV with a header, in any time zone."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.importers.times import parse_times
from tradeplan.runtime.market.news import IMPACTS, NewsCalendar, NewsError, calendar_of
from tradeplan.runtime.market.zones import zone

_HEADERS: dict[str, tuple[str, ...]] = {
    "time": ("time", "datetime", "timestamp", "date_time", "date"),
    "currency": ("currency", "ccy", "country_currency"),
    "impact": ("impact", "importance", "volatility"),
    "event": ("event", "name", "title"),
}
"""What headers call the columns, in lower case; the first that is there counts."""

_IMPACTS = {name: i for i, name in enumerate(IMPACTS)} | {
    "moderate": 2,
    "med": 2,
    "holiday": 0,
    "non-economic": 0,
    **{str(i): i for i in range(len(IMPACTS))},
}
"""Words of importance; the numbers are those of MetaTrader 5."""

_MILLISECONDS = 100_000_000_000  # epoch times from here on (1973) are not seconds any more
_DAY = 86_400_000  # no zone changes its clock twice within a day: a day later the new offset holds


def read_news(path: Path, zone_name: str = "UTC") -> NewsCalendar:
    """Read a CSV or Parquet file with the columns time, currency, impact and event (or name).

    `time`: ISO or MetaTrader dates on the clock of `zone_name` unless they carry an offset, or seconds or milliseconds
    since 1970 (always UTC); CSV may have `date` and `time` apart. A time that the clocks of the zone repeat counts as
    both instants, one that they skip as the end of the gap: neither may hide an event. Raises NewsError, and
    MarketError for an unknown zone.
    """
    try:
        content = path.read_bytes()
        parquet = path.suffix.lower() in (".parquet", ".pq")
        columns, first = (_parquet(path), 1) if parquet else (_csv(path, content.decode("utf-8-sig")), 2)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise NewsError(f"`{path}` cannot be read: {error}; expected a CSV (UTF-8) with {_expected()}") from error
    rows = len(columns["time"])
    if not rows:
        raise NewsError(f"`{path}` holds no events: expected a CSV with {_expected()}")
    times = _times(path, columns["time"], first, zone_name)
    events: list[tuple[int, str, int, str]] = []
    for row in range(rows):
        impact = _IMPACTS.get(columns["impact"][row].strip().lower())
        if impact is None:
            raise NewsError(
                f"`{path}`, row {row + first}: impact `{columns['impact'][row]}`: expected one of {', '.join(IMPACTS)}"
            )
        currency = columns["currency"][row].strip().upper()
        if not currency:
            raise NewsError(f"`{path}`, row {row + first}: the currency is empty: expected one such as USD, or All")
        events += [(time, currency, impact, columns["event"][row].strip()) for time in times[row]]
    return calendar_of(path.name, events, hashlib.blake2b(content + zone_name.encode(), digest_size=16).hexdigest())


def is_news(path: Path) -> bool:
    """Whether a file's columns are those of a calendar of news."""
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            columns = _parquet(path, rows=False)
        elif path.suffix.lower() in (".csv", ".tsv", ".txt"):
            with path.open(encoding="utf-8-sig") as file:
                columns = _csv(path, file.readline())
        else:
            return False
    except (NewsError, OSError, UnicodeDecodeError, csv.Error):
        return False
    return bool(columns)


def news_files(path: Path) -> list[Path]:
    """The calendars that a path holds: itself, those in it, or those in its folder `calendar`."""
    if path.is_file():
        return [path] if is_news(path) else []
    for folder in (path, path / "calendar"):
        found = [file for file in sorted(folder.glob("*.*")) if file.is_file() and is_news(file)]
        if found:
            return found
    return []


def _expected() -> str:
    return "the columns time, currency, impact, event"


def _chosen(path: Path, header: list[str]) -> dict[str, int]:
    """The place of each of our columns in a header."""
    plain = [cell.strip().strip('"').strip().lower() for cell in header]
    places = {}
    for ours, theirs in _HEADERS.items():
        place = next((plain.index(name) for name in theirs if name in plain), None)
        if place is None and ours != "event":
            found = ", ".join(header)
            raise NewsError(f"`{path}`: column `{ours}` is missing: expected {_expected()}, found {found}")
        if place is not None:
            places[ours] = place
    if "date" in plain and "time" in plain:
        places["date"] = plain.index("date")
    return places


def _csv(path: Path, text: str) -> dict[str, list[str]]:
    lines = text.splitlines()
    if not lines:
        raise NewsError(f"`{path}` holds no events: expected a CSV with {_expected()}")
    separator = max("\t;,", key=lines[0].count)
    reader = csv.reader(lines, delimiter=separator)
    places = _chosen(path, next(reader))
    rows = [row for row in reader if any(cell.strip() for cell in row)]
    columns: dict[str, list[str]] = {
        name: [row[place] if place < len(row) else "" for row in rows] for name, place in places.items()
    }
    if "date" in columns:
        columns["time"] = [
            f"{d.strip()} {t.strip()}" for d, t in zip(columns.pop("date"), columns["time"], strict=True)
        ]
    columns.setdefault("event", [""] * len(rows))
    return columns


def _parquet(path: Path, rows: bool = True) -> dict[str, list[str]]:
    import pyarrow  # a tenth of a second to import, and most runs have no calendar in this form
    from pyarrow import parquet

    try:
        header = parquet.read_schema(path).names
        places = _chosen(path, header)
        wanted = {name: header[place] for name, place in places.items() if name != "date"}
        if not rows:
            return {name: [] for name in wanted}
        table = parquet.read_table(path, columns=list(wanted.values()))
    except pyarrow.ArrowException as error:
        raise NewsError(f"`{path}` is no Parquet file that can be read: {error}") from error
    columns = {name: [str(v) for v in table.column(column).to_pylist()] for name, column in wanted.items()}
    columns.setdefault("event", [""] * table.num_rows)
    return columns


def _times(path: Path, texts: list[str], first: int, zone_name: str) -> list[tuple[int, ...]]:
    """The instants that each row may mean, in UTC ms."""
    result: list[tuple[int, ...]] = []
    local: list[tuple[int, int]] = []  # row, ms on the clock of the zone
    for row, text in enumerate(texts):
        body = text.strip()
        if body.isdigit() and len(body) != 8:  # eight digits are a date
            result.append((int(body) if int(body) >= _MILLISECONDS else int(body) * 1000,))
            continue
        try:
            moment, is_utc = parse_times([body], path.name, row + first)
        except DataError as error:
            raise NewsError(
                f"`{path}`, row {row + first}: time `{text}`: expected one such as 2024-03-08T13:30, or seconds "
                "since 1970"
            ) from error
        result.append((int(moment[0]),))
        if not is_utc:
            local.append((row, int(moment[0])))
    of = zone(zone_name)
    clock = np.array([time for _, time in local], dtype=np.int64)
    utc = of.to_utc(clock)
    repeated = of.repeated(clock) if not of.is_fixed else np.zeros(len(clock), dtype=np.bool_)
    for place, (row, time) in enumerate(local):
        at = int(utc[place])
        result[row] = (at, time - of.offset_at(at + _DAY)) if repeated[place] else (at,)
    return result
