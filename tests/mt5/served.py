"""The real server over the stand-in in a child process, with the control socket through which a test moves it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
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
    With `apart` the terminal is a process of its own, as in life: `restart()` kills and starts the server while
    account and market go on. `environment_of_runtime` lets `plan` in another process find this bridge.
    """

    def __init__(
        self,
        folder: Path,
        *,
        symbols: Sequence[dict[str, Any]] = (),
        bars: dict[str, dict[str, np.ndarray]] | None = None,
        apart: bool = False,
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
        self.terminal: subprocess.Popen[bytes] | None = None
        if apart:
            own["STAND_IN_TERMINAL"] = str(folder / "terminal.port")
            command = [sys.executable, "-m", "MetaTrader5.apart"]
            self.terminal = subprocess.Popen(command, env={**os.environ, **own}, stdin=subprocess.PIPE)
            _wait_for(folder / "terminal.port")
        self._start = partial(Spawned, environment={**os.environ, **own}, read_only=read_only, log=self.log)
        self._seconds = {"data_seconds": data_seconds, "order_seconds": order_seconds}
        self.spawned = self._start()
        _wait_for(port_file)
        self.control = Control(int(port_file.read_text(encoding="utf-8")))
        self.client: Client = self.spawned.client(**self._seconds)

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def environment_of_runtime(self) -> dict[str, str]:
        """The variables with which another process finds this bridge."""
        return {"TRADEPLAN_MT5_BRIDGE": f"127.0.0.1:{self.spawned.port}", "TRADEPLAN_MT5_TOKEN": self.spawned._token}

    def restart(self) -> None:
        """Kill the server, and start another over the same terminal; the old client knows nothing of the new one."""
        self.spawned.process.kill()
        self.spawned.process.wait(5)
        self.client.close()
        self.spawned.close()
        self.spawned = self._start()
        self.client = self.spawned.client(**self._seconds)

    def close(self) -> None:
        """End client, control, server and terminal."""
        self.client.close()
        self.control.close()
        self.spawned.close()
        if self.terminal is not None:
            self.terminal.kill()
            self.terminal.wait(5)
            assert self.terminal.stdin is not None
            self.terminal.stdin.close()


def _wait_for(path: Path) -> None:
    end = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < end, f"the stand-in did not write {path.name}"
        time.sleep(0.01)
