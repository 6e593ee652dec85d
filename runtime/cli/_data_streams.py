"""What `plan data` does with ticks, trades and order books."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from tradeplan.dsl.timeframe import TIMEFRAMES, is_daily_or_slower, milliseconds
from tradeplan.runtime.market.columns import take
from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.importers.streams import read_stream, stream_in
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.store import BarStore
from tradeplan.runtime.market.streams.bars import rates_of
from tradeplan.runtime.market.streams.check import check_stream
from tradeplan.runtime.market.streams.events import Book, Events, covered
from tradeplan.runtime.market.streams.store import StreamStore
from tradeplan.runtime.market.verify import Finding, errors, found, stamp


@dataclass(frozen=True, slots=True)
class Told:
    """What an import has to say, and whether it stored what it was given."""

    lines: list[str]
    is_stored: bool


def holds_stream(path: Path) -> bool:
    """Whether a file is one of ticks, trades or a book by the names of its columns."""
    return (
        path.is_file() and path.suffix.lower() in {".parquet", ".pq", ".csv", ".tsv", ".txt"} and bool(stream_in(path))
    )


def import_stream(
    path: Path,
    root: Path,
    profiles: Profiles,
    *,
    market: str | None,
    timeframe: str | None,
    zone_name: str,
    accept: Sequence[str],
    replace: bool,
) -> Told:
    """Brings a file into the store, and with a timeframe also bars made of it. Raises DataError, ProfileError."""
    symbol = market or path.stem.split("_")[0]
    if profiles.get(symbol) is None:
        why = f" (no profile has a market `{symbol}`)" if market is None else ""
        raise DataError(f"{path.name}: the name does not tell whose events it holds{why}: say `--market eurusd`")
    name = profiles[symbol].name
    read = read_stream(path, zone_name)
    latest = round(time.time() * 1000)
    findings = [
        *found("future", read.stream.time > latest, read.stream.time),
        *read.findings,
        *check_stream(read.stream),
    ]
    about = f"{path.name} -> {name} {read.name}"
    refused = [f for f in errors(findings) if f.code not in accept]
    if refused or not len(read.stream):
        lines = [f"{about}: not imported, {len(read.stream) + read.left_out} rows read"]
        lines += [f"  error {f.code}: {f.text()}" for f in refused]
        if not len(read.stream):
            lines.append("  a book is known from a snapshot on, and none of these rows follows on one")
        else:
            codes = " ".join(f"--accept {code}" for code in dict.fromkeys(f.code for f in refused))
            lines.append(f"  mend the source, or keep these rows as they are with `{codes}`")
        return Told(lines, False)
    accepted = tuple(sorted({f.code for f in errors(findings)}))
    try:
        done = StreamStore(root).merge(
            name, read.name, read.stream, source=path.name, accepted=accepted, replace=replace
        )
        if done.conflicts:
            lines = [f"{about}: not imported, {done.conflicts} events differ from what is stored of the same time"]
            return Told([*lines, "  take the file's instead of the stored ones with `--replace`"], False)
        replaced = f", {done.replaced} replaced" if done.replaced else ""
        lines = [f"{about}: {done.added} new events, {done.identical} already there{replaced}"]
        if read.left_out:
            lines.append(f"  {read.left_out} rows left out: before the first snapshot, or contained in it")
        lines += [f"  {f.severity} {f.code}: {f.text()}" for f in findings]
        if timeframe is not None and not isinstance(read.stream, Book):
            lines.append(_bars(path, name, read.stream, timeframe, profiles, BarStore(root), replace))
    except OSError as error:
        why = error.strerror or str(error)
        raise DataError(f"the store `{root}` cannot be written ({why}): name a folder with --store") from None
    return Told(lines, True)


def _bars(
    path: Path, market: str, stream: Events, timeframe: str, profiles: Profiles, bars: BarStore, replace: bool
) -> str:
    if timeframe not in TIMEFRAMES or is_daily_or_slower(timeframe):
        raise DataError(f"bars of `{timeframe}` are not made of events: expected a timeframe below D1, such as M1")
    assert not isinstance(stream, Book)
    made = rates_of(stream, timeframe, profiles[market].point)
    whole = covered(stream.spans, made.time, made.time + milliseconds(timeframe) - 1)
    merge = bars.merge(market, timeframe, take(made, whole), source=path.name, replace=replace)
    if merge.conflicts:
        return f"  no bars: {len(merge.conflicts)} differ from stored {market}.{timeframe} (`--replace` takes these)"
    return f"  {market}.{timeframe} made of them: {merge.added} new bars, {merge.identical} already there"


def stream_lines(root: Path) -> list[str]:
    """What is stored beside bars, a line a stream."""
    lines = []
    for manifest in StreamStore(root).list():
        count = len(manifest.spans)
        recordings = f"{count} recording{'s' * (count != 1)}"
        first, last = (stamp(t) for t in (manifest.spans[0][0], manifest.spans[-1][1]))
        lines.append(
            f"{manifest.market} {manifest.stream}: {manifest.rows:,} events in {recordings} from {first} to {last}"
        )
    return lines


def verified_streams(root: Path, markets: Collection[str]) -> tuple[int, list[tuple[str, Finding]], list[str]]:
    """How many streams of these markets were checked, what was found, and complaints about damaged ones."""
    store = StreamStore(root)
    findings: list[tuple[str, Finding]] = []
    damaged = []
    chosen = [m for m in store.list() if m.market in markets]
    for manifest in chosen:
        name = f"{manifest.market} {manifest.stream}"
        if not store.is_intact(manifest.market, manifest.stream):
            damaged.append(f"{name}: the events are not those that were stored: import again")
        stream = store.read(manifest.market, manifest.stream)
        if stream is not None:
            findings += [(name, f) for f in check_stream(stream)]
    return len(chosen), findings, damaged
