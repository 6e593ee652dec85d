"""Brings a database to the newest schema, and back."""

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


def _modules() -> list[ModuleType]:
    names = sorted(m.name for m in pkgutil.iter_modules(migrations.__path__) if m.name.startswith("m"))
    return [importlib.import_module(f"{migrations.__name__}.{name}") for name in names]


def _set() -> Migrations:
    found = Migrations(_SET)
    for module in _modules():
        found(name=module.__name__.rsplit(".", 1)[1])(cast("Callable[[Database], None]", module.up))
    return found


def pending(db: Database) -> list[str]:
    """Names of the migrations that the database has not seen."""
    return [m.name for m in _set().pending(db)]


def unknown(db: Database) -> list[str]:
    """Names of migrations that the database has seen and this version does not know: it was written by a newer one."""
    ours = {m.__name__.rsplit(".", 1)[1] for m in _modules()}
    return [m.name for m in _set().applied(db) if m.name not in ours]


def migrate(db: Database) -> list[str]:
    """Apply what is pending, each in a transaction; returns the names applied."""
    names = pending(db)
    _set().apply(db)
    return names


def rollback(db: Database) -> str | None:
    """Undo the newest migration in one transaction; returns its name, None if there is none."""
    applied = _set().applied(db)
    if not applied:
        return None
    name = applied[-1].name
    module = next(m for m in _modules() if m.__name__.endswith(f".{name}"))
    with db.atomic():
        cast("Callable[[Database], None]", module.down)(db)
        db.execute(f"delete from {Migrations.migrations_table} where migration_set = ? and name = ?", [_SET, name])
    return name
