"""The control channel: a person asks by a row in the database, the instance answers in it between two steps."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from tradeplan.runtime.store.database import StoreError, StoreTrouble, open_database, write_transaction
from tradeplan.runtime.store.lock import is_running

LOOK_SECONDS = 0.05
"""How often a running instance looks for requests, at most: a step must not wait for a query."""
WAIT_SECONDS = 15.0
GRACE_SECONDS = 5.0
_UNTIL = "until"
"""In a body: until when somebody waits, by the machine's steady clock, which all processes share and nobody sets."""

Body = dict[str, Any]
"""Arguments or answers: what JSON can hold."""


class RequestRefusedError(ValueError):
    """The instance will not do what was asked; the message says why, and what is expected."""


@dataclass(frozen=True, slots=True)
class Request:
    """Something asked: a command's name and its arguments, as they lie in the database."""

    id: int
    name: str
    body: str


class Requests:
    """The instance's side. Use it from one thread.

    A request goes from `asked` to `taken` before anything is done, then to `done` or `refused`. One that was asked of a
    former process is never done: `asked` becomes `withdrawn`, `taken` becomes `unknown`.
    """

    def __init__(self, path: Path, say: Callable[[str], None], now: Callable[[], float] = time.monotonic) -> None:
        self._path, self._say, self._now = path, say, now
        self._looked = -LOOK_SECONDS
        self._failed = False
        self._db = open_database(path)
        with write_transaction(self._db):
            self._db.execute("update request set state = 'withdrawn' where state = 'asked'")
            self._db.execute("update request set state = 'unknown' where state = 'taken'")

    def close(self) -> None:
        """Withdraw what was asked too late to be done, and close the connection."""
        try:
            with write_transaction(self._db):
                self._db.execute("update request set state = 'withdrawn' where state = 'asked'")
        except (sqlite3.Error, StoreTrouble) as error:
            self._tell(error)
        self._db.close()

    def waiting(self) -> bool:
        """Whether somebody asks; looks at most every LOOK_SECONDS."""
        now = self._now()
        if now - self._looked < LOOK_SECONDS:
            return False
        try:
            found = self._db.execute("select 1 from request where state = 'asked' limit 1").fetchone() is not None
        except sqlite3.Error as error:
            self._looked = now
            self._tell(error)
            return False
        if not found:
            self._looked = now
        return found

    def answer(self, commands: Mapping[str, Callable[[Body], Body]]) -> None:
        """Do what is asked, in the order in which it was; a command raises ValueError to refuse."""
        while self.waiting():
            try:
                request = self._take()
                if request is not None:
                    self._settle(request, *_done(request, commands))
                self._failed = False
            except (sqlite3.Error, StoreTrouble) as error:
                self._tell(error)
                return

    def _take(self) -> Request | None:
        with write_transaction(self._db):
            row = self._db.execute(
                "select id, name, body from request where state = 'asked' order by id limit 1"
            ).fetchone()
            if row is None:
                return None
            until = _until(row[2])
            if until is not None and self._now() > until:  # who asked was killed, or closed the window
                self._db.execute("update request set state = 'withdrawn' where id = ?", [row[0]])
                self._say(f"`{row[1]}` was asked for and whoever asked is gone: it is not done")
                return None
            # INVARIANT: on disk before it is done, so that whoever asked never takes what was done for withdrawn
            self._db.execute("update request set state = 'taken' where id = ?", [row[0]])
        return Request(int(row[0]), str(row[1]), str(row[2]))

    def _settle(self, request: Request, state: str, answer: Body) -> None:
        with write_transaction(self._db):
            self._db.execute(
                "update request set state = ?, answered = ?, answer = ? where id = ?",
                [state, _wall_ms(), json.dumps(answer), request.id],
            )

    def _tell(self, error: Exception) -> None:
        if not self._failed:
            self._failed = True
            self._say(f"requests in `{self._path}` cannot be read or answered: {error}; the run goes on without them")


def _done(request: Request, commands: Mapping[str, Callable[[Body], Body]]) -> tuple[str, Body]:
    command = commands.get(request.name)
    if command is None:
        known = ", ".join(f"`{name}`" for name in sorted(commands))
        return "refused", {"text": f"this run knows no command `{request.name}`: expected {known}"}
    try:
        return "done", command(json.loads(request.body))
    except (ValueError, RuntimeError) as error:
        return "refused", {"text": str(error)}


def ask(database: Path, name: str, body: Body, seconds: float = WAIT_SECONDS) -> Body:
    """Ask the instance that runs a database, and wait for its answer; what nobody took in time is withdrawn.

    Raises StoreError when nothing runs or nothing answers, RequestRefusedError when the instance will not do it.
    """
    open_database(database, read_only=True).close()  # one of another version is refused here, never migrated
    if not is_running(database):
        raise StoreError(f"no `plan run` uses `{database}` now: there is nobody to do it")
    db = open_database(database)
    asked: int | None = None
    try:
        with write_transaction(db):
            asked = db.execute(
                "insert into request (asked, name, body, state) values (?, ?, ?, 'asked')",
                [_wall_ms(), name, json.dumps(body | {_UNTIL: time.monotonic() + seconds + GRACE_SECONDS})],
            ).lastrowid
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            state, answer = db.execute("select state, answer from request where id = ?", [asked]).fetchone()
            if state == "done":
                return dict(json.loads(answer))
            if state == "refused":
                raise RequestRefusedError(json.loads(answer)["text"])
            if state in ("withdrawn", "unknown"):
                break
            time.sleep(0.02)
        _withdraw(db, asked)
        (state,) = db.execute("select state from request where id = ?", [asked]).fetchone()
    except KeyboardInterrupt:
        _withdraw(db, asked)  # whoever gives up must not get it later
        raise
    except sqlite3.DatabaseError as error:
        raise StoreError(f"`{database}` cannot be asked: {error}; is its disk full?") from error
    finally:
        db.close()
    if state == "withdrawn":
        raise StoreError(
            f"the run of `{database}` took no `{name}` within {seconds:g} s: it was withdrawn and will never be done;"
            " is the program stopped or hanging?"
        )
    raise StoreError(
        f"the run of `{database}` took `{name}` and did not answer within {seconds:g} s: it may be done or not;"
        f" `plan status --db {database}` shows where the run stands"
    )


def _withdraw(db: Database, asked: int | None) -> None:
    with write_transaction(db):
        db.execute("update request set state = 'withdrawn' where id = ? and state = 'asked'", [asked])


def _until(body: str) -> float | None:
    """Until when somebody waits for an answer; None where the row does not say."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    until = found.get(_UNTIL) if isinstance(found, dict) else None
    return until if isinstance(until, float) else None


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
