"""Indexes for what `plan status` and a start look up: events by kind, the newest intent, intents by state."""

from __future__ import annotations

from sqlite_utils import Database

INDEXES = {"event_kind": "event (kind)", "intent_time": "intent (time)", "intent_state": "intent (state)"}


def up(db: Database) -> None:
    """Create the indexes."""
    for name, columns in INDEXES.items():
        db.execute(f"create index {name} on {columns}")


def down(db: Database) -> None:
    """Drop them."""
    for name in INDEXES:
        db.execute(f"drop index {name}")
