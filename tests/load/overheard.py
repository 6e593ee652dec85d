"""A terminal that is listened to: what a run asks it to open, and what was halted at that moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tradeplan.runtime.mt5.terminal import Call, Reply, Terminal

PENDING, MARKET = 5, 1
"""Actions of a request that may open something."""


@dataclass
class Overheard:
    """Every request to open something, with the scopes that were halted then."""

    terminal: Terminal
    held: Callable[[], frozenset[str]]
    opened: list[tuple[int, frozenset[str]]] = field(default_factory=list)
    _known: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)  # one object for equal sets

    def call(self, name: str, *arguments: Any, **keywords: Any) -> Reply:
        """One call."""
        if name == "order_send" and self._opens(arguments[0]):
            held = self.held()
            self.opened.append((arguments[0]["magic"], self._known.setdefault(held, held)))
        return self.terminal.call(name, *arguments, **keywords)

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        """Several calls, none of which sends."""
        assert all(call.name != "order_send" for call in calls)
        return self.terminal.batch(calls)

    def _opens(self, request: dict[str, Any]) -> bool:
        return request["action"] in (MARKET, PENDING) and not request.get("position")
