"""Brings a database file to another schema: on a copy that is checked, after a backup, and then in one rename."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database
from tradeplan.runtime.store.backup import backup, copy_into, free_name, sync_folder
from tradeplan.runtime.store.checks import faults, row_counts
from tradeplan.runtime.store.database import connect, refuse_newer
from tradeplan.runtime.store.errors import StoreError, damaged, trouble
from tradeplan.runtime.store.lock import RunLock
from tradeplan.runtime.store.schema import applied, migrate, pending, rollback, rows_may_change


@dataclass(frozen=True, slots=True)
class Change:
    """What was done: names of migrations in order, where the old database is kept, and rows by table before and after.

    `names` empty: there was nothing to do, and no backup was made.
    """

    names: tuple[str, ...]
    kept: Path | None
    before: dict[str, int]
    after: dict[str, int]


def upgrade_file(path: Path) -> Change:
    """Apply all pending migrations. Raises StoreError, and then the file is as it was."""

    def up(db: Database) -> list[str]:
        return migrate(db)

    return _changed(path, lambda db: bool(pending(db)), up)


def rollback_file(path: Path, to: str | None = None) -> Change:
    """Undo the newest migration, or all after `to`. What only their tables held is in the backup alone.

    Raises StoreError, and then the file is as it was.
    """

    def has_more(db: Database) -> bool:
        names = applied(db)
        if to is not None and to not in names:
            known = ", ".join(f"`{n}`" for n in names) or "none"
            raise StoreError(f"`{path}` has no migration `{to}` to go back to: expected one of {known}")
        if to is None and len(names) == 1:
            raise StoreError(f"`{path}` has its first schema, `{names[0]}`: there is nothing older to go back to")
        return names[-1] != to

    def down(db: Database) -> list[str]:
        done: list[str] = []
        with db.atomic():
            while (to is None and not done) or (to is not None and applied(db)[-1] != to):
                name = rollback(db)
                assert name is not None, "`to` was found among the applied ones"
                done.append(name)
        return done

    return _changed(path, has_more, down)


def _changed(path: Path, needed: Callable[[Database], bool], change: Callable[[Database], list[str]]) -> Change:
    if not path.is_file():
        raise StoreError(f"there is no database at `{path}`: give the file that `plan run DIR --db FILE` wrote")
    target = Path(os.path.realpath(path))
    lock = RunLock(target)
    aside = free_name(target, "new")
    try:
        return _replaced(target, aside, needed, change)
    except (sqlite3.Error, OSError) as error:
        told = trouble(path, error)
        raise StoreError(f"{told}; nothing was changed") from error
    finally:
        for left in (aside, aside.with_name(aside.name + "-wal"), aside.with_name(aside.name + "-shm")):
            with suppress(OSError):
                left.unlink(missing_ok=True)
        lock.close()


def _replaced(
    path: Path, aside: Path, needed: Callable[[Database], bool], change: Callable[[Database], list[str]]
) -> Change:
    db = connect(path)
    try:
        refuse_newer(db, path)
        if not applied(db):
            raise StoreError(f"`{path}` holds no run: give the file that `plan run DIR --db FILE` wrote")
        before = row_counts(db)
        if not needed(db):
            return Change((), None, before, before)
        if problems := faults(db):
            raise damaged(path, problems[0])
        _room(path, 2 * path.stat().st_size)
        # everything into the one file; refused while somebody else has it open
        db.execute("pragma journal_mode = delete").fetchone()
        version = _version(db)
        kept = backup(path)
        copy_into(db, aside)
        done, after = _change_copy(aside, path, before, change)
        if _version(db) != version:
            raise StoreError(f"another program wrote to `{path}` meanwhile: nothing was changed; end it and try again")
    finally:
        db.close()
    shutil.copymode(path, aside)
    # INVARIANT: the one step that changes anything; before it the file is the old one, after it the new one
    aside.replace(path)
    sync_folder(path.parent)
    return Change(tuple(done), kept, before, after)


def _change_copy(
    aside: Path, path: Path, before: dict[str, int], change: Callable[[Database], list[str]]
) -> tuple[list[str], dict[str, int]]:
    """Migrate and check the copy, and leave it whole on the disk."""
    db = connect(aside, durable=True)
    try:
        try:
            done = change(db)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "SQLITE_ERROR") in ("SQLITE_FULL", "SQLITE_IOERR_WRITE"):
                raise
            raise StoreError(
                f"the new schema does not fit what `{path}` holds ({error}): nothing was changed; keep using the"
                " tradeplan that wrote it, and tell the makers"
            ) from error
        if problems := faults(db):
            raise StoreError(f"the new schema does not fit what `{path}` holds ({problems[0]}): nothing was changed")
        after = row_counts(db)
        for table in before.keys() & after.keys() - rows_may_change(done):
            if before[table] != after[table]:
                raise StoreError(
                    f"`{table}` would have {after[table]} rows in place of {before[table]}: nothing was changed;"
                    " tell the makers of tradeplan"
                )
        db.execute("pragma journal_mode = delete").fetchone()
    finally:
        db.close()
    with aside.open("rb+") as file:
        os.fsync(file.fileno())
    return done, after


def _version(db: Database) -> int:
    """Changes when another connection has written."""
    return int(db.execute("pragma data_version").fetchone()[0])


def _room(path: Path, wanted: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if free < wanted:
        raise StoreError(
            f"the copies need {wanted / 1e6:.1f} MB and the disk of `{path}` has {free / 1e6:.1f} MB left: nothing was"
            " changed; free some space"
        )
