"""Opens the database of a running instance, or says in plain words why it cannot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations
from tradeplan.runtime.store.errors import StoreError as StoreError
from tradeplan.runtime.store.errors import StoreTrouble, damaged, trouble
from tradeplan.runtime.store.schema import migrate, pending, unknown

BUSY_TIMEOUT_MS = 5_000


def connect(path: Path, *, durable: bool = False, read_only: bool = False) -> Database:
    """A connection with the settings of this project; nothing is looked at or made. Raises sqlite3.Error."""
    uri = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000)
    try:
        connection.execute(f"pragma busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("pragma foreign_keys = on")
        if not read_only:
            connection.execute("pragma journal_mode = wal")
            # INVARIANT: what is written before an order is sent survives a power cut (FULL); the rest may lose its last
            # batch and is made again by replay (NORMAL).
            connection.execute(f"pragma synchronous = {'full' if durable else 'normal'}")
    except sqlite3.Error:
        connection.close()
        raise
    return Database(connection, strict=True)


def open_database(path: Path, *, durable: bool = False, read_only: bool = False) -> Database:
    """Open the database at `path`; one in which no run has begun is made, with the newest schema.

    `durable`: every commit waits for the disk. Raises StoreError with what to do, also for an older schema.
    """
    if read_only and not path.exists():
        raise StoreError(f"there is no database at `{path}`: `plan run DIR --db {path}` makes it")
    if path.is_dir():
        raise StoreError(f"`{path}` is a folder: give the path of a database file, such as `{path / 'run.db'}`")
    try:
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        db = connect(path, durable=durable, read_only=read_only)
        try:
            _fit(db, path, read_only)
        except BaseException:
            db.close()
            raise
    except (sqlite3.Error, OSError) as error:
        raise trouble(path, error) from error
    return db


def _fit(db: Database, path: Path, read_only: bool) -> None:
    """See that the schema is this version's. Raises StoreError."""
    refuse_newer(db, path)
    begun = db.table("setting").exists() and db.table("setting").count > 0
    if read_only and not db.table("setting").exists():
        raise StoreError(f"`{path}` holds no run: give the file that `plan run DIR --db FILE` writes")
    if not pending(db):
        return
    if begun or read_only:
        raise StoreError(
            f"`{path}` was written by an older tradeplan: `plan db migrate --db {path}` brings it up to date"
            " (it keeps a copy of the old one)"
        )
    with write_transaction(db):  # all or nothing: a kill leaves no half-made database
        migrate(db)


def refuse_newer(db: Database, path: Path) -> None:
    """Raises StoreError for a database with migrations that this version does not know."""
    if db.table(Migrations.migrations_table).exists() and unknown(db):
        raise StoreError(
            f"`{path}` was written by a newer tradeplan: update this one, or give another file with --db; with the"
            f" newer one `plan db rollback --db {path}` makes it fit older ones"
        )


def refuse_damaged(db: Database, path: Path) -> None:
    """Look over all pages. Raises StoreTrouble when they do not hang together."""
    try:
        (found,) = db.execute("pragma quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise trouble(path, error) from error
    if found != "ok":
        raise damaged(path, " ".join(str(found).split()))


@contextmanager
def write_transaction(db: Database) -> Iterator[None]:
    """A transaction that takes the write lock at once. Raises StoreTrouble, and then nothing of it was written.

    One that begins by reading and then writes cannot wait for another writer: SQLite refuses it as `locked`.
    """
    with telling(db):
        db.conn.execute("begin immediate")
        try:
            yield
            db.commit()
        except BaseException:
            db.rollback()
            raise


@contextmanager
def telling(where: Path | Database) -> Iterator[None]:
    """Raise what SQLite has to say about a file as StoreTrouble; mistakes in what is written stay as they are."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if type(error) not in (sqlite3.DatabaseError, sqlite3.OperationalError):
            raise
        raise trouble(where if isinstance(where, Path) else _file_of(where), error) from error


def _file_of(db: Database) -> str:
    for _, name, file in db.conn.execute("pragma database_list"):
        if name == "main":
            return str(file)
    return "the database"


__all__ = [
    "StoreError",
    "StoreTrouble",
    "connect",
    "open_database",
    "refuse_damaged",
    "refuse_newer",
    "telling",
    "write_transaction",
]
