"""The real server over the stand-in in a child process, with the control socket through which a test moves it."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tradeplan.runtime.mt5.client import Client
from tradeplan.runtime.mt5.spawn import Spawned

STAND_IN = Path(__file__).parent / "stand_in"


class Control:
    """A test's hands in the stand-in's process: `control("advance", 60)`, `control.fault(...)`, `control.state()`."""

    def __init__(self, port: int) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port), 10)
        self._file = self._sock.makefile("rwb")

    def __call__(self, do: str, *arguments: Any, **keywords: Any) -> Any:
        """Do one of `control.actions`; AssertionError with the stand-in's words if it fails."""
        line = json.dumps({"do": do, "arguments": arguments, "keywords": keywords}).encode() + b"\n"
        self._file.write(line)
        self._file.flush()
        answer = json.loads(self._file.readline())
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def fault(self, kind: str, call: str = "*", skip: int = 0, times: int = 1, **data: Any) -> None:
        """Plan a fault."""
        self("fault", kind, call, skip, times, **data)

    def state(self) -> dict[str, Any]:
        """Everything: now, calls, balance, positions, orders, done, deals, requests."""
        state = self("state")
        assert isinstance(state, dict)
        return state

    def close(self) -> None:
        """End the connection."""
        self._file.close()
        self._sock.close()


class Served:
    """A server with the stand-in: `client`, `control`; use it as a context.

    `bars` is symbol -> timeframe -> rates (UTC seconds), finest first; all else is the scenario of `scenario.build`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        symbols: Sequence[dict[str, Any]] = (),
        bars: dict[str, dict[str, np.ndarray]] | None = None,
        read_only: bool = False,
        data_seconds: float = 3.0,
        order_seconds: float = 5.0,
        environment: dict[str, str] | None = None,
        **scenario: Any,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        listed = []
        for symbol in symbols:
            files = {}
            for timeframe, rates in (bars or {}).get(symbol["name"], {}).items():
                files[timeframe] = f"{symbol['name']}.{timeframe}.npy"
                np.save(folder / files[timeframe], rates)
            listed.append({**symbol, "bars": files})
        port_file = folder / "control.port"
        scenario |= {"symbols": listed, "control": str(port_file)}
        path = folder / "scenario.json"
        path.write_text(json.dumps(scenario), encoding="utf-8")
        own = {"PYTHONPATH": str(STAND_IN), "STAND_IN_SCENARIO": str(path), **(environment or {})}
        self.log = folder / "server.log"
        self.spawned = Spawned(environment={**os.environ, **own}, read_only=read_only, log=self.log)
        end = time.monotonic() + 10
        while not port_file.exists():
            assert time.monotonic() < end, "the stand-in's control socket did not open"
            time.sleep(0.01)
        self.control = Control(int(port_file.read_text(encoding="utf-8")))
        self.client: Client = self.spawned.client(data_seconds=data_seconds, order_seconds=order_seconds)

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End client, control and server."""
        self.client.close()
        self.control.close()
        self.spawned.close()
