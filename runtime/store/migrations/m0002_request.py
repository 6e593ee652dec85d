"""What people ask of a running instance from another process, and what it answered."""

from __future__ import annotations

from sqlite_utils import Database


def up(db: Database) -> None:
    """Create the table; times are wall-clock UTC ms, bodies are JSON objects."""
    db.table("request").create(
        {"id": int, "asked": int, "name": str, "body": str, "state": str, "answered": int, "answer": str},
        pk="id",
        not_null={"asked", "name", "body", "state"},
        strict=True,
    )
    db.table("request").create_index(["state"])


def down(db: Database) -> None:
    """Drop what `up` made."""
    db.table("request").drop()
