"""Puts a copy of a database in its place: checked before, the replaced files kept, and told what it cannot know."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database
from tradeplan.runtime.store.backup import free_name, sync_folder
from tradeplan.runtime.store.checks import faults, verify
from tradeplan.runtime.store.database import connect, refuse_damaged
from tradeplan.runtime.store.errors import StoreError, trouble
from tradeplan.runtime.store.lock import RunLock, is_running

_BESIDE = ("-wal", "-shm")
_OF_A_RUN = ("feed", "broker", "account", "start")


@dataclass(frozen=True, slots=True)
class Loss:
    """What a copy does not know of the database whose place it takes; times UTC ms, None: nobody can say.

    `unread` says why the present database could not be compared, empty: it was, or there is none. `positions` are open
    in it and not in the copy. `pending`: migrations that the copy has not seen.
    """

    copied: int | None
    reached: int | None
    intents: int | None
    fills: int | None
    positions: tuple[str, ...]
    broker: str | None
    unread: str
    pending: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done: the copy's place, and where the replaced files are now; none where there was nothing."""

    path: Path
    kept: tuple[Path, ...]


def weigh(copy: Path, path: Path) -> Loss:
    """Look at a copy and at what it would replace; nothing is changed.

    Raises StoreError: it is no whole copy, it is one of another run, or a run goes on.
    """
    if is_running(path):
        raise StoreError(f"a `plan run` uses `{path}`: `plan stop --db {path}` first; nothing was changed")
    health = verify(copy)
    if health.problems:
        raise StoreError(f"`{copy}` is damaged ({health.problems[0]}): give another copy; nothing was changed")
    if path.exists() and os.path.samefile(copy, path):
        raise StoreError(f"`{copy}` is the database itself: give a copy that `plan db backup` made with --from")
    known = _read(copy)
    if not path.exists():
        return Loss(known.time, None, None, None, (), known.settings.get("broker"), "", health.pending)
    try:
        now = _read(path)
    except (StoreError, sqlite3.Error) as error:
        told = str(error)
        return Loss(known.time, None, None, None, (), known.settings.get("broker"), told, health.pending)
    for name in _OF_A_RUN:
        if known.settings.get(name) != now.settings.get(name):
            raise StoreError(
                f"`{copy}` is a copy of another run: its {name} is `{known.settings.get(name)}`, that of `{path}` is"
                f" `{now.settings.get(name)}`; nothing was changed; move `{path}` away first if that is meant"
            )
    return Loss(
        known.time,
        now.time,
        len(now.intents - known.intents),
        max(now.fills - known.fills, 0),
        tuple(text for which, text in now.positions.items() if which not in known.positions),
        known.settings.get("broker"),
        "",
        health.pending,
    )


def restore(copy: Path, path: Path) -> Restored:
    """Put a whole copy in the place of a database, which is kept under another name.

    Raises StoreError, and then the database is as it was.
    """
    loss = weigh(copy, path)
    target = Path(os.path.realpath(path))
    lock = RunLock(target)
    aside = free_name(target, "restored")
    try:
        free = shutil.disk_usage(target.parent).free
        wanted = 2 * copy.stat().st_size
        if free < wanted:
            raise StoreError(
                f"the copy needs {wanted / 1e6:.1f} MB and the disk of `{path}` has {free / 1e6:.1f} MB left: nothing"
                " was changed; free some space"
            )
        _copied(copy, aside)
        return Restored(path, _exchanged(aside, target, not loss.unread))
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{trouble(path, error)}; `{path}` is as it was") from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        lock.close()


def _copied(copy: Path, aside: Path) -> None:
    """The copy on the disk of the database, looked over again: what is put in place is what was checked."""
    shutil.copyfile(copy, aside)
    with aside.open("rb+") as file:
        os.fsync(file.fileno())
    with closing(connect(aside, read_only=True)) as db:
        problems = faults(db)
    if problems:
        raise StoreError(f"`{copy}` could not be copied whole ({problems[0]}); nothing was changed")


def _exchanged(aside: Path, target: Path, whole: bool) -> tuple[Path, ...]:
    """Keep the old files, then rename the new one to their name; one that is not `whole` is not touched by SQLite."""
    kept = free_name(target, "replaced")
    if not target.exists():
        for word in _BESIDE:  # of a database that is gone: SQLite would read them into the new one
            beside = target.with_name(target.name + word)
            if beside.exists():
                beside.replace(kept.with_name(kept.name + word))
        aside.replace(target)
        sync_folder(target.parent)
        return ()
    shutil.copymode(target, aside)
    if whole and _is_one_file(target):
        with suppress(OSError):
            kept.hardlink_to(target)
        if not kept.exists():  # a disk without hard links
            shutil.copyfile(target, kept)
        # INVARIANT: one rename; before it the database is the old one, after it the copy
        aside.replace(target)
        sync_folder(target.parent)
        return (kept,)
    moved: list[tuple[Path, Path]] = []
    try:
        for word in ("", *_BESIDE):
            old, new = target.with_name(target.name + word), kept.with_name(kept.name + word)
            if old.exists():
                old.replace(new)
                moved.append((old, new))
        aside.replace(target)
    except OSError:
        for old, new in reversed(moved):
            new.replace(old)
        raise
    sync_folder(target.parent)
    return tuple(new for _, new in moved)


def _is_one_file(path: Path) -> bool:
    """Bring what stands in the log beside it into a database; False where that cannot be done: it is damaged."""
    try:
        with closing(sqlite3.connect(path, timeout=1.0)) as db:
            db.execute("pragma journal_mode = delete").fetchone()
    except sqlite3.Error:
        return False
    return not any(path.with_name(path.name + word).exists() for word in _BESIDE)


@dataclass(frozen=True, slots=True)
class _Known:
    time: int | None
    settings: dict[str, str]
    intents: set[int]
    fills: int
    positions: dict[tuple[str, int], str]  # by plan and time of opening


def _read(path: Path) -> _Known:
    """What a database of any schema of ours knows; it is only read."""
    with closing(connect(path, read_only=True)) as db:
        refuse_damaged(db, path)
        progress = db.execute("select time, body from progress where id = 1").fetchone()
        body = {} if progress is None else json.loads(progress[1])
        return _Known(
            None if progress is None else int(progress[0]),
            {str(name): str(value) for name, value in db.execute("select name, value from setting")},
            {int(row[0]) for row in db.execute("select id from intent")},
            _count(db, "fill"),
            {(str(p["plan"]), int(p["opened"])): _position(p) for p in body.get("positions", ())},
        )


def _count(db: Database, table: str) -> int:
    return int(db.execute(f"select count(*) from {table}").fetchone()[0])


def _position(found: dict[str, object]) -> str:
    side = "long" if int(str(found["side"])) > 0 else "short"
    return f"`{found['plan']}` {side} {found['lots']:g} lots of {found['market']}, stop {found['stop']:g}"
