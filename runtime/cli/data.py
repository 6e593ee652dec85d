"""`plan data ...`: imports, lists, checks and exports market data."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from tradeplan.runtime.cli._console import open_console
from tradeplan.runtime.cli._data_news import import_news, news_line, news_of
from tradeplan.runtime.cli._data_streams import holds_stream, import_stream, stream_lines, verified_streams
from tradeplan.runtime.cli._data_tables import findings_table, import_lines, listing
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.errors import DataError, MarketError
from tradeplan.runtime.market.export import Format, export, rates_of
from tradeplan.runtime.market.importers.importing import import_file, targets
from tradeplan.runtime.market.news_store import stored_news
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.store import MANIFEST, BarStore
from tradeplan.runtime.market.verify import CODES, Finding, Severity, errors, verify
from tradeplan.runtime.market.zones import zone as known_zone

_STORE = "data"
_DATA = click.option(
    "--data",
    "data",
    type=click.Path(path_type=Path),
    default=Path(_STORE),
    show_default=True,
    help="a bar store, or a folder with SYMBOL/TIMEFRAME.parquet",
)


class _Wrong(click.ClickException):
    """Input that cannot be read, or a request that cannot be met."""

    exit_code = 2

    def show(self, file: object = None) -> None:
        click.echo(self.message, err=True)


@click.group()
def command() -> None:
    """Import, list, check and export market data."""


@command.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--market", help="the market, by any of its names; a file's name may tell it")
@click.option("--timeframe", help="the timeframe, such as M15 (a file's name may tell it); of ticks, trades: make bars")
@click.option("--zone", default="UTC", show_default=True, help="IANA name of the zone of the times in the files")
@click.option("--store", type=click.Path(path_type=Path), default=Path(_STORE), show_default=True, help="the bar store")
@click.option("--replace", is_flag=True, help="where rows differ from stored ones take those of the file")
@click.option("--accept", multiple=True, metavar="CODE", help="import in spite of this error, rows kept as they are")
def import_(
    paths: tuple[Path, ...],
    market: str | None,
    timeframe: str | None,
    zone: str,
    store: Path,
    replace: bool,
    accept: tuple[str, ...],
) -> None:
    """Bring CSV or Parquet files, or a folder of SYMBOL/TIMEFRAME.parquet, into a bar store.

    A file with the columns time, currency, impact and event is a calendar of news, as are those in a folder `calendar`.
    Ticks (bid, ask), trades (price, qty, side) and order books (kind, side, price, qty) are known by their columns too.
    Importing a file again changes nothing. Nothing is repaired: a file with errors is refused unless you accept them.
    """
    allowed = [code for code, (severity, _) in CODES.items() if severity is Severity.ERROR]
    for code in accept:
        if code not in allowed:
            raise click.UsageError(f"`--accept {code}` is not an error that can be accepted: {', '.join(allowed)}")
    failed = unreadable = False
    try:
        profiles = load_profiles()
        known_zone(zone)
        news = {path: news_of(path) for path in paths}
        plain = [path for path in paths if not news[path] or (path.is_dir() and news[path][0].parent != path)]
        streams = [path for path in plain if holds_stream(path)]
        plain = [path for path in plain if path not in streams]
        wanted = [target for path in plain for target in targets(path, market, timeframe, profiles)]
        for file in (file for files in news.values() for file in files):
            click.echo(import_news(file, store, zone))
    except MarketError as error:
        raise _Wrong(str(error)) from error
    for path in streams:
        try:
            told = import_stream(
                path,
                store,
                profiles,
                market=market,
                timeframe=timeframe,
                zone_name=zone,
                accept=accept,
                replace=replace,
            )
        except MarketError as error:
            click.echo(str(error), err=True)
            unreadable = True
            continue
        failed |= not told.is_stored
        for line in told.lines:
            click.echo(line, err=not told.is_stored)
    bars = BarStore(store)
    for target in wanted:
        try:
            done = import_file(target, bars, profiles, zone_name=zone, accept=accept, replace=replace)
        except DataError as error:
            click.echo(str(error), err=True)
            unreadable = True
            continue
        failed |= not done.is_stored
        for line in import_lines(done):
            click.echo(line, err=not done.is_stored)
    sys.exit(2 if unreadable else 1 if failed else 0)


@command.command("ls")
@_DATA
def list_(data: Path) -> None:
    """List the stored bars."""
    opened = _open(data)
    try:
        table = listing(opened)
        streams = stream_lines(data)
    except DataError as error:
        raise _Wrong(str(error)) from error
    open_console().print(table)
    for line in streams:
        click.echo(line)
    click.echo(news_line(data))
    _tell(opened)


@command.command("verify")
@click.argument("series", nargs=-1, metavar="[MARKET[.TIMEFRAME]]...")
@_DATA
def verify_(series: tuple[str, ...], data: Path) -> None:
    """Check stored bars row by row; exit 1 if there are errors (notes are no errors)."""
    opened = _open(data)
    found: list[tuple[str, Finding]] = []
    damaged = 0
    wanted = _wanted(opened, series)
    store = BarStore(data) if next(data.glob(f"*/*/{MANIFEST}"), None) else None
    try:
        stored_news(data)  # a calendar is read whole, and its digest compared
        for market, timeframe in wanted:
            rates = opened.rates(market, timeframe)
            name = f"{market}.{timeframe}"
            if store is not None and not store.is_intact(market, timeframe):
                click.echo(f"{name}: the columns are not those that were stored: import again", err=True)
                damaged += 1
            found += [(name, finding) for finding in verify(rates, timeframe, opened.calendar(market))]
        named = [text for text in series if "." not in text]
        whole = {opened.profile(text).name for text in named} if series else set(opened.markets())
        checked, about_streams, broken = verified_streams(data, whole)
    except DataError as error:
        raise _Wrong(str(error)) from error
    for line in broken:
        click.echo(line, err=True)
    damaged += len(broken)
    found += about_streams
    if found:
        open_console().print(findings_table(found))
    serious = len(errors(finding for _, finding in found))
    click.echo(f"{len(wanted) + checked} series checked: {serious + damaged} errors, {len(found) - serious} notes")
    sys.exit(1 if serious or damaged else 0)


@command.command("export")
@click.argument("series", metavar="MARKET.TIMEFRAME")
@_DATA
@click.option("--format", "form", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="the file to write; else one named after the series")
def export_(series: str, data: Path, form: Format, out: Path | None) -> None:
    """Write bars to a file, aggregated from finer ones if they are not stored."""
    opened = _open(data)
    market, _, timeframe = series.partition(".")
    if not timeframe:
        raise _Wrong(f"`{series}` names no timeframe: say which, such as `{market or 'eurusd'}.M15`")
    try:
        name = opened.profile(market).name
        if timeframe in opened.timeframes(name):
            rates = opened.rates(name, timeframe)
        else:
            bars = opened.bars(name, timeframe)
            if bars is None:
                stored = ", ".join(opened.timeframes(name)) or "nothing"
                raise DataError(
                    f"`{series}` cannot be made from what is stored ({stored}): ask for a coarser timeframe"
                )
            rates = rates_of(bars, opened.profile(name).point)
        path = out or Path(f"{name}_{timeframe}.{form}")
        export(rates, path, form)
    except MarketError as error:
        raise _Wrong(str(error)) from error
    click.echo(f"{path}: {len(rates)} bars")


def _open(data: Path) -> Dataset:
    try:
        return Dataset.open(data, load_profiles())
    except MarketError as error:
        raise _Wrong(str(error)) from error


def _wanted(data: Dataset, series: tuple[str, ...]) -> list[tuple[str, str]]:
    if not series:
        return [(market, timeframe) for market in data.markets() for timeframe in data.timeframes(market)]
    wanted: list[tuple[str, str]] = []
    for text in series:
        market, _, timeframe = text.partition(".")
        try:
            name = data.profile(market).name
        except MarketError as error:
            raise _Wrong(str(error)) from error
        stored = data.timeframes(name)
        if not stored or (timeframe and timeframe not in stored):
            raise _Wrong(f"`{text}` is not stored: {name} has {', '.join(stored) or 'nothing'}")
        wanted += [(name, known) for known in stored if timeframe in ("", known)]
    return wanted


def _tell(data: Dataset) -> None:
    for notice in data.notices():
        click.echo(f"warning: {notice}", err=True)
