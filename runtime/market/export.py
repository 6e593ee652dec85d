"""Writes bars as CSV or Parquet, so that importing the file again gives the same bars."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from tradeplan.runtime.market.bars import Bars
from tradeplan.runtime.market.columns import as_columns, from_columns
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.rates import Rates

Format = Literal["csv", "parquet"]


def rates_of(bars: Bars, point: float) -> Rates:
    """Bars in the layout of rates; a spread that was filled from the profile is 0, unknown, again."""
    points = np.where(bars.spread_known, np.rint(bars.spread / point), 0)
    columns = {
        "time": bars.open_time,
        "open": bars.open,
        "high": bars.high,
        "low": bars.low,
        "close": bars.close,
        "tick_volume": bars.tick_volume,
        "spread": points,
        "real_volume": bars.real_volume,
    }
    return from_columns(columns)


def export(rates: Rates, path: Path, form: Format) -> None:
    """Writes rates: Parquet with `time` in epoch milliseconds UTC, CSV with ISO times; raises DataError."""
    import pyarrow  # pyarrow takes longer to import than a warm start may
    from pyarrow import csv, parquet

    columns = dict(as_columns(rates))
    if form == "csv":
        whole = not bool((rates.time % 1000).any())
        texts = np.datetime_as_string(rates.time.astype("datetime64[ms]"), unit="s" if whole else "ms")
        columns["time"] = np.char.add(texts, "Z")
    table = pyarrow.table({name: pyarrow.array(column) for name, column in columns.items()})
    try:
        if form == "csv":
            csv.write_csv(table, path, csv.WriteOptions(quoting_style="none"))
        else:
            parquet.write_table(table, path, compression="zstd")
    except OSError as error:
        raise DataError(f"`{path}` cannot be written ({error.strerror or error})") from None
