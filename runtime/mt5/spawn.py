"""Starts the bridge's server as a child process where MetaTrader5 can be imported; the token goes through a pipe."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from tradeplan.runtime.mt5 import server
from tradeplan.runtime.mt5.client import Client
from tradeplan.runtime.mt5.terminal import BridgeError


def available() -> bool:
    """Whether this Python has the package, so that a server can be started here."""
    return find_spec("MetaTrader5") is not None


class Spawned:
    """A server in a child process that ends with this one."""

    def __init__(
        self,
        *,
        environment: Mapping[str, str] | None = None,
        read_only: bool = False,
        seconds: float = 30.0,
        log: Path | None = None,
    ) -> None:
        """Start it and wait for its port; BridgeError with its own words if it does not come up.

        `environment` replaces this process's own; `log` is a file that takes the server's messages.
        """
        self._token = secrets.token_urlsafe(32)
        self._log = log.open("ab") if log is not None else None
        command = [sys.executable, str(Path(server.__file__)), "--child", "--port", "0"]
        self.process = subprocess.Popen(
            command + (["--read-only"] if read_only else []),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=None if environment is None else dict(environment),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(self._token.encode() + b"\n")
            self.process.stdin.flush()
            self.port = self._wait(seconds)
        except (OSError, BridgeError) as error:
            self.close()
            raise BridgeError(f"the bridge did not start: {error}") from error

    def client(self, *, data_seconds: float = 3.0, order_seconds: float = 5.0) -> Client:
        """A client that knows the token."""
        return Client(self.port, self._token, data_seconds=data_seconds, order_seconds=order_seconds)

    def close(self) -> None:
        """End the server; the terminal goes on."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        for pipe in (self.process.stdin, self.process.stdout, self._log):
            if pipe is not None:
                pipe.close()

    def _wait(self, seconds: float) -> int:
        assert self.process.stdout is not None
        lines: SimpleQueue[bytes] = SimpleQueue()
        # a pipe cannot be read with a time limit on Windows
        Thread(target=lambda out: lines.put(out.readline()), args=(self.process.stdout,), daemon=True).start()
        try:
            line = lines.get(timeout=seconds)
        except Empty:
            raise BridgeError(f"no word from it within {seconds:g} s") from None
        if not line:
            raise BridgeError(f"it ended with code {self.process.wait(5)}; its message is above or in its log")
        port = json.loads(line)["port"]
        assert isinstance(port, int)
        return port
