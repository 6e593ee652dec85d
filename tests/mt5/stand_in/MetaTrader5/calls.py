"""Around every call of the package: one at a time, last_error, None or False for failures, and planned faults."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from .checks import Invalid
from .sequences import INTERFACE, make
from .world import World

METHODS = {method["name"]: method["kwargs_ok"] for method in INTERFACE["methods"] if method["name"] != "last_error"}
BOOLEAN = {"initialize", "login", "symbol_select", "market_book_add", "market_book_release"}
_TEXTS = {-1: "Terminal: Call failed", -2: "Terminal: Invalid params", -4: "Terminal: Not found"}
_TEXTS |= {-6: "Terminal: Authorization failed", -8: "Auto-Trading using Python API disabled in Terminal"}
_TEXTS |= {-10004: "No IPC connection", -10005: "IPC timeout", -10002: "IPC recv failed", -10001: "IPC send failed"}


class Failed(Exception):
    """The call ends with None (or False) and last_error (code, text)."""

    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(code, text or _TEXTS.get(code, "Error"))


def end_process() -> None:
    """The package's process ends at once, as if it were killed."""
    os._exit(9)


class Calls:
    """Gives a subclass's `_name` methods the manners of the package's functions."""

    def __init__(self, world: World, initialized: bool) -> None:
        self.world = world
        # the package's calls and a test's hands, one at a time
        self.lock = threading.RLock()
        self.connected = initialized
        self.error: tuple[int, str] = (1, "Success")
        # what a planned crash does: where package and terminal are apart, only the package's process ends
        self.crash: Callable[[], None] = end_process
        self.failures = 0
        self.spent = 0.0  # seconds in calls of the package

    def last_error(self) -> tuple[int, str]:
        """The code and text of the call before."""
        return self.error

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in METHODS:
            return partial(self._hanging, name)
        raise AttributeError(f"module 'MetaTrader5' has no attribute '{name}'")

    def _hanging(self, name: str, *arguments: Any, **keywords: Any) -> Any:
        with self.lock:
            hang = self.world.faults.due("hang", name)
        # outside the lock, so that a test can go on meanwhile
        if hang is not None and not hang.get("after", False):
            time.sleep(float(hang.get("seconds", 1.0)))
        with self.lock:
            began = time.perf_counter()
            result = self._run(name, *arguments, **keywords)
            self.spent += time.perf_counter() - began
        if hang is not None and hang.get("after", False):
            time.sleep(float(hang.get("seconds", 1.0)))
        return result

    def _run(self, name: str, *arguments: Any, **keywords: Any) -> Any:
        if keywords and not METHODS[name]:
            raise TypeError(f"{name}() takes no keyword arguments")
        faults, world = self.world.faults, self.world
        faults.calls[name] = faults.calls.get(name, 0) + 1
        world.catch_up()
        self.error = (1, "Success")
        crash = faults.due("crash", name)
        if crash is not None and not crash.get("after", False):
            self.crash()
        if faults.due("raise", name) is not None:
            raise SystemError("<built-in function> returned a result with an exception set")
        try:
            self._reach(name)
            result = getattr(self, f"_{name}")(*arguments, **keywords)
            lost = faults.due("lost", name)
            if lost is not None:
                if "retcode" not in lost.data:
                    raise Failed(int(lost.get("code", -10005)), str(lost.get("text", "")))
                result = self._timed_out(result, int(lost.data["retcode"]))
        except Invalid as invalid:
            self.error = (-2, str(invalid))
            result = False if name in BOOLEAN else None
        except Failed as failed:
            self.error = failed.args  # type: ignore[assignment]  # (code, text), as it was made
            result = False if name in BOOLEAN else None
        if crash is not None:
            self.crash()
        return result

    def _timed_out(self, result: Any, retcode: int) -> Any:
        rest = {"request_id": result.request_id, "request": result.request}
        return make("OrderSendResult", retcode=retcode, comment="Request timed out", **rest)

    def _reach(self, name: str) -> None:
        faults = self.world.faults
        gone = faults.due("gone", name)
        if gone is not None:
            self.connected, self.failures = False, int(gone.get("failures", 0))
        error = faults.due("error", name)
        if error is not None:
            raise Failed(int(error.get("code", -10004)), str(error.get("text", "")))
        if name not in ("initialize", "shutdown") and not self.connected:
            raise Failed(-10004)
