"""One thread that writes rows in batches, so that the step never waits for the disk."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from sqlite_utils import Database
from tradeplan.runtime.store.database import StoreError, StoreTrouble, open_database, write_transaction

BATCH_ROWS = 500
BATCH_SECONDS = 0.005

Row = dict[str, Any]


class Writer:
    """Takes rows from one thread and commits them from another, 500 rows or 5 ms at a time.

    A row whose key is there already is left as it is: after a restart the same decisions are made again.
    `replace` rows (progress) overwrite. Errors of the thread are raised by the next `put` or by `close`.
    """

    def __init__(self, path: Path) -> None:
        self._queue: SimpleQueue[tuple[str, Row, bool] | None] = SimpleQueue()
        self._error: BaseException | None = None
        self._path = path
        self._queued = 0
        self._written = 0
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def put(self, table: str, row: Row, replace: bool = False) -> None:
        """Queue one row."""
        self._refuse_failed()
        self._queued += 1
        self._queue.put((table, row, replace))

    def run(self, statement: str, parameters: list[object]) -> None:
        """Queue a statement; it is done after the rows that were queued before it."""
        self._refuse_failed()
        self._queued += 1
        self._queue.put((statement, {"": parameters}, False))

    def close(self) -> None:
        """Write what is queued and end the thread."""
        self._queue.put(None)
        self._thread.join()
        self._refuse_failed()

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until everything queued so far is committed; False when it took longer than `timeout` seconds."""
        goal = self._queued
        with self._changed:
            return self._changed.wait_for(lambda: self._written >= goal or self._error is not None, timeout)

    def _refuse_failed(self) -> None:
        error = self._error
        if error is not None:
            passing = isinstance(error, StoreTrouble) and error.passing
            raise StoreTrouble(f"writing to `{self._path}` failed: {error}", passing) from error

    def _advance(self, rows: int) -> None:
        with self._changed:
            self._written += rows
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            db = open_database(self._path)
            self._write_all(db)
        except (sqlite3.Error, StoreError, OSError) as error:
            self._error = error
            self._advance(0)

    def _write_all(self, db: Database) -> None:
        try:
            open_ended = True
            while open_ended:
                batch, open_ended = self._next_batch()
                if batch:
                    with write_transaction(db):
                        for (table, replace), rows in batch.items():
                            if " " in table:
                                for row in rows:
                                    db.execute(table, row[""])
                            else:
                                db.conn.executemany(_insert(table, tuple(rows[0]), replace), rows)
                    self._advance(sum(map(len, batch.values())))
        finally:
            db.close()

    def _next_batch(self) -> tuple[dict[tuple[str, bool], list[Row]], bool]:
        batch: dict[tuple[str, bool], list[Row]] = defaultdict(list)
        item = self._queue.get()
        count, deadline = 0, time.monotonic() + BATCH_SECONDS
        while item is not None:
            table, row, replace = item
            batch[table, replace].append(row)
            count += 1
            left = deadline - time.monotonic()
            if count >= BATCH_ROWS or left <= 0:
                return batch, True
            try:
                item = self._queue.get(timeout=left)
            except Empty:
                return batch, True
        return batch, False


@lru_cache
def _insert(table: str, columns: tuple[str, ...], replace: bool) -> str:
    """All rows of a table have the same columns, so its statement is made once."""
    names, places = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    return f"insert or {'replace' if replace else 'ignore'} into {table} ({names}) values ({places})"
