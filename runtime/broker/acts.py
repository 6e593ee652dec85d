"""What a broker tells a run, to be journalled and then entered: one batch is one commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.store.journal import JournalEvent


class Act(NamedTuple):
    """A journal event to be: `attached fill refused answered stop swap balance book halt orphan`; see live/acts.py."""

    kind: str
    body: dict[str, Any]


Batch = list[Act]


class Broker(Protocol):
    """A broker outside. A run calls `read`, enters what comes, then `carry_out`, and enters that.

    Before an instant, and while it catches up after an outage, a run reads `until` the next instant and sends nothing:
    what filled later must not be known to what was decided earlier.

    Both are iterated batch by batch: the engine has entered one before the next is made.
    """

    @property
    def name(self) -> str:
        """What a journal remembers it by."""

    @property
    def ceiling(self) -> float:
        """Percent of equity that all stops together may cost; entries beyond it are refused."""

    @property
    def trouble(self) -> str:
        """Why nothing can be sent now, empty if it can."""

    def remember(self, events: Iterable[JournalEvent], intents: Iterable[tuple[int, str, str]]) -> None:
        """Take down what the journal knows: its events, and its intents (id, plan, leg)."""

    def plan_of(self, ticket: int) -> str | None:
        """The plan whose position a ticket is, as far as the newest reading knows."""

    def note(self, act: Act) -> None:
        """An act of this broker has been journalled."""

    def read(self, engine: Engine, until: int | None = None) -> Iterator[Batch]:
        """Look at the broker: the deals up to a time (UTC ms); without one everything that happened since."""

    def carry_out(self, engine: Engine) -> Iterator[Batch]:
        """Send what the engine wants and the broker does not have."""
