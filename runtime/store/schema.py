"""Brings a connection's schema to the newest, and back: one file of `migrations/` a step."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import cast

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations
from tradeplan.runtime.store import migrations

_SET = "tradeplan"


def _modules() -> dict[str, ModuleType]:
    names = sorted(m.name for m in pkgutil.iter_modules(migrations.__path__) if m.name.startswith("m"))
    return {name: importlib.import_module(f"{migrations.__name__}.{name}") for name in names}


def _set() -> Migrations:
    found = Migrations(_SET)
    for name, module in _modules().items():
        found(name=name)(cast("Callable[[Database], None]", module.up))
    return found


def pending(db: Database) -> list[str]:
    """Names of the migrations that the database has not seen."""
    return [m.name for m in _set().pending(db)]


def applied(db: Database) -> list[str]:
    """Names of those that it has, in the order in which they were applied."""
    return [m.name for m in _set().applied(db)]


def unknown(db: Database) -> list[str]:
    """Names of migrations that the database has seen and this version does not know: it was written by a newer one."""
    ours = _modules()
    return [name for name in applied(db) if name not in ours]


def migrate(db: Database) -> list[str]:
    """Apply what is pending, each in a transaction; returns the names applied."""
    names = pending(db)
    _set().apply(db)
    return names


def rollback(db: Database) -> str | None:
    """Undo the newest migration in one transaction; returns its name, None if there is none."""
    names = applied(db)
    if not names:
        return None
    name = names[-1]
    with db.atomic():
        cast("Callable[[Database], None]", _modules()[name].down)(db)
        db.execute(f"delete from {Migrations.migrations_table} where migration_set = ? and name = ?", [_SET, name])
    return name


def replay(db: Database, names: list[str]) -> None:
    """Apply these to an empty database, in this order, and keep no record of it."""
    modules = _modules()
    for name in names:
        with db.atomic():
            cast("Callable[[Database], None]", modules[name].up)(db)


def purpose(name: str) -> str:
    """What a migration is for: the first line of its file."""
    return (_modules()[name].__doc__ or "").strip().split("\n", 1)[0]


def rows_may_change(names: list[str]) -> set[str]:
    """Tables whose count of rows these migrations change on purpose: those in `REWRITES` of their files."""
    modules = _modules()
    return {table for name in names for table in getattr(modules[name], "REWRITES", ())}
