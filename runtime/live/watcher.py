"""Tells the loop that something in the folder of plans changed."""

from __future__ import annotations

import threading
from pathlib import Path

from tradeplan.runtime.live.folder import SUFFIX
from watchfiles import watch


class Watcher:
    """Watches a folder from a thread; the loop asks `take()` at every step, which costs next to nothing."""

    def __init__(self, folder: Path) -> None:
        self._changed = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(folder,), name="plan-watcher", daemon=True)
        self._thread.start()

    def _run(self, folder: Path) -> None:
        for changes in watch(folder, stop_event=self._stop, debounce=20, step=5, yield_on_timeout=False):
            if any(path.endswith(SUFFIX) for _, path in changes):
                self._changed.set()

    def take(self) -> bool:
        """Whether a plan file changed since the last call."""
        if self._changed.is_set():
            self._changed.clear()
            return True
        return False

    def wait(self, seconds: float) -> bool:
        """Sleep until something changes, at most `seconds`; the change stays to be taken."""
        return self._changed.wait(seconds)

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(timeout=2.0)
