"""A disk that a test can fill, and patience that takes no time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database
from tradeplan.runtime.live.patience import Patience
from tradeplan.runtime.store import database


class Disk:
    """Connections get no new page while it is full. Put `connect` in the place of the store's own."""

    def __init__(self) -> None:
        self.is_full = False
        self._open: list[Database] = []
        self._connect = database.connect

    def connect(self, path: Path, *, durable: bool = False, read_only: bool = False) -> Database:
        """A connection that is held to the disk."""
        db = self._connect(path, durable=durable, read_only=read_only)
        self._open.append(db)
        self._limit(db)
        return db

    def fill(self, full: bool) -> None:
        """Fill the disk, or make room."""
        self.is_full = full
        for db in list(self._open):
            self._limit(db)

    def _limit(self, db: Database) -> None:
        try:
            # SQLite makes it what the file has, if that is more
            db.execute(f"pragma max_page_count = {1 if self.is_full else 1_000_000}")
        except sqlite3.ProgrammingError:
            self._open.remove(db)  # it was closed


def small_pages(path: Path) -> None:
    """Make an empty database whose pages are so small that nearly every row needs a new one."""
    db = sqlite3.connect(path)
    db.execute("pragma page_size = 512")
    db.execute("create table empty_one (a)")
    db.execute("drop table empty_one")
    db.close()


def sleeping(monkeypatch: pytest.MonkeyPatch, done: Callable[[int], None]) -> list[float]:
    """Patience that sleeps for no time and calls `done(n)` at its n-th sleep; the seconds that it meant to sleep."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        done(len(slept))

    monkeypatch.setattr(Patience.__init__, "__defaults__", (sleep,))
    return slept
