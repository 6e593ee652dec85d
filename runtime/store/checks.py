"""Says whether a database is whole: its pages, its references, its schema, and how much is in each table."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations
from tradeplan.runtime.store.database import connect, refuse_newer
from tradeplan.runtime.store.errors import StoreError, trouble
from tradeplan.runtime.store.schema import applied, pending, replay

_MOST = 20


@dataclass(frozen=True, slots=True)
class Health:
    """What was found; `problems` empty: whole. `rows` by table; `pending` migrations are no problem."""

    problems: tuple[str, ...]
    rows: dict[str, int]
    applied: tuple[str, ...]
    pending: tuple[str, ...]
    bytes: int


def verify(path: Path) -> Health:
    """Look over a whole file, which a run may use meanwhile. Raises StoreError when it cannot even be opened."""
    if not path.is_file():
        raise StoreError(f"there is no database at `{path}`: give the file that `plan run DIR --db FILE` wrote")
    try:
        db = connect(path, read_only=True)
    except sqlite3.Error as error:
        raise trouble(path, error) from error
    try:
        refuse_newer(db, path)
        if not db.table(Migrations.migrations_table).exists():
            raise StoreError(f"`{path}` holds no run: give the file that `plan run DIR --db FILE` wrote")
        return health(db, path)
    except sqlite3.Error as error:
        raise trouble(path, error) from error
    finally:
        db.close()


def health(db: Database, path: Path) -> Health:
    """The same of an open connection."""
    problems = faults(db)
    try:
        problems += _schema_faults(db)
        counts = row_counts(db)
    except sqlite3.DatabaseError as error:
        if not problems:
            raise
        problems.append(f"some tables cannot be read: {error}")
        counts = {}
    return Health(tuple(problems), counts, tuple(applied(db)), tuple(pending(db)), path.stat().st_size)


def faults(db: Database) -> list[str]:
    """What `integrity_check` and `foreign_key_check` find, in words; empty: nothing."""
    try:
        found = [" ".join(str(row[0]).split()) for row in db.execute(f"pragma integrity_check({_MOST})")]
    except sqlite3.DatabaseError as error:
        return [f"the pages cannot be read: {error}"]
    problems = [] if found == ["ok"] else found
    try:
        for table, rowid, parent, _ in db.execute("pragma foreign_key_check").fetchmany(_MOST):
            problems.append(f"row {rowid} of `{table}` refers to a row of `{parent}` that is not there")
    except sqlite3.DatabaseError as error:
        problems.append(f"references cannot be followed: {error}")
    return problems


def row_counts(db: Database) -> dict[str, int]:
    """Rows of each table of ours."""
    names = [t for t in db.table_names() if t != Migrations.migrations_table and not t.startswith("sqlite_")]
    return {name: int(db.execute(f"select count(*) from [{name}]").fetchone()[0]) for name in sorted(names)}


def schema_of(db: Database) -> dict[str, str]:
    """The text of each table, index and view, without differences of spacing; what SQLite makes itself is left out."""
    rows = db.execute("select name, sql from sqlite_master where sql is not null and name not like 'sqlite_%'")
    return {str(name): re.sub(r"\s+|[\"`\[\]]", "", str(sql)).lower() for name, sql in rows}


def _schema_faults(db: Database) -> list[str]:
    """Where the schema is not the one that the applied migrations make."""
    model = Database(sqlite3.connect(":memory:"), strict=True)
    replay(model, applied(db))
    want, have = schema_of(model), schema_of(db)
    model.close()
    told = [f"`{name}` is missing" for name in sorted(want.keys() - have.keys())]
    told += [
        f"`{name}` is not as this version made it" for name in sorted(want) if have.get(name, want[name]) != want[name]
    ]
    return told
