"""The calendar of news in a bar store: one compressed file in the folder `calendar`, replaced in one step."""

from __future__ import annotations

import os
import uuid
import zipfile
from pathlib import Path

import numpy as np
from tradeplan.runtime.market.importers.news import news_files, read_news
from tradeplan.runtime.market.news import NewsCalendar, NewsError, added, calendar_of, merged

FOLDER = "calendar"
_FILE = "news.npz"


def has_news(root: Path) -> bool:
    """Whether there seems to be a calendar, without reading it: the store's, or files in a folder `calendar`."""
    return any(any((place / FOLDER).glob("*.*")) for place in _places(root))


def stored_news(root: Path) -> NewsCalendar | None:
    """The calendar of a bar store, else all the calendars of a folder, None without any; raises NewsError."""
    for place in _places(root):
        kept = NewsStore(place).read()
        if kept is not None:
            return kept
        files = news_files(place)
        if files:
            return merged([read_news(file) for file in files])
    return None


def _places(root: Path) -> tuple[Path, ...]:
    """A folder, and for one called `bars` the folder around it, where the calendar then stands beside the bars."""
    return (root, root.parent) if root.name == "bars" else (root,)


class NewsStore:
    """The news of a bar store."""

    def __init__(self, root: Path) -> None:
        self.path = root / FOLDER / _FILE

    def read(self) -> NewsCalendar | None:
        """The stored calendar, None if there is none; raises NewsError for one that is damaged."""
        if not self.path.is_file():
            return None
        try:
            with np.load(self.path, allow_pickle=False) as stored:
                names, digest = stored["names"].tolist(), str(stored["digest"])
                rows = zip(
                    stored["times"].tolist(),
                    stored["currencies"].tolist(),
                    stored["impact"].tolist(),
                    names,
                    strict=True,
                )
                calendar = calendar_of(str(stored["source"]), rows)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise NewsError(f"`{self.path}`: the stored calendar cannot be read ({error}): import again") from None
        if calendar.digest != digest:
            raise NewsError(f"`{self.path}`: the events are not those that were stored: import again")
        return calendar

    def merge(self, calendar: NewsCalendar) -> tuple[int, int, int]:
        """Take events in; returns how many are new, were there already, and are more important than before.

        Events that the calendar does not list are kept, and none loses importance: what the store says keeps a plan
        away from at least as much as each calendar that was taken in.
        """
        old, whole = self.read(), merged([calendar])
        fresh, changed = (len(whole.times), 0) if old is None else added(old, whole)
        if fresh or changed:
            self._write(whole if old is None else merged([old, whole]))
        return fresh, len(whole.times) - fresh - changed, changed

    def _write(self, stored: NewsCalendar) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{uuid.uuid4().hex}.npz")
        np.savez_compressed(
            draft,
            times=stored.times,
            currencies=np.array(stored.currencies),
            impact=stored.impact,
            names=np.array(stored.names),
            source=np.array(stored.source),
            digest=np.array(stored.digest),
        )
        os.replace(draft, self.path)
