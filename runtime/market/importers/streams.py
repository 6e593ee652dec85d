"""Reads files of ticks, trades and order books: Parquet or CSV, columns recognised by their names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.importers.book_messages import book_of
from tradeplan.runtime.market.importers.local_times import to_utc
from tradeplan.runtime.market.importers.times import epoch_to_ms, parse_times
from tradeplan.runtime.market.streams.events import Events, Ticks, Times, Trades
from tradeplan.runtime.market.verify import Finding

Columns = dict[str, NDArray[Any]]

_ALIASES: dict[str, tuple[str, ...]] = {
    "time": ("time_msc", "time", "timestamp", "exch_ms", "transact_time", "date", "datetime"),
    "receipt": ("local_ns", "local_timestamp"),
    "bid": ("bid",),
    "ask": ("ask",),
    "last": ("last",),
    "volume": ("volume_real", "volume"),
    "flags": ("flags",),
    "price": ("price",),
    "size": ("qty", "size", "amount", "quantity", "volume_real", "volume"),
    "side": ("side", "aggressor"),
    "maker": ("is_buyer_maker", "buyer_maker"),
    "kind": ("kind", "is_snapshot"),
    "message": ("seq", "message", "update_id"),
    "first_id": ("first_id",),
    "last_id": ("last_id",),
    "prev_id": ("prev_id",),
}
"""By what is needed: the names it may have, the best first."""

_SIDES = {"buy": 1, "b": 1, "bid": 1, "1": 1, "sell": -1, "s": -1, "a": -1, "ask": -1, "-1": -1, "0": 0, "": 0}
_WANTED = {
    "ticks": ("time", "bid", "ask"),
    "trades": ("time", "price", "size"),
    "book": ("time", "price", "size", "side"),
}


@dataclass(frozen=True, slots=True)
class ReadStream:
    """What a file holds: which stream, its events, what was found about their times, rows that could not be used."""

    name: str
    stream: Events
    findings: tuple[Finding, ...]
    left_out: int = 0


def stream_in(path: Path) -> str | None:
    """Which stream a file holds by the names of its columns; None if none, or if it cannot be read as a table."""
    try:
        names = _names(path)
    except DataError:
        return None
    return _recognised(names)


def read_stream(path: Path, zone_name: str = "UTC") -> ReadStream:
    """The events of a file, times as epoch numbers or written on the clock of a zone; raises DataError."""
    table = _table(path)
    name = _recognised(set(table))
    if name is None:
        raise DataError(
            f"{path.name}: no ticks (time_msc, bid, ask), trades (time_msc, price, qty, side) or order book (time, "
            f"kind, side, price, qty) among its columns: {', '.join(sorted(table)) or 'none'}"
        )
    found = {key: table[n] for key, names in _ALIASES.items() for n in reversed(names) if n in table}
    missing = [key for key in _WANTED[name] if key not in found]
    if missing:
        raise DataError(
            f"{path.name}: {name} without a column for `{missing[0]}`: one of {', '.join(_ALIASES[missing[0]])}"
        )
    if not len(found["time"]):
        raise DataError(f"{path.name}: holds no events: expected rows below the header")
    local = _times(path, found["time"])
    if name == "book":
        book, left_out = book_of({**found, "time": local, "side": _side(path, found["side"])})
        return ReadStream(name, book, (), left_out)
    times, findings = to_utc(local, zone_name)
    spans = np.array([[int(times.min()) - 1, int(times.max())]], dtype=np.int64)
    zeros = np.zeros(len(times))
    if name == "ticks":
        bid, ask = _numbers(path, "bid", found["bid"]), _numbers(path, "ask", found["ask"])
        last = _numbers(path, "last", found.get("last", zeros))
        volume = _numbers(path, "volume", found.get("volume", zeros))
        flags = found.get("flags", np.full(len(times), 6)).astype(np.int32)
        return ReadStream(name, Ticks(times, bid, ask, last, volume, flags, spans), tuple(findings))
    if "side" in found:
        side = _side(path, found["side"])
    elif "maker" in found:
        maker = np.array([str(v).lower() in ("true", "1") for v in found["maker"].tolist()])
        side = np.where(maker, -1, 1).astype(np.int8)
    else:
        side = np.zeros(len(times), dtype=np.int8)
    price, size = _numbers(path, "price", found["price"]), _numbers(path, "size", found["size"])
    return ReadStream(name, Trades(times, price, size, side, spans), tuple(findings))


def _recognised(names: set[str]) -> str | None:
    if {"bid", "ask"} <= names and "open" not in names:
        return "ticks"
    if "price" not in names or not names & set(_ALIASES["size"]):
        return None
    if names & {"kind", "is_snapshot", "seq", "first_id"} and "side" in names:
        return "book"
    return "trades" if names & {"side", "aggressor", "is_buyer_maker", "buyer_maker", "trade_id"} else None


def _names(path: Path) -> set[str]:
    if path.suffix.lower() in {".parquet", ".pq"}:
        import pyarrow.parquet as parquet  # pyarrow takes longer to import than a warm start may

        try:
            return {str(name).strip().lower() for name in parquet.read_schema(path).names}
        except (OSError, ValueError) as error:
            raise DataError(f"{path.name}: cannot be read as Parquet ({str(error).splitlines()[0]})") from None
    try:
        with path.open(encoding="utf-8-sig") as lines:
            header = lines.readline()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: cannot be read as text ({error})") from None
    return {part.strip().strip("<>\"'").lower() for part in header.split(_delimiter(header))}


def _delimiter(header: str) -> str:
    return max(",;\t|", key=header.count)


def _table(path: Path) -> Columns:
    """The columns of a file by lower-case name."""
    from pyarrow import csv, parquet  # as above

    try:
        if path.suffix.lower() in {".parquet", ".pq"}:
            table = parquet.read_table(path)
        else:
            with path.open(encoding="utf-8-sig") as lines:
                delimiter = _delimiter(lines.readline())
            table = csv.read_csv(path, parse_options=csv.ParseOptions(delimiter=delimiter))
    except (OSError, UnicodeDecodeError, ValueError) as error:  # pyarrow's own errors are among these
        raise DataError(f"{path.name}: cannot be read ({str(error).splitlines()[0]})") from None
    return {
        str(name).strip().strip("<>\"'").lower(): column.to_numpy()
        for name, column in zip(table.column_names, table.columns, strict=True)
    }


def _times(path: Path, column: NDArray[Any]) -> Times:
    if column.dtype.kind == "M":
        return np.asarray(column.astype("datetime64[ms]").astype(np.int64))
    if column.dtype.kind in "iu":
        # an exchange time that is not told is -1: it must not decide about the unit, and stays what it is
        told = column > 0
        times = np.asarray(column, dtype=np.int64).copy()
        times[told] = epoch_to_ms(times[told])
        return times
    if column.dtype.kind == "O":
        return parse_times([str(v) for v in column.tolist()], path.name, 2)[0]
    raise DataError(f"{path.name}: times are {column.dtype}: expected epoch numbers, timestamps or written times")


def _numbers(path: Path, name: str, column: NDArray[Any]) -> NDArray[np.float64]:
    try:
        return np.ascontiguousarray(column, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{path.name}: column for `{name}` does not hold numbers ({error})") from None


def _side(path: Path, column: NDArray[Any]) -> NDArray[np.int8]:
    if column.dtype.kind in "iuf":
        return np.asarray(np.sign(column).astype(np.int8))
    words = [str(v).strip().lower() for v in column.tolist()]
    unknown = next((w for w in words if w not in _SIDES), None)
    if unknown is not None:
        raise DataError(f"{path.name}: `{unknown}` is no side: expected buy or sell, bid or ask, 1 or -1")
    return np.array([_SIDES[w] for w in words], dtype=np.int8)
