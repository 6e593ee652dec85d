"""What can be wrong with the database of a run, in words that say what to do."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path


class StoreError(Exception):
    """The database cannot be used; the message says what happened and what to do."""


class StoreTrouble(StoreError):
    """Reading or writing failed. `passing`: it may end without anybody touching the file, so trying again has sense."""

    def __init__(self, message: str, passing: bool) -> None:
        super().__init__(message)
        self.passing = passing


_ELSE = "or give another path with --db"


def trouble(path: Path | str, error: sqlite3.Error | OSError) -> StoreTrouble:
    """What SQLite or the system said about a file, told by its cause."""
    name = str(getattr(error, "sqlite_errorname", ""))
    if name == "SQLITE_FULL" or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return StoreTrouble(
            f"nothing can be written to `{path}`: the disk is full ({error}); free some space on it, {_ELSE}", True
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreTrouble(
            f"`{path}` is locked by another program ({error}): end what writes to it (an editor for databases, a backup"
            " or a scanner), plan commands never hold it long",
            True,
        )
    if name.startswith("SQLITE_NOTADB"):
        return StoreTrouble(
            f"`{path}` is not a database ({error}): give the file that `plan run DIR --db FILE` wrote; if it is that"
            " file it was damaged, and a copy of `plan db backup` has to take its place",
            False,
        )
    if name.startswith("SQLITE_CORRUPT"):
        return damaged(path, str(error))
    if name.startswith("SQLITE_READONLY") or getattr(error, "errno", None) in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreTrouble(
            f"`{path}` cannot be written ({error}): give it and its folder write permission, {_ELSE}", False
        )
    if name.startswith("SQLITE_IOERR"):
        return StoreTrouble(
            f"`{path}` cannot be read or written ({error}): the disk or the network drive does not answer; look after"
            f" it, {_ELSE}",
            True,
        )
    return StoreTrouble(
        f"the database `{path}` cannot be used: {error}; look whether it is there and yours, {_ELSE}", False
    )


def damaged(path: Path | str, found: str) -> StoreTrouble:
    """The file holds what SQLite never wrote."""
    return StoreTrouble(
        f"`{path}` is damaged ({found}): nothing may be sent from it; `plan db verify --db {path}` says how much is"
        " wrong; `plan db restore --from COPY` puts the newest copy of `plan db backup` in its place; look at the"
        " broker for what was done since",
        False,
    )
