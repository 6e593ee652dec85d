"""Copies a database while it is used: one consistent file, checked before it has its name."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database
from tradeplan.runtime.store.checks import faults
from tradeplan.runtime.store.database import connect
from tradeplan.runtime.store.errors import StoreError, damaged, trouble


def backup(path: Path, to: Path | None = None) -> Path:
    """Copy the database at `path` to `to`, or beside it under a name with the time; a run may go on meanwhile.

    Returns where the copy is. Raises StoreError, and then there is none.
    """
    if not path.is_file():
        raise StoreError(f"there is no database at `{path}`: give the file that `plan run DIR --db FILE` wrote")
    target = free_name(path, "backup") if to is None else to
    if target.is_dir():
        target = free_name(target / path.name, "backup")
    if target.exists():
        raise StoreError(f"`{target}` is there already: give another name with --to")
    aside = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        db = connect(path, read_only=True)
        try:
            copy_into(db, aside)
        finally:
            db.close()
        copy = connect(aside, read_only=True)
        try:
            problems = faults(copy)
        finally:
            copy.close()
        if problems:
            raise damaged(path, problems[0])
        shutil.copymode(path, aside)
        aside.replace(target)
        sync_folder(target.parent)
    except (sqlite3.Error, OSError) as error:
        told = trouble(path if "CORRUPT" in str(getattr(error, "sqlite_errorname", "")) else target, error)
        raise StoreError(f"no backup was made: {told}") from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
    return target


def copy_into(db: Database, target: Path) -> None:
    """One consistent state of a database as a new file, on the disk when this returns."""
    db.execute("vacuum into ?", [str(target)])
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def free_name(path: Path, what: str) -> Path:
    """A name beside `path` that tells what it is and when it was made, and is not taken."""
    made = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    name, number = path.with_name(f"{path.stem}.{what}-{made}{path.suffix}"), 1
    while name.exists():
        number += 1
        name = path.with_name(f"{path.stem}.{what}-{made}-{number}{path.suffix}")
    return name


def sync_folder(folder: Path) -> None:
    """Bring a rename to the disk, where a folder can be opened for that."""
    if sys.platform != "win32":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
