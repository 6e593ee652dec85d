"""What feeds and brokers need of a terminal: calls, replies, and the two ways in which asking itself can fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

NO_KEYWORDS: Mapping[str, Any] = {}
NOBODY = frozenset({-10000, -10001, -10002, -10003, -10004, -10005})
"""Codes of last_error that say that the terminal is gone, whatever was asked."""


class Call(NamedTuple):
    """One call of the package by name; times in it are whole seconds of the broker's wall clock."""

    name: str
    arguments: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = NO_KEYWORDS


class Reply(NamedTuple):
    """What the package answered: `value` None is a failure and `()` an empty selection, `error` its last_error.

    Structs come as the named tuples of `structs`, arrays as numpy arrays in the package's packed layout.
    """

    value: Any
    error: tuple[int, str]


class BridgeError(Exception):
    """The terminal was not asked, or did not answer: connection lost, time-out, refused. Ask again later."""


class UnknownOutcome(BridgeError):
    """An order was sent and its answer lost: look it up by magic and comment, never send it again."""


class Terminal(Protocol):
    """A terminal that can be asked; the client over TCP is one, the stand-in of the tests another."""

    def call(self, name: str, *arguments: Any, **keywords: Any) -> Reply:
        """One call; raises BridgeError, and UnknownOutcome for an order whose answer was lost."""

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        """Several calls in one round trip, in order; raises as `call` does."""
