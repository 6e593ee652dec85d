"""Opens the database of a running instance, or says in plain words why it cannot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations
from tradeplan.runtime.store.schema import migrate, pending, unknown

_MIGRATIONS = Migrations.migrations_table
BUSY_TIMEOUT_MS = 5_000


class StoreError(Exception):
    """The database cannot be used; the message says what happened and what to do."""


def _connect(path: Path, durable: bool, read_only: bool) -> Database:
    uri = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000)
    connection.execute(f"pragma busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("pragma foreign_keys = on")
    if not read_only:
        connection.execute("pragma journal_mode = wal")
        # INVARIANT: what is written before an order is sent survives a power cut (FULL); the rest may lose its last
        # batch and is made again by replay (NORMAL).
        connection.execute(f"pragma synchronous = {'full' if durable else 'normal'}")
    return Database(connection, strict=True)


def open_database(path: Path, *, durable: bool = False, read_only: bool = False) -> Database:
    """Open (and create, and migrate) the database at `path`.

    `durable`: every commit waits for the disk. Raises StoreError with what to do.
    """
    if read_only and not path.exists():
        raise StoreError(f"there is no database at `{path}`: `plan run DIR --db {path}` makes it")
    if path.is_dir():
        raise StoreError(f"`{path}` is a folder: give the path of a database file, such as `{path / 'run.db'}`")
    try:
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        db = _connect(path, durable, read_only)
        if db.table(_MIGRATIONS).exists() and unknown(db):
            raise StoreError(
                f"`{path}` was written by a newer tradeplan: update this one, or give another file with --db"
            )
        if read_only:
            if not db.table("setting").exists():
                raise StoreError(f"`{path}` holds no run: give the file that `plan run DIR --db FILE` writes")
            if pending(db):
                raise StoreError(f"`{path}` is of an older tradeplan: `plan run DIR --db {path}` updates it")
        else:
            migrate(db)
    except (sqlite3.DatabaseError, OSError) as error:
        raise StoreError(
            f"the database `{path}` cannot be used: {error}; is it locked by another program, on a full disk, or not a"
            " database? give another path with --db"
        ) from error
    return db


@contextmanager
def write_transaction(db: Database) -> Iterator[None]:
    """A transaction that takes the write lock at once.

    One that begins by reading and then writes cannot wait for another writer: SQLite refuses it as `locked`.
    """
    db.conn.execute("begin immediate")
    try:
        yield
    except BaseException:
        db.rollback()
        raise
    db.commit()
