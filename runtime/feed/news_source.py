"""A calendar of news from a file or an address, looked at again and again, with every version that was used kept."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tradeplan.runtime.market.errors import MarketError
from tradeplan.runtime.market.importers.news import read_news
from tradeplan.runtime.market.news import NewsCalendar, NewsError, merged
from tradeplan.runtime.market.news_store import NewsStore

EVERY_MS = 3_600_000
AGAIN_MS = 300_000
"""How soon a calendar that could not be had is asked for again."""
SECONDS = 15.0
LARGEST = 32 * 1024 * 1024
FOLDER = "news"


def kept_news(folder: Path, digest: str) -> NewsCalendar:
    """A version that a run used; raises NewsError if it is not there any more."""
    found = NewsStore(folder / FOLDER / digest).read()
    if found is None:
        raise NewsError(f"`{folder / FOLDER}` lacks the calendar `{digest}` that the run used: it was removed")
    return found


@dataclass(frozen=True, slots=True)
class Found:
    """What one look brought: a version, or words about why there is none."""

    calendar: NewsCalendar | None
    told: str = ""


class NewsSource:
    """Looks in a thread of its own, so that no step waits for an address.

    Like the store of `plan data`, it forgets nothing: a new version has all events of the one before, none of them less
    important. Versions are kept in the folder of the run, for replays.
    """

    def __init__(self, where: str, folder: Path, now: Callable[[], int], every_ms: int = EVERY_MS) -> None:
        """`where` is a file or an http(s) address; `now` gives UTC ms."""
        self._where, self._folder, self._now, self._every = where, folder, now, every_ms
        self._known: NewsCalendar | None = None
        self._next = 0
        self._thread: threading.Thread | None = None
        self._found: Found | None = None
        self._failing = False

    def begin(self, digest: str | None) -> None:
        """Go on from the version that the run used last."""
        self._known = None if digest is None else kept_news(self._folder, digest)

    def look(self, wait: bool = False) -> Found | None:
        """A new version, or what went wrong (once); None: nothing new. `wait` for the answer of this look."""
        if self._thread is None and self._now() >= self._next:
            self._next = self._now() + self._every
            self._thread = threading.Thread(target=self._run, name="plan-news", daemon=True)
            self._thread.start()
        if self._thread is None or (self._thread.is_alive() and not wait):
            return None
        self._thread.join(2 * SECONDS)
        self._thread = None
        found, self._found = self._found, None
        if found is None or found.calendar is None:
            self._next = self._now() + min(AGAIN_MS, self._every)
            told = "" if found is None or self._failing else found.told
            self._failing = found is not None or self._failing
            return Found(None, told) if told else None
        self._failing = False
        return self._taken(found.calendar)

    def _taken(self, fresh: NewsCalendar) -> Found | None:
        version = merged([fresh] if self._known is None else [self._known, fresh])
        if self._known is not None and version.digest == self._known.digest:
            return None
        NewsStore(self._folder / FOLDER / version.digest).merge(version)
        self._known = version
        return Found(version, f"calendar of news: {len(version.times)} events, {len(fresh.times)} of them listed now")

    def _run(self) -> None:
        try:
            self._found = Found(self._read())
        except (MarketError, OSError, ValueError) as error:
            self._found = Found(None, f"the calendar of news cannot be had ({error}): the one before stays in use")

    def _read(self) -> NewsCalendar:
        address = urlsplit(self._where)
        if address.scheme not in ("http", "https"):
            return read_news(Path(self._where))
        with urllib.request.urlopen(self._where, timeout=SECONDS) as answer:
            content: bytes = answer.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError(f"more than {LARGEST >> 20} MB")
        suffix = Path(address.path).suffix.lower()
        file = self._folder / f"news.part{suffix if suffix in ('.csv', '.parquet', '.pq') else '.csv'}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        try:
            return read_news(file)
        finally:
            file.unlink(missing_ok=True)
