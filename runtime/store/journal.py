"""The durable journal: what must be on disk before the world is told."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradeplan.runtime.store.database import StoreError, open_database, refuse_damaged, telling, write_transaction

ROOM = 65_536
"""Bytes that must fit before a disk that was full counts as one that is not."""


@dataclass(frozen=True, slots=True)
class JournalEvent:
    """Something from outside that a replay must see at the same place: an activation of plans, an outage."""

    time: int  # UTC ms; it is in force for steps after this instant
    kind: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class JournalIntent:
    """An order, change or cancel that was decided; `id` is the same whenever the same decision is made."""

    id: int
    plan: str
    version: str
    time: int
    leg: str
    action: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """The text of a plan or guard as it ran, so that a replay needs no file of today."""

    plan: str
    version: str
    kind: str  # plan or guard
    file: str
    text: str


class Journal:
    """Reads and appends; every append is on disk when the call returns. With StoreTrouble nothing of it was kept."""

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self.path = path
        self._db = open_database(path, durable=not read_only, read_only=read_only)
        try:
            refuse_damaged(self._db, path)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def setting(self, name: str) -> str | None:
        """A setting of the run that wrote this database."""
        with telling(self.path):
            rows = list(self._db.query("select value from setting where name = ?", [name]))
        return str(rows[0]["value"]) if rows else None

    def keep_setting(self, name: str, value: str) -> None:
        """Keep a setting, or refuse when the database was made with another value: a journal fits one run only."""
        known = self.setting(name)
        if known is None:
            with write_transaction(self._db):
                self._db.execute("insert into setting (name, value) values (?, ?)", [name, value])
        elif known != value:
            raise StoreError(
                f"`{self.path}` was made with {name} `{known}`, this run has `{value}`:"
                " use the same settings to continue it, or another file with --db"
            )

    def append(self, event: JournalEvent) -> None:
        """Append one event."""
        with write_transaction(self._db):
            self._append(event)

    def append_all(self, events: Iterable[JournalEvent]) -> None:
        """Append several events in one commit."""
        with write_transaction(self._db):
            for event in events:
                self._append(event)

    def activate(self, event: JournalEvent, versions: Iterable[PlanVersion]) -> None:
        """Append an activation together with the texts it names: one commit, on disk before the engine runs them."""
        with write_transaction(self._db):
            for v in versions:
                self._db.execute(
                    "insert or ignore into plan_version (plan, version, kind, file, text, first_seen)"
                    " values (?, ?, ?, ?, ?, ?)",
                    [v.plan, v.version, v.kind, v.file, v.text, event.time],
                )
            self._append(event)

    def _append(self, event: JournalEvent) -> None:
        self._db.execute(
            "insert into event (time, kind, body) values (?, ?, ?)",
            [event.time, event.kind, json.dumps(event.body, sort_keys=True)],
        )

    def events(self) -> list[JournalEvent]:
        """All events in the order in which they were appended."""
        with telling(self.path):
            return [
                JournalEvent(int(r["time"]), str(r["kind"]), json.loads(r["body"]))
                for r in self._db.query("select time, kind, body from event order by id")
            ]

    def version_text(self, plan: str, version: str) -> tuple[str, str]:
        """File name and text of a plan version."""
        wanted = "select file, text from plan_version where plan = ? and version = ?"
        with telling(self.path):
            for r in self._db.query(wanted, [plan, version]):
                return str(r["file"]), str(r["text"])
        raise StoreError(f"`{self.path}` names version `{version}` of plan `{plan}` but does not hold its text")

    def texts(self) -> list[tuple[str, str]]:
        """File name and text of everything that ever ran, each once."""
        with telling(self.path):
            return [(str(r[0]), str(r[1])) for r in self._db.execute("select distinct file, text from plan_version")]

    def intend(self, intents: Iterable[JournalIntent]) -> list[JournalIntent]:
        """Journal intents in one durable transaction; returns those that were not there yet, the ones to send."""
        fresh: list[JournalIntent] = []
        with write_transaction(self._db):
            for i in intents:
                row = [i.id, i.plan, i.version, i.time, i.leg, i.action, json.dumps(i.body, sort_keys=True)]
                made = self._db.execute(
                    "insert or ignore into intent (id, plan, version, time, leg, action, body, state)"
                    " values (?, ?, ?, ?, ?, ?, ?, 'journalled')",
                    row,
                )
                if made.rowcount:
                    fresh.append(i)
        return fresh

    def settle(self, states: Iterable[tuple[int, str]]) -> None:
        """Set the states of intents: `sent`, `filled`, `late`, `cancelled`, ..."""
        with write_transaction(self._db):
            for identity, state in states:
                self._db.execute("update intent set state = ? where id = ?", [state, identity])

    def last_intent_time(self) -> int | None:
        """The step of the newest intent."""
        with telling(self.path):
            (newest,) = self._db.execute("select max(time) from intent").fetchone()
        return None if newest is None else int(newest)

    def last_event_time(self) -> int | None:
        """The newest event's place."""
        with telling(self.path):
            (newest,) = self._db.execute("select max(time) from event").fetchone()
        return None if newest is None else int(newest)

    def intents(self) -> list[tuple[int, str, str]]:
        """Id, plan and leg of every intent."""
        with telling(self.path):
            rows = self._db.execute("select id, plan, leg from intent order by time").fetchall()
        return [(int(r[0]), str(r[1]), str(r[2])) for r in rows]

    def intent_ids(self) -> set[int]:
        """Ids of all intents."""
        with telling(self.path):
            return {int(r[0]) for r in self._db.execute("select id from intent")}

    def progress(self) -> tuple[int, dict[str, Any]] | None:
        """The last instant that the batched writer has committed, and what was said with it."""
        with telling(self.path):
            for r in self._db.query("select time, body from progress where id = 1"):
                return int(r["time"]), json.loads(r["body"])
        return None

    def lacks_columns(self) -> bool:
        """Whether fills are there that an older version wrote without what analysis needs."""
        with telling(self.path):
            (found,) = self._db.execute("select exists (select 1 from fill where seq is null)").fetchone()
        return bool(found)

    def try_out(self) -> None:
        """Write something that needs room, and take it back. Raises StoreTrouble."""
        with write_transaction(self._db):
            self._db.execute("insert or replace into setting (name, value) values ('room', ?)", ["x" * ROOM])
        with write_transaction(self._db):
            self._db.execute("delete from setting where name = 'room'")
