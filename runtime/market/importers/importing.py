"""Imports one file into the bar store: read, check, refuse or merge, and tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tradeplan.dsl.timeframe import TIMEFRAMES
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.columns import COLUMNS
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.importers.delimited import read_delimited
from tradeplan.runtime.market.importers.layout import read_layout
from tradeplan.runtime.market.importers.parquet import read_parquet
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.store import BarStore, Merge
from tradeplan.runtime.market.verify import LISTED, Finding, errors, stamp, verify

_DELIMITED = {".csv", ".tsv", ".txt"}
_PARQUET = {".parquet", ".pq"}


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
    raise DataError(f"{path.name}: unknown kind of file `{kind}`: expected .csv, .tsv, .txt or .parquet")


def targets(path: Path, market: str | None, timeframe: str | None, profiles: Profiles) -> list[Target]:
    """The series of a file or of a folder laid out as SYMBOL/TIMEFRAME.parquet.

    Without market and timeframe a file's name tells them, as MetaTrader names exports: EURUSD_M15_2022... .csv.
    Raises DataError if they cannot be known, and ProfileError for an unknown market.
    """
    if timeframe is not None and timeframe not in TIMEFRAMES:
        raise DataError(f"unknown timeframe `{timeframe}`: expected one of {', '.join(TIMEFRAMES)}")
    if path.is_dir():
        found = [
            Target(file, profiles[symbol].name, name)
            for symbol, series in read_layout(path).items()
            if symbol in profiles and (market is None or profiles[symbol].name == profiles[market].name)
            for name, files in series.items()
            if timeframe in (None, name)
            for file in files
        ]
        if not found:
            raise DataError(f"`{path}` holds no files such as EURUSD/M15.parquet for that market and timeframe")
        return found
    if not path.is_file():
        raise DataError(f"there is no file `{path}`")
    words = path.stem.split("_")
    symbol = market if market is not None else words[0] if words[0] in profiles else None
    bars = timeframe if timeframe is not None else next((word for word in words[1:] if word in TIMEFRAMES), None)
    if symbol is None or bars is None:
        lacking = "--market" if symbol is None else "--timeframe"
        raise DataError(f"{path.name}: the name does not tell what it holds: say `{lacking}`")
    return [Target(path, profiles[symbol].name, bars)]


def import_file(
    target: Target,
    store: BarStore,
    profiles: Profiles,
    *,
    zone_name: str = "UTC",
    accept: Sequence[str] = (),
    replace: bool = False,
) -> Imported:
    """Brings one file into the store unless it has errors that are not accepted, or rows that differ from stored ones.

    Rows are kept as they are; accepted errors are noted in the manifest. Raises DataError if the file cannot be read.
    """
    rates, about_times = read_file(target.path, zone_name)
    if not len(rates):
        raise DataError(f"{target.path.name}: holds no bars")
    calendar = MarketCalendar(profiles[target.market])
    findings = (*about_times, *verify(rates, target.timeframe, calendar))
    serious = errors(findings)
    refused = tuple(finding for finding in serious if finding.code not in accept)
    if refused:
        return Imported(target, len(rates), findings, refused, None)
    merge = store.merge(
        target.market,
        target.timeframe,
        rates,
        source=target.path.name,
        zone=zone_name,
        accepted=[finding.code for finding in serious],
        replace=replace,
    )
    conflicts: list[str] = []
    if merge.conflicts:
        stored = store.read(target.market, target.timeframe)
        conflicts = [_difference(stored, rates, row) for row in merge.conflicts[:LISTED]]
    return Imported(target, len(rates), findings, (), merge, tuple(conflicts))


def _difference(stored: Rates, rates: Rates, row: int) -> str:
    time = int(rates.time[row])
    at = int(stored.time.searchsorted(time))
    parts = [
        f"{name} {getattr(rates, name)[row]:.10g} (stored {getattr(stored, name)[at]:.10g})"
        for name in COLUMNS
        if getattr(rates, name)[row] != getattr(stored, name)[at]
    ]
    return f"row {row + 1} ({stamp(time)}): {', '.join(parts)}"
