"""Reads times as sources write them: epoch numbers of any unit, ISO and MetaTrader dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.errors import DataError

_UNITS = ((1e17, 1e-6), (1e14, 1e-3), (1e11, 1.0), (0.0, 1000.0))
"""From which size a number is nanoseconds, microseconds, milliseconds or seconds, and what makes it milliseconds.

Seconds of today are 1.8e9, and 1e11 of them is the year 5138; milliseconds below 1e11 end in March 1973.
"""

_DATE = re.compile(r"(\d{4})[-./]?(\d\d)[-./]?(\d\d)")
_CLOCK = re.compile(r"(\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?")
_OFFSET = re.compile(r"(?:Z|UTC|GMT|([+-])(\d\d):?(\d\d)?)$")
_DAY_OR_MONTH = re.compile(r"\d{1,2}[-./]\d{1,2}[-./]\d{2,4}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def epoch_to_ms(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Milliseconds of epoch numbers; the largest decides about the unit of all."""
    largest = float(np.abs(values).max()) if len(values) else 0.0
    factor = next(factor for size, factor in _UNITS if largest >= size)
    if factor >= 1.0:
        return np.asarray(values, dtype=np.int64) * int(factor)
    return np.asarray(values, dtype=np.int64) // round(1 / factor)


def parse_times(texts: Sequence[str], file: str, first_row: int = 1) -> tuple[NDArray[np.int64], bool]:
    """Milliseconds of written times, and whether they carry an offset from UTC (they are then UTC already).

    Raises DataError naming the row: unreadable text, a date that does not begin with the year, or offsets in some
    rows only.
    """
    if not len(texts):
        return np.empty(0, dtype=np.int64), False
    if re.fullmatch(r"\d{9,19}", texts[0].strip()) and not re.fullmatch(r"(19|20)\d{10}(\d\d)?", texts[0].strip()):
        return epoch_to_ms(_whole_numbers(texts, file, first_row)), False
    days: dict[str, int] = {}  # dates repeat for hundreds of rows: each is worked out once
    times = np.empty(len(texts), dtype=np.int64)
    offsets = 0
    for row, text in enumerate(texts):
        body = text.strip()
        offset = _OFFSET.search(body, 8)
        if offset is not None:
            offsets += 1
            body = body[: offset.start()].rstrip()
        date = _DATE.match(body)
        if date is None:
            raise _unreadable(file, first_row + row, text)
        day = days.get(date[0])
        if day is None:
            day = days[date[0]] = _day(date, file, first_row + row, text)
        rest = body[date.end() :].lstrip(" T\t")
        clock = _CLOCK.fullmatch(rest) if rest else None
        if rest and clock is None:
            raise _unreadable(file, first_row + row, text)
        times[row] = day + (_clock(clock, file, first_row + row, text) if clock else 0) - _shift(offset)
    if offsets not in (0, len(texts)):
        raise DataError(f"{file}: some times carry an offset from UTC and some do not: expected one or the other")
    return times, offsets > 0


def _whole_numbers(texts: Sequence[str], file: str, first_row: int) -> NDArray[np.int64]:
    try:
        return np.array([int(text) for text in texts], dtype=np.int64)
    except ValueError:
        row = next(i for i, text in enumerate(texts) if re.fullmatch(r"\s*-?\d+\s*", text) is None)
        raise _unreadable(file, first_row + row, texts[row]) from None


def _day(date: re.Match[str], file: str, row: int, text: str) -> int:
    try:
        moment = datetime(int(date[1]), int(date[2]), int(date[3]), tzinfo=UTC)
    except ValueError:
        raise _unreadable(file, row, text) from None
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _clock(clock: re.Match[str], file: str, row: int, text: str) -> int:
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise _unreadable(file, row, text)
    return ((hour * 60 + minute) * 60 + second) * 1000 + int(((clock[4] or "") + "000")[:3])


def _shift(offset: re.Match[str] | None) -> int:
    if offset is None or offset[1] is None:
        return 0
    minutes = int(offset[2]) * 60 + int(offset[3] or 0)
    return minutes * (60_000 if offset[1] == "+" else -60_000)


def _unreadable(file: str, row: int, text: str) -> DataError:
    return DataError(
        f"{file}: row {row}: time `{text.strip()}` cannot be read: expected year first, such as `2024-01-31 23:59`, "
        "`2024.01.31 23:59:00` or `2024-01-31T23:59:00Z`, or epoch seconds or milliseconds"
        + ("; which of the first two is the month cannot be told" if _DAY_OR_MONTH.match(text.strip()) else "")
    )
