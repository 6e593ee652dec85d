"""The terminal in a process of its own, as it is in life: package and bridge may die while it lives on, and it too.

`python -m MetaTrader5.apart` is the terminal; the package finds it by STAND_IN_TERMINAL, a file with its port.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from threading import Thread
from typing import Any

from .calls import BOOLEAN, METHODS, end_process
from .sequences import TYPES

# it only keeps test runs on one machine from talking to one another's terminals by mistake
_KEY = b"stand-in"


class _Crash(Exception):
    """The package's process is to end."""


def _packed(value: Any) -> Any:
    """Structs cannot be pickled, so they travel with their names."""
    if isinstance(value, tuple):
        name = type(value).__name__
        return ("struct" if name in TYPES else "tuple", name, [_packed(item) for item in value])
    return value


def _unpacked(value: Any) -> Any:
    if isinstance(value, tuple):
        kind, name, items = value
        row = [_unpacked(item) for item in items]
        return TYPES[name](row) if kind == "struct" else tuple(row)
    return value


class Remote:
    """The package's functions over a terminal in another process."""

    def __init__(self, port_file: Path) -> None:
        self._port_file = port_file
        self._line: Connection[Any, Any] | None = None
        self._error: tuple[int, str] = (1, "Success")

    def last_error(self) -> tuple[int, str]:
        """The code and text of the call before."""
        return self._error

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in METHODS:
            return partial(self._call, name)
        raise AttributeError(f"module 'MetaTrader5' has no attribute '{name}'")

    def _call(self, name: str, *arguments: Any, **keywords: Any) -> Any:
        if name == "initialize" and self._line is None:
            try:
                self._line = Client(("127.0.0.1", int(self._port_file.read_text(encoding="utf-8"))), authkey=_KEY)
            except (OSError, ValueError):
                self._error = (-10003, "IPC initialize failed, Pipe server didn't answer in 60 sec")
                return False
        if self._line is None:
            self._error = (-10004, "No IPC connection")
            return False if name in BOOLEAN else None
        try:
            self._line.send((name, arguments, keywords))
            kind, value, self._error = self._line.recv()
        except (OSError, EOFError):
            self._line, self._error = None, (-10002, "IPC recv failed")
            return False if name in BOOLEAN else None
        if kind == "crash":
            end_process()
        if kind == "raise":
            raise value
        return _unpacked(value)


def _serve(line: Any, stand_in: Any) -> None:
    while True:
        try:
            name, arguments, keywords = line.recv()
        except (OSError, EOFError):
            return
        try:
            answer = ("value", _packed(getattr(stand_in, name)(*arguments, **keywords)), stand_in.last_error())
        except _Crash:
            answer = ("crash", None, (1, ""))
        except Exception as error:  # the package raises it in its own process
            answer = ("raise", error, stand_in.last_error())
        try:
            line.send(answer)
        except OSError:
            return  # the package's process has gone


def main() -> None:
    """Be the terminal of STAND_IN_SCENARIO until standard input ends."""
    from .scenario import here  # it imports this file as well

    def crash() -> None:
        raise _Crash

    stand_in = here()
    stand_in.crash = crash
    listener = Listener(("127.0.0.1", 0), authkey=_KEY)
    path = Path(os.environ["STAND_IN_TERMINAL"])
    aside = path.with_suffix(".part")
    aside.write_text(str(listener.address[1]), encoding="utf-8")
    aside.replace(path)

    def accept() -> None:
        while True:
            Thread(target=_serve, args=(listener.accept(), stand_in), daemon=True).start()

    Thread(target=accept, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
