"""How a command gets to a terminal: a server that runs already, or one started here where the package exists."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from tradeplan.runtime.mt5.client import Client
from tradeplan.runtime.mt5.server import SHORTEST_TOKEN
from tradeplan.runtime.mt5.spawn import Spawned, available
from tradeplan.runtime.mt5.terminal import BridgeError

TOKEN = "TRADEPLAN_MT5_TOKEN"
BRIDGE = "TRADEPLAN_MT5_BRIDGE"
DEFAULT = "127.0.0.1:18812"


class Connection:
    """A client, and the server behind it if that was started here; use it as a context."""

    def __init__(self, client: Client, spawned: Spawned | None = None) -> None:
        self.client, self.spawned = client, spawned

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection, and the server if it is ours."""
        self.client.close()
        if self.spawned is not None:
            self.spawned.close()


def connect(
    bridge: str | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
    read_only: bool = False,
    log: Path | None = None,
) -> Connection:
    """The bridge at HOST:PORT, else at TRADEPLAN_MT5_BRIDGE, else a server started here, else the usual address.

    Raises BridgeError that says what is missing; the connection itself is made at the first call.
    """
    address = bridge or environment.get(BRIDGE)
    if address is None and TOKEN not in environment and available():
        spawned = Spawned(read_only=read_only, log=log)
        return Connection(spawned.client(), spawned)
    host, port = _address(address or DEFAULT)
    token = environment.get(TOKEN, "")
    if len(token) < SHORTEST_TOKEN:
        raise BridgeError(
            f"{TOKEN} is {'too short' if token else 'not set'}: give it the secret, of at least {SHORTEST_TOKEN}"
            " characters, with which `plan mt5 serve` was started beside the terminal"
        )
    return Connection(Client(port, token, host))


def _address(text: str) -> tuple[str, int]:
    match = re.fullmatch(r"(?:(.+):)?(\d{1,5})", text)
    if match is None or not 0 < int(match[2]) < 65_536:
        raise BridgeError(f"`{text}` is no address of a bridge: expected HOST:PORT such as `{DEFAULT}`")
    return match[1] or "127.0.0.1", int(match[2])
