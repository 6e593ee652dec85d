"""Where a life may be ended: before, within and after each write of the journal and each call of the broker."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from tradeplan.runtime.mt5.terminal import Call
from tradeplan.runtime.store import journal, writer

WRITES = ("append", "append_all", "activate", "intend", "settle", "keep_setting")
DEAL, PENDING, SLTP, REMOVE = 1, 5, 6, 8


def die() -> None:
    """End at once, as a kill from outside does: nothing is flushed or closed."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def label(calls: Sequence[Call]) -> str:
    """What a round trip to the broker is for: `entry`, `close`, ..., `reading`, or the name of its only call."""
    first = calls[0]
    if first.name == "order_send":
        return request_kind(first.arguments[0])
    return "reading" if len(calls) > 1 else first.name


def request_kind(request: dict[str, Any]) -> str:
    """What a request asks for: `entry`, `pending`, `close`, `levels` or `removal`."""
    if request["action"] == DEAL:
        return "close" if request.get("position") else "entry"
    return {PENDING: "pending", SLTP: "levels", REMOVE: "removal"}[request["action"]]


@dataclass
class Moments:
    """Counts moments by name, and ends the process at the `at`-th of `wanted`; `most` steps are the longest life."""

    wanted: str = ""
    at: int = 0
    most: int = 0
    note: Path | None = None  # where the moment of death is written
    seen: Counter[str] = field(default_factory=Counter)

    def __call__(self, name: str) -> None:
        self.seen[name] += 1
        if name == self.wanted and self.seen[name] == self.at:
            self.end(name)
        if name == "stepped" and self.seen[name] == self.most:
            self.end("so many steps")

    def comes(self, name: str) -> bool:
        """Whether the process ends the next time that a moment comes."""
        return name == self.wanted and self.seen[name] + 1 == self.at

    def end(self, name: str) -> None:
        """End the process now."""
        if self.note is not None:
            self.note.write_text(name, encoding="utf-8")
        die()

    def watch_store(self) -> None:
        """From now on every write of the journal, and every batch of the writer, is a moment."""
        for name in WRITES:
            setattr(journal.Journal, name, self._around(name, getattr(journal.Journal, name)))
        vars(journal)["write_transaction"] = self._within("journal write", journal.write_transaction)
        vars(writer)["write_transaction"] = self._within("batch of rows", writer.write_transaction, around=True)

    def _around(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def called(*arguments: Any) -> Any:
            self(f"before journal {name}")
            found = method(*arguments)
            self(f"after journal {name}")
            return found

        return called

    def _within(self, name: str, transaction: Callable[[Database], Any], around: bool = False) -> Any:
        @contextmanager
        def called(db: Database) -> Iterator[None]:
            if around:
                self(f"before {name}")
            with transaction(db):
                yield
                self(f"within {name}")
            if around:
                self(f"after {name}")

        return called


def group_of(moment: str) -> str:
    """`journal`, `rows`, `order` (a call that sends), `call` (one that asks), `place`, `any moment` or `steps`."""
    words = moment.split()
    if words[0] in ("before", "within", "after") and len(words) > 2:
        if words[1] == "journal":
            return "journal"
        if words[1] == "batch":
            return "rows"
        if words[1] == "broker":
            return "order" if words[2] in ("entry", "pending", "close", "levels", "removal") else "call"
    return {"any moment": "any moment", "so many steps": "steps"}.get(moment, "place")
