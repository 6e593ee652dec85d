"""A `Terminal` over the stand-in without a server: for tests that need no wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradeplan.runtime.mt5.structs import STRUCTS
from tradeplan.runtime.mt5.terminal import Call, Reply

from tests.mt5.stand_in.MetaTrader5.terminal import StandIn


def plain(value: Any) -> Any:
    """The package's structs as the named tuples of the client."""
    if isinstance(value, tuple):
        items = [plain(item) for item in value]
        struct = STRUCTS.get(type(value).__name__)
        return tuple(items) if struct is None else struct(*items)
    return value


class InProcess:
    """Calls of the stand-in with the client's replies; satisfies `Terminal`."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in

    def call(self, name: str, *arguments: Any, **keywords: Any) -> Reply:
        """One call."""
        value = getattr(self.stand_in, name)(*arguments, **keywords)
        return Reply(plain(value), self.stand_in.last_error())

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        """Several calls, in order."""
        return [self.call(c.name, *c.arguments, **c.keywords) for c in calls]

    def close(self) -> None:
        """Nothing to close."""
