"""Reads delimited text: MetaTrader exports and any CSV whose header names its columns."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.columns import PRICES, from_columns
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.importers.local_times import to_utc
from tradeplan.runtime.market.importers.times import parse_times
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.verify import Finding

_NAMES: dict[str, tuple[str, ...]] = {
    "time": ("time", "datetime", "timestamp", "date_time", "open time", "open_time", "gmt time", "utc", "date"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "tick_volume": ("tick_volume", "tickvol", "tickvolume", "ticks"),
    "spread": ("spread",),
    "real_volume": ("real_volume", "vol", "volume", "realvolume"),
}
"""What headers call the columns, lower case and without `<>`; the first that is there counts."""

_BARE = {
    7: ("date", "clock", "open", "high", "low", "close", "tick_volume"),  # MetaTrader 4
    6: ("time", "open", "high", "low", "close", "tick_volume"),  # HistData
    5: ("time", "open", "high", "low", "close"),
}
"""Columns of files without a header, by how many there are."""


def read_delimited(path: Path, zone_name: str = "UTC") -> tuple[Rates, list[Finding]]:
    """Rates and what was found about their times, which are on the clock of `zone_name` unless they carry an offset.

    An empty price becomes NaN (and so a finding), an empty volume or spread 0. Raises DataError naming the row.
    """
    encoding, first = _first_line(path)
    separator = max("\t;,|", key=first.count)
    header = [_plain(cell) for cell in first.split(separator)]
    named = "open" in header or "o" in header
    names = _columns(path, header) if named else list(_bare(path, header))
    table = _table(path, encoding, separator, names, skip=1 if named else 0)
    # Row numbers count data rows, as those of the findings do.
    texts = table["time"] if "clock" not in table else _joined(table["time"], table["clock"])
    times, is_utc = parse_times(texts, path.name)
    findings: list[Finding] = []
    if not is_utc:
        times, findings = to_utc(times, zone_name)
    columns: dict[str, NDArray[Any]] = {"time": times}
    comma = separator != ","
    for name in _NAMES:
        if name != "time" and name in table:
            empty = np.nan if name in PRICES else 0.0
            columns[name] = _numbers(path, name, table[name], comma, empty)
    try:
        return from_columns(columns), findings
    except ValueError as error:
        raise DataError(f"{path.name}: {error}") from None


def _first_line(path: Path) -> tuple[str, str]:
    try:
        with path.open("rb") as file:
            start = file.read(65_536)
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read ({error.strerror})") from None
    encoding = "utf-8"
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    try:
        # A cut character at the end of the sample is no error of the file.
        text = start.decode(encoding, errors="strict" if len(start) < 65_536 else "ignore").lstrip("\ufeff")
    except UnicodeDecodeError as error:
        what = "is not text" if b"\0" in start else f"is not UTF-8 text (byte {error.start + 1} is no letter of it)"
        raise DataError(f"{path.name}: {what}: expected CSV saved as UTF-8 or UTF-16, or a `.parquet` file") from None
    lines = text.splitlines()
    if not text.strip():
        raise DataError(f"{path.name}: is empty: expected a header such as `time,open,high,low,close` and bars")
    if not lines[0].strip():
        raise DataError(f"{path.name}: begins with an empty line: expected a header or a bar; delete the line")
    return encoding, lines[0]


def _plain(cell: str) -> str:
    return cell.strip().strip('"').strip("<>").strip().lower()


def _columns(path: Path, header: list[str]) -> list[str]:
    """Our names in the file's order; columns that are not needed keep theirs with a mark."""
    names = [f"_{i}_{cell}" for i, cell in enumerate(header)]
    for ours, theirs in _NAMES.items():
        found = next((cell for cell in theirs if cell in header), None)
        if found is not None:
            names[header.index(found)] = ours
    if "date" in header and "time" in header:
        names[header.index("date")], names[header.index("time")] = "time", "clock"
    missing = [name for name in ("time", *PRICES) if name not in names]
    if missing:
        raise DataError(
            f"{path.name}: no column `{missing[0]}` in the header ({', '.join(header)}): expected a time or a date "
            "and a time, open, high, low and close"
        )
    return names


def _bare(path: Path, cells: list[str]) -> tuple[str, ...]:
    names = _BARE.get(len(cells))
    if names is None or re.match(r"\d{4}[.-]?\d\d[.-]?\d\d", cells[0]) is None:
        line = ",".join(cells)
        shown = line if len(line) <= 60 else line[:57] + "..."
        raise DataError(
            f"{path.name}: the first line is neither a header nor a bar that is known (`{shown}`): expected column "
            "names such as `time,open,high,low,close`, in English and in the first line"
        )
    return tuple("time" if name == "date" else name for name in names)


def _table(path: Path, encoding: str, separator: str, names: list[str], skip: int) -> dict[str, list[str]]:
    from pyarrow import ArrowException, csv, string  # pyarrow takes longer to import than a warm start may

    wanted = [name for name in names if not name.startswith("_")]
    try:
        table = csv.read_csv(
            path,
            read_options=csv.ReadOptions(column_names=names, skip_rows=skip, encoding=encoding),
            parse_options=csv.ParseOptions(delimiter=separator),
            convert_options=csv.ConvertOptions(
                column_types={name: string() for name in names}, include_columns=wanted, strings_can_be_null=False
            ),
        )
    except (ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path.name}: {_no_table(str(error).splitlines()[0], separator)}") from None
    return {name: table.column(name).to_pylist() for name in wanted}


def _no_table(complaint: str, separator: str) -> str:
    """Why pyarrow could not read a table, and what to do."""
    count = re.search(r"Expected (\d+) columns, got (\d+)(?:: (.*))?", complaint)
    if count is None:
        return f"cannot be read as a table ({complaint})"
    expected, found, line = int(count[1]), int(count[2]), count[3] or ""
    told = f"cannot be read as a table: a line has {found} columns where {expected} were expected (`{line[:60]}`): "
    if separator == "," and found > expected:
        return told + "if its numbers have decimal commas, separate the columns by semicolons or tabs"
    return told + "mend or delete the line"


def _joined(dates: list[str], clocks: list[str]) -> list[str]:
    return [f"{date} {clock}" for date, clock in zip(dates, clocks, strict=True)]


def _numbers(path: Path, name: str, texts: list[str], comma: bool, empty: float) -> NDArray[np.float64]:
    values = np.empty(len(texts), dtype=np.float64)
    for row, text in enumerate(texts):
        try:
            values[row] = float(text)
        except ValueError:
            body = text.strip()
            if not body:
                values[row] = empty
            elif comma and re.fullmatch(r"-?\d+,\d*", body):
                values[row] = float(body.replace(",", "."))
            else:
                raise DataError(f"{path.name}: row {row + 1}: {name} is `{body}`: expected a number") from None
    return values
