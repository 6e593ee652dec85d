"""Imports one file into the bar store: read, check, refuse or merge, and tell."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tradeplan.dsl.timeframe import TIMEFRAMES, is_daily_or_slower
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.columns import COLUMNS
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.importers.delimited import read_delimited
from tradeplan.runtime.market.importers.layout import read_layout
from tradeplan.runtime.market.importers.parquet import read_parquet
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.store import BarStore, Merge
from tradeplan.runtime.market.verify import LISTED, Finding, errors, found, stamp, verify

_DELIMITED = {".csv", ".tsv", ".txt"}
_PARQUET = {".parquet", ".pq"}
_ENOUGH_STEPS = 5
"""From fewer distances between rows nothing is told about their timeframe."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file and the series it is for, market by canonical name."""

    path: Path
    market: str
    timeframe: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of one file: its rows, its findings, those not accepted, and what the store did (None if refused).

    `conflicts` describes the first rows that differ from the stored ones.
    """

    target: Target
    rows: int
    findings: tuple[Finding, ...]
    refused: tuple[Finding, ...]
    merge: Merge | None
    conflicts: tuple[str, ...] = ()

    @property
    def is_stored(self) -> bool:
        """Whether the store now holds all rows of the file."""
        return self.merge is not None and not self.merge.conflicts


def read_file(path: Path, zone_name: str = "UTC") -> tuple[Rates, list[Finding]]:
    """Rates of a CSV or Parquet file; raises DataError for any other."""
    kind = path.suffix.lower()
    if kind in _PARQUET:
        return read_parquet(path, zone_name)
    if kind in _DELIMITED:
        return read_delimited(path, zone_name)
    hint = "; save the sheet as CSV" if kind in {".xls", ".xlsx", ".ods"} else ""
    raise DataError(f"{path.name}: unknown kind of file `{kind}`: expected .csv, .tsv, .txt or .parquet{hint}")


def targets(path: Path, market: str | None, timeframe: str | None, profiles: Profiles) -> list[Target]:
    """The series of a file or of a folder laid out as SYMBOL/TIMEFRAME.parquet.

    Without market and timeframe a file's name tells them, as MetaTrader names exports: EURUSD_M15_2022... .csv.
    Raises DataError if they cannot be known, and ProfileError for an unknown market.
    """
    if timeframe is not None and timeframe not in TIMEFRAMES:
        raise DataError(f"unknown timeframe `{timeframe}`: expected one of {', '.join(TIMEFRAMES)}")
    if path.is_dir():
        inside = [
            Target(file, profiles[symbol].name, name)
            for symbol, series in read_layout(path).items()
            if symbol in profiles and (market is None or profiles[symbol].name == profiles[market].name)
            for name, files in series.items()
            if timeframe in (None, name)
            for file in files
        ]
        if not inside:
            raise DataError(
                f"`{path}` holds no files such as EURUSD/M15.parquet"
                f"{'' if market is None and timeframe is None else ' for that market and timeframe'}; "
                f"CSV files are named one by one: `{path / '*.csv'}`"
            )
        return inside
    if not path.is_file():
        raise DataError(f"there is no file `{path}`")
    words = path.stem.split("_")
    symbol = market if market is not None else words[0] if words[0] in profiles else None
    bars = timeframe if timeframe is not None else next((word for word in words[1:] if word in TIMEFRAMES), None)
    if symbol is None or bars is None:
        lacking = [*(["--market eurusd"] if symbol is None else []), *(["--timeframe M15"] if bars is None else [])]
        known = "" if symbol is not None else f" (no profile has a market `{words[0]}`)"
        raise DataError(
            f"{path.name}: the name does not tell what it holds{known}: say `{' '.join(lacking)}`, or whatever it is"
        )
    return [Target(path, profiles[symbol].name, bars)]


def import_file(
    target: Target,
    store: BarStore,
    profiles: Profiles,
    *,
    zone_name: str = "UTC",
    accept: Sequence[str] = (),
    replace: bool = False,
    now: int | None = None,
) -> Imported:
    """Brings one file into the store unless it has errors that are not accepted, or rows that differ from stored ones.

    Rows are kept as they are; accepted errors are noted in the manifest. `now` in UTC ms, None: the computer's clock.
    Raises DataError if the file cannot be read or the store cannot be written.
    """
    rates, about_times = read_file(target.path, zone_name)
    if not len(rates):
        raise DataError(f"{target.path.name}: holds no bars: expected rows below the header")
    calendar = MarketCalendar(profiles[target.market])
    latest = round(time.time() * 1000) if now is None else now
    findings = (
        *found("future", rates.time > latest, rates.time),
        *_other_timeframe(rates, target.timeframe),
        *about_times,
        *verify(rates, target.timeframe, calendar),
    )
    serious = errors(findings)
    refused = tuple(finding for finding in serious if finding.code not in accept)
    if refused:
        return Imported(target, len(rates), findings, refused, None)
    try:
        merge = store.merge(
            target.market,
            target.timeframe,
            rates,
            source=target.path.name,
            zone=zone_name,
            accepted=[finding.code for finding in serious],
            replace=replace,
        )
    except OSError as error:
        why = error.strerror or error
        raise DataError(f"the store `{store.root}` cannot be written ({why}): name a folder with --store") from None
    conflicts: list[str] = []
    if merge.conflicts:
        stored = store.read(target.market, target.timeframe)
        conflicts = [_difference(stored, rates, row) for row in merge.conflicts[:LISTED]]
    return Imported(target, len(rates), findings, (), merge, tuple(conflicts))


def _other_timeframe(rates: Rates, timeframe: str) -> list[Finding]:
    """Rows whose usual distance is another timeframe's; from D1 on distances vary and tell nothing."""
    steps = np.diff(rates.time)
    steps = steps[steps > 0]
    if len(steps) < _ENOUGH_STEPS or is_daily_or_slower(timeframe):
        return []
    lengths, counts = np.unique(steps, return_counts=True)
    usual = int(lengths[np.argmax(counts)])
    other = next((name for name, length in TIMEFRAMES.items() if length == usual), None)
    if other is None or other == timeframe or 2 * int(counts.max()) < len(steps):
        return []
    return [Finding("timeframe", len(rates), detail=f"most rows are as far apart as bars of {other}")]


def _difference(stored: Rates, rates: Rates, row: int) -> str:
    moment = int(rates.time[row])
    at = int(stored.time.searchsorted(moment))
    parts = [
        f"{name} {getattr(rates, name)[row]:.10g} (stored {getattr(stored, name)[at]:.10g})"
        for name in COLUMNS
        if getattr(rates, name)[row] != getattr(stored, name)[at]
    ]
    return f"row {row + 1} ({stamp(moment)}): {', '.join(parts)}"
