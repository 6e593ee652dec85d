"""The first schema: the journal (events, intents), what was decided and filled, and how far the run has come."""

from __future__ import annotations

from sqlite_utils import Database


def up(db: Database) -> None:
    """Create the tables."""
    db.table("setting").create({"name": str, "value": str}, pk="name", strict=True)
    db.table("plan_version").create(
        {"plan": str, "version": str, "kind": str, "file": str, "text": str, "first_seen": int},
        pk=("plan", "version"),
        not_null={"kind", "text", "first_seen"},
        strict=True,
    )
    db.table("event").create(
        {"id": int, "time": int, "kind": str, "body": str},
        pk="id",
        not_null={"time", "kind", "body"},
        strict=True,
    )
    db.table("intent").create(
        {
            "id": int,
            "plan": str,
            "version": str,
            "time": int,
            "leg": str,
            "action": str,
            "body": str,
            "state": str,
        },
        pk="id",
        not_null={"plan", "version", "time", "leg", "action", "body", "state"},
        strict=True,
    )
    db.table("decision").create(
        {"time": int, "plan": str, "rule": int, "action": str, "outcome": str, "detail": str},
        pk=("time", "plan", "rule", "action", "outcome"),
        not_null={"detail"},
        strict=True,
    )
    db.table("fill").create(
        {
            "time": int,
            "plan": str,
            "leg": int,
            "reason": str,
            "position": int,
            "price": float,
            "lots": float,
            "profit": float,
            "commission": float,
            "swap": float,
        },
        pk=("time", "plan", "leg", "reason", "position"),
        strict=True,
    )
    db.table("alert").create(
        {"time": int, "plan": str, "rule": int, "text": str}, pk=("time", "plan", "rule", "text"), strict=True
    )
    db.table("progress").create(
        {"id": int, "time": int, "balance": float, "equity": float, "body": str},
        pk="id",
        not_null={"time", "body"},
        strict=True,
    )
    db.table("intent").create_index(["plan", "time"])
    db.table("decision").create_index(["plan", "time"])
    db.table("fill").create_index(["plan", "time"])
    db.table("event").create_index(["time"])


def down(db: Database) -> None:
    """Drop what `up` made."""
    for name in ("progress", "alert", "fill", "decision", "intent", "event", "plan_version", "setting"):
        db.table(name).drop()
