"""Bars in and out of pandas frames, without importing pandas to take one in."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tradeplan.dsl.timeframe import TIMEFRAMES
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.columns import OPTIONAL, PRICES, from_columns
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.verify import REMEDIES, remedied, stamp, wrong

_DAY = TIMEFRAMES["D1"]
_MONTHS = {28 * _DAY, 29 * _DAY, 30 * _DAY, 31 * _DAY}
_NO_TIME = np.iinfo(np.int64).min


class Frame(Protocol):
    """What is needed of a pandas DataFrame."""

    @property
    def index(self) -> Any:
        """The opens of the bars."""
        ...

    @property
    def columns(self) -> Any:
        """The names of the columns."""
        ...

    def __getitem__(self, key: Any, /) -> Any:
        """A column."""
        ...


def rates_from_frame(frame: Frame, name: str) -> Rates:
    """Rates of a frame: index of bar opens (UTC, or any zone it carries; naive is taken as UTC), columns by name.

    Names may be in any case; `volume` is read as `real_volume`. Raises DataError naming what is missing.
    """
    times = _times(frame, name)
    by_name = {str(column).lower(): column for column in frame.columns}
    if "volume" in by_name:
        by_name.setdefault("real_volume", by_name["volume"])
    missing = [column for column in PRICES if column not in by_name]
    if missing:
        raise DataError(f"{name}: the frame has no column `{missing[0]}`: expected open, high, low and close")
    columns: dict[str, NDArray[Any]] = {"time": times}
    for column in (*PRICES, *OPTIONAL):
        if column in by_name:
            columns[column] = _numbers(frame[by_name[column]], f"{name}: column `{by_name[column]}` of the frame")
    try:
        return from_columns(columns)
    except ValueError as error:
        raise DataError(f"{name}: {error}") from None


def refuse_wrong(rates: Rates, market: str, timeframe: str, calendar: MarketCalendar) -> None:
    """Raises DataError that names the rows when these bars would give wrong results, and says what to do."""
    problems = remedied(wrong(rates, timeframe, calendar))
    if problems:
        lines = "".join(f"\n  {problem}" for problem in problems)
        raise DataError(f"{market}.{timeframe}: these bars cannot be used as they are:{lines}")


def timeframe_of(frame: Frame, name: str) -> str:
    """The timeframe whose length is the usual distance between two rows; raises DataError if there is none."""
    times = _times(frame, name)
    if len(times) < 2:
        raise DataError(
            f"{name}: the frame has {len(times)} rows, so its timeframe cannot be told: give more, or frames by "
            "(market, timeframe)"
        )
    steps = np.diff(times)
    rising = steps[steps > 0]
    if 2 * len(rising) <= len(steps):
        row = int(np.argmax(steps <= 0)) + 1
        code = "duplicate" if steps[row - 1] == 0 else "disorder"
        raise DataError(
            f"{name}: row {row + 1} ({stamp(int(times[row]))}) is not later than row {row}: {REMEDIES[code]}"
        )
    lengths, counts = np.unique(rising, return_counts=True)
    usual = int(lengths[np.argmax(counts)])
    found = [timeframe for timeframe, length in TIMEFRAMES.items() if length == usual]
    if usual in _MONTHS:
        found = ["MN1"]
    if not found:
        raise DataError(
            f"{name}: rows are usually {usual / 60_000:g} minutes apart, which is no timeframe: expected one of "
            f"{', '.join(TIMEFRAMES)}, such as 5 minutes for M5"
        )
    return found[0]


def _times(frame: Frame, name: str) -> NDArray[np.int64]:
    index = frame.index
    if getattr(index, "dtype", None) is None or index.dtype.kind != "M":
        kind = getattr(index, "dtype", type(index).__name__)
        raise DataError(
            f"{name}: the frame's index is {kind}: expected a DatetimeIndex of "
            "bar opens in UTC, such as `frame.set_index(pandas.to_datetime(frame['time'], utc=True))`"
        )
    if getattr(index, "tz", None) is not None:
        index = index.tz_convert("UTC").tz_localize(None)
    times: NDArray[np.int64] = index.to_numpy().astype("datetime64[ms]").astype(np.int64)
    empty = np.flatnonzero(times == _NO_TIME)
    if len(empty):
        raise DataError(f"{name}: row {int(empty[0]) + 1} has no time (NaT), {len(empty)} in all: leave such rows out")
    return times


def _numbers(column: Any, what: str) -> NDArray[Any]:
    if getattr(column, "ndim", 1) != 1:
        raise DataError(f"{what} is there more than once: expected one column of each name")
    values = column.to_numpy()
    if values.dtype.kind in "iuf":
        return np.asarray(values)
    try:
        return np.asarray(values.astype(np.float64))
    except (TypeError, ValueError) as error:
        raise DataError(f"{what} does not hold numbers ({error}): `pandas.to_numeric` makes them") from None
