"""Tells a watcher outside, at an address, that the run is alive; when it falls silent the watcher raises the alarm."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from urllib.parse import urlsplit

SECONDS = 60.0
TIMEOUT = 5.0


class Heartbeat:
    """Asks for an address from a thread of its own, as long as `alive()` holds. The address is a secret.

    A failure is told once, until it works again: the network may be away, the run goes on.
    """

    def __init__(
        self,
        address: str,
        alive: Callable[[], bool],
        say: Callable[[str], None],
        seconds: float = SECONDS,
        timeout: float = TIMEOUT,
    ) -> None:
        """Raises ValueError for what is no address of the web."""
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the secret `heartbeat` is no address of the web: expected https://...")
        self._address, self._alive, self._say = address, alive, say
        self._seconds, self._timeout = seconds, timeout
        self._failed = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._over.set()
        self._thread.join(timeout=self._timeout + 1.0)

    def _run(self) -> None:
        while not self._over.is_set():
            if self._alive():
                self._beat()
            self._over.wait(self._seconds)

    def _beat(self) -> None:
        try:
            with urllib.request.urlopen(self._address, timeout=self._timeout) as answer:
                answer.read(1024)
        except (OSError, ValueError, HTTPException) as error:
            if not self._failed:
                self._failed = True
                self._say(f"the heartbeat was not heard ({type(error).__name__}); the run goes on and tries again")
            return
        if self._failed:
            self._failed = False
            self._say("the heartbeat is heard again")
