"""Where a dataset gets rates from: a bar store, a folder of Parquet files, or memory."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
from tradeplan.dsl.timeframe import TIMEFRAMES
from tradeplan.runtime.market.cache import fingerprint, folder_key, private_folder
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.columns import join, take
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.importers.layout import read_layout
from tradeplan.runtime.market.importers.parquet import read_parquet
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.store import MANIFEST, BarStore
from tradeplan.runtime.market.verify import remedied, wrong

Series = tuple[str, str]
"""A canonical market name and a timeframe."""


class Source(Protocol):
    """Rates by market and timeframe."""

    def series(self) -> tuple[Series, ...]:
        """Every series that is there."""
        ...

    def rates(self, market: str, timeframe: str) -> Rates:
        """One series that is there."""
        ...

    def refusals(self, market: str, timeframe: str) -> tuple[str, ...]:
        """Why a series that was read must not be run on, and what to do; empty when all is well or was accepted."""
        ...


class MemorySource:
    """Rates handed over by a caller."""

    def __init__(self, rates: Mapping[Series, Rates], profiles: Profiles) -> None:
        """Keys may use any name of a market; raises ProfileError or DataError for unknown ones."""
        self._rates: dict[Series, Rates] = {}
        for (market, timeframe), series in rates.items():
            _check_timeframe(timeframe)
            self._rates[profiles[market].name, timeframe] = series

    def series(self) -> tuple[Series, ...]:
        """Every series that is there."""
        return tuple(self._rates)

    def rates(self, market: str, timeframe: str) -> Rates:
        """One series that is there."""
        return self._rates[market, timeframe]

    def refusals(self, market: str, timeframe: str) -> tuple[str, ...]:
        """None: whoever took bars in from outside has looked at them."""
        return ()


class StoreSource:
    """Rates of a bar store."""

    def __init__(self, store: BarStore, profiles: Profiles) -> None:
        self._store = store
        self._series: dict[Series, str] = {}
        for manifest in store.list():
            profile = profiles.get(manifest.market)
            if profile is not None and manifest.timeframe in TIMEFRAMES:
                self._series[profile.name, manifest.timeframe] = manifest.market

    def series(self) -> tuple[Series, ...]:
        """Every series that is there."""
        return tuple(self._series)

    def rates(self, market: str, timeframe: str) -> Rates:
        """One series that is there."""
        return self._store.read(self._series[market, timeframe], timeframe)

    def refusals(self, market: str, timeframe: str) -> tuple[str, ...]:
        """None: an import refuses errors, except those that a person accepted."""
        return ()


class FolderSource:
    """Rates of Parquet files laid out as SYMBOL/TIMEFRAME[_suffix].parquet, kept in the user's cache on first use.

    Of several symbols of one market the profile's first that has the timeframe counts. `unknown` holds symbols
    without a profile.
    """

    def __init__(self, folder: Path, profiles: Profiles) -> None:
        layout = read_layout(folder)
        self._files: dict[Series, tuple[str, tuple[Path, ...]]] = {}
        for profile in profiles:
            for symbol in profile.symbols:
                for timeframe, files in layout.get(symbol, {}).items():
                    self._files.setdefault((profile.name, timeframe), (symbol, files))
        self.unknown = tuple(symbol for symbol in layout if symbol not in profiles)
        self._profiles = profiles
        private = private_folder("bars")
        self._store = BarStore(private / folder_key(folder)) if private else None
        self._loaded: dict[Series, Rates] = {}
        self._notes: dict[Series, tuple[str, ...]] = {}

    def series(self) -> tuple[Series, ...]:
        """Every series that is there."""
        return tuple(self._files)

    def rates(self, market: str, timeframe: str) -> Rates:
        """One series that is there; raises DataError if a file cannot be read."""
        symbol, files = self._files[market, timeframe]
        if self._store is None:
            if (market, timeframe) not in self._loaded:
                rates, notes = self._ingest(market, timeframe, files)
                self._loaded[market, timeframe], self._notes[market, timeframe] = rates, tuple(notes)
            return self._loaded[market, timeframe]
        mark = fingerprint(files)
        kept = self._store.manifest(symbol, timeframe)
        if kept is None or kept.fingerprint != mark:
            rates, notes = self._ingest(market, timeframe, files)
            names = "; ".join(path.name for path in files)
            kept = self._store.write(symbol, timeframe, rates, source=names, fingerprint=mark, notes=notes)
        self._notes[market, timeframe] = kept.notes
        return self._store.read(symbol, timeframe)

    def refusals(self, market: str, timeframe: str) -> tuple[str, ...]:
        """The errors of the files; nobody was asked about them, as an import asks."""
        return self._notes.get((market, timeframe), ())

    def _ingest(self, market: str, timeframe: str, files: tuple[Path, ...]) -> tuple[Rates, list[str]]:
        calendar = MarketCalendar(self._profiles[market])
        parts: list[Rates] = []
        notes: list[str] = []
        for path in files:
            rates, about_times = read_parquet(path)
            if not len(rates):
                continue
            name = f"{path.parent.name}/{path.name}"
            notes += [f"{name}: {text}" for text in remedied([*about_times, *wrong(rates, timeframe, calendar)])]
            parts.append(rates)
        if not parts:
            raise DataError(f"{market}.{timeframe}: {', '.join(path.name for path in files)} holds no bars")
        return _in_time_order(parts), notes


def open_source(path: Path, profiles: Profiles) -> Source:
    """The source a path holds; raises DataError that says what was expected."""
    if not path.is_dir():
        raise DataError(f"`{path}` is not a folder: expected a bar store or a folder with SYMBOL/TIMEFRAME.parquet")
    if next(path.glob(f"*/*/{MANIFEST}"), None) is not None:
        return StoreSource(BarStore(path), profiles)
    source = FolderSource(path, profiles)
    if not source.series():
        found = f"; no profile knows {', '.join(source.unknown)}" if source.unknown else ""
        raise DataError(
            f"`{path}` holds no bars of a known market{found}: expected a bar store made by `plan data import`, "
            "or files such as EURUSD/M15.parquet"
        )
    return source


def _in_time_order(parts: list[Rates]) -> Rates:
    """Files one after the other by their first bar; sorted by row only where files overlap."""
    parts.sort(key=lambda rates: int(rates.time[0]))
    both = join(parts)
    if all(int(a.time.max()) < int(b.time.min()) for a, b in pairwise(parts)):
        return both
    return take(both, np.argsort(both.time, kind="stable"))


def _check_timeframe(timeframe: str) -> None:
    if timeframe not in TIMEFRAMES:
        raise DataError(f"unknown timeframe `{timeframe}`: expected one of {', '.join(TIMEFRAMES)}")
