"""Tells the loop that something in the folder of plans changed, and that another folder took its place."""

from __future__ import annotations

import threading
from pathlib import Path

from tradeplan.runtime.live.folder import SUFFIX
from watchfiles import Change, watch

_LOOK_SECONDS = 1.0
"""How often it is seen whether the name still means the same folder."""


class Watcher:
    """Watches a folder from a thread; the loop asks `take()` at every step, which costs next to nothing."""

    def __init__(self, folder: Path) -> None:
        self._changed = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(folder,), name="plan-watcher", daemon=True)
        self._thread.start()

    def _run(self, folder: Path) -> None:
        known, anew = _which(folder), False
        while not self._stop.is_set():
            # the system watches a folder and not its name: of one that was put in its place it would tell nothing
            watched = _which(folder)
            if watched != known:
                self._changed.set()
            if watched is not None:
                self._watch(folder, watched, anew)
            else:
                self._stop.wait(_LOOK_SECONDS)
            known, anew = watched, True

    def _watch(self, folder: Path, watched: tuple[int, int], anew: bool) -> None:
        """Watch until the name means another folder, or none; `anew`: what came before the first look is not known."""
        look, name = round(1000 * _LOOK_SECONDS), folder.resolve().name
        try:
            for changes in watch(
                folder, stop_event=self._stop, debounce=20, step=5, rust_timeout=look, yield_on_timeout=True
            ):
                if anew or any(path.endswith(SUFFIX) for _, path in changes):
                    self._changed.set()
                anew = False
                # a folder that was made at once may have the number of the one before
                if _which(folder) != watched or any(c is Change.deleted and Path(p).name == name for c, p in changes):
                    return
        except OSError:
            return  # it went away at this moment: the next look says so

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


def _which(folder: Path) -> tuple[int, int] | None:
    """Which folder a name means now; None when there is none that can be read."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
