"""Bars in and out of pandas frames, without importing pandas to take one in."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.columns import OPTIONAL, PRICES, from_columns
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.rates import Rates


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
    index = frame.index
    if getattr(index, "dtype", None) is None or index.dtype.kind != "M":
        raise DataError(f"{name}: the frame's index is {index.dtype}: expected a DatetimeIndex of bar opens in UTC")
    by_name = {str(column).lower(): column for column in frame.columns}
    if "volume" in by_name:
        by_name.setdefault("real_volume", by_name["volume"])
    missing = [column for column in PRICES if column not in by_name]
    if missing:
        raise DataError(f"{name}: the frame has no column `{missing[0]}`: expected open, high, low and close")
    times = index.tz_convert("UTC").tz_localize(None) if index.tz is not None else index
    columns: dict[str, NDArray[Any]] = {"time": times.to_numpy().astype("datetime64[ms]").astype(np.int64)}
    for column in (*PRICES, *OPTIONAL):
        if column in by_name:
            columns[column] = frame[by_name[column]].to_numpy()
    try:
        return from_columns(columns)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: a column of the frame does not hold numbers ({error})") from None
