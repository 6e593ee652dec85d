"""Reads Parquet files in the MetaTrader 5 rates layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.columns import OPTIONAL, PRICES, from_columns
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.importers.local_times import to_utc
from tradeplan.runtime.market.importers.times import epoch_to_ms
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.verify import Finding


def read_parquet(path: Path, zone_name: str = "UTC") -> tuple[Rates, list[Finding]]:
    """Rates and what was found about their times.

    `time` is the bar's open, as epoch seconds, milliseconds or a timestamp, on the clock of `zone_name`. Volumes and
    spread may be missing. Raises DataError if the file is not Parquet or lacks a column.
    """
    import pyarrow.parquet as parquet  # pyarrow takes longer to import than a warm start may

    try:
        file = parquet.ParquetFile(path)
        names = set(file.schema_arrow.names)
        missing = [name for name in ("time", *PRICES) if name not in names]
        if missing:
            raise DataError(
                f"{path.name}: column `{missing[0]}` is missing: expected the MetaTrader 5 layout "
                f"(time, open, high, low, close), found {', '.join(sorted(names)) or 'no columns'}"
            )
        columns: dict[str, NDArray[Any]] = {}
        findings: list[Finding] = []
        for name in ("time", *PRICES, *(name for name in OPTIONAL if name in names)):
            column = file.read(columns=[name]).column(0)
            if name == "time":
                columns[name], findings = to_utc(_times(path, column), zone_name)
            else:
                columns[name] = column.to_numpy()
        return from_columns(columns), findings
    except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors or OSErrors
        raise DataError(f"{path.name}: cannot be read as Parquet ({str(error).splitlines()[0]})") from None


def _times(path: Path, column: Any) -> NDArray[np.int64]:
    if column.null_count:
        raise DataError(f"{path.name}: column `time` has {column.null_count} empty cells: expected one for every row")
    values = column.to_numpy()
    if np.issubdtype(values.dtype, np.datetime64):
        return np.asarray(values.astype("datetime64[ms]").astype(np.int64))
    if not np.issubdtype(values.dtype, np.integer):
        raise DataError(f"{path.name}: column `time` is {values.dtype}: expected epoch seconds or a timestamp")
    return epoch_to_ms(values)
