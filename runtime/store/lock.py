"""One run a database: a lock that ends with the process that holds it, however it ends."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tradeplan.runtime.store.database import StoreError


def _side_file(database: Path) -> Path:
    return database.with_name(database.name + ".lock")


def is_running(database: Path) -> bool:
    """Whether a run has this database now: its side file is locked."""
    lock = _side_file(database)
    if not lock.exists():
        return False
    connection = sqlite3.connect(f"{lock.resolve().as_uri()}?mode=rw", uri=True, timeout=0.0, isolation_level=None)
    try:
        connection.execute("begin immediate")
        connection.execute("rollback")
    except sqlite3.OperationalError:
        return True
    finally:
        connection.close()
    return False


class RunLock:
    """Holds a side file of the database exclusively.

    SQLite's own file locks are used because the operating system gives them back when a process dies, on Windows too.
    """

    def __init__(self, database: Path) -> None:
        """Raises StoreError when another run has this database."""
        self.path = _side_file(database)
        try:
            database.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, timeout=0.2, isolation_level=None)
            try:
                self._connection.execute("begin exclusive")
            except sqlite3.DatabaseError:
                self._connection.close()
                raise
        except (sqlite3.DatabaseError, OSError) as error:
            if "locked" in str(error):
                raise StoreError(
                    f"another `plan run` uses `{database}`: stop it first, or give this run another file with --db"
                ) from error
            raise StoreError(f"`{self.path}` cannot be locked: {error}; give another path with --db") from error

    def close(self) -> None:
        """Give the lock back."""
        self._connection.close()
