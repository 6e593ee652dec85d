"""A `Terminal` over the stand-in without a socket: all of the bridge but the wire, for tests that need no TCP."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from tradeplan.runtime.mt5.server import CALLS, Package
from tradeplan.runtime.mt5.terminal import Call, Reply
from tradeplan.runtime.mt5.wire import Decoder, encoded

from tests.mt5.stand_in.MetaTrader5.terminal import StandIn


class InProcess:
    """Calls go through the server's checks and both encodings, so what passes here passes over TCP.

    A lost terminal stays lost until the test calls `initialize`, which the bridge does by itself.
    """

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self._package = Package(stand_in, {}, False, print)
        self._decoder = Decoder()

    def call(self, name: str, *arguments: Any, **keywords: Any) -> Reply:
        """One call; `initialize`, `login` and `shutdown` go straight to the stand-in, as the bridge has them."""
        if name not in CALLS:
            value = getattr(self.stand_in, name)(*arguments, **keywords)
            return Reply(value, self.stand_in.last_error())
        return self.batch([Call(name, arguments, keywords)])[0]

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        """Several calls, in order."""
        parts: list[bytes] = []
        fields: dict[str, list[str]] = {}
        rows = json.loads(json.dumps([encoded(call) for call in calls]))
        replies = json.loads(json.dumps(self._package.answer(rows, math.inf, None, parts, fields)))
        return self._decoder.replies({"replies": replies, "fields": fields}, bytearray(b"".join(parts)))

    def close(self) -> None:
        """Nothing to close."""
