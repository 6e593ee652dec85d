"""What `plan data` does with calendars of news."""

from __future__ import annotations

from pathlib import Path

from tradeplan.runtime.market.errors import DataError
from tradeplan.runtime.market.importers.news import news_files, read_news
from tradeplan.runtime.market.news_store import NewsStore, stored_news
from tradeplan.runtime.market.verify import stamp


def news_of(path: Path) -> list[Path]:
    """The calendars among what was asked for."""
    return news_files(path) if path.exists() else []


def import_news(file: Path, store: Path, zone_name: str) -> str:
    """Brings a calendar into the store; the line that tells. Raises DataError."""
    calendar = read_news(file, zone_name)
    try:
        fresh, known, changed = NewsStore(store).merge(calendar)
    except OSError as error:
        why = error.strerror or error
        raise DataError(f"the store `{store}` cannot be written ({why}): name a folder with --store") from None
    told = f"{file.name} -> calendar of news: {fresh} new events, {known} already there"
    return told + (f", {changed} of more impact than before" if changed else "")


def news_line(root: Path) -> str:
    """What the stored calendar covers."""
    calendar = stored_news(root)
    if calendar is None:
        return "calendar of news: none (with one, `plan data import` brings it in)"
    currencies = ", ".join(sorted(set(calendar.currencies)))
    first, last = stamp(int(calendar.times[0])), stamp(int(calendar.times[-1]))
    return f"calendar of news: {len(calendar.times):,} events from {first} to {last} ({currencies})"
