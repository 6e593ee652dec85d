"""What a running instance does when its database cannot be written: it says so, sends nothing, and waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tradeplan.runtime.live.words import Urgent
from tradeplan.runtime.store.database import StoreError, StoreTrouble
from tradeplan.runtime.store.journal import Journal

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 30.0
_LOOK_SECONDS = 0.25
_SAFE = "what is open keeps its stop and target at the broker"


class Patience:
    """Waits for a database to be of use again.

    Nothing may reach the broker that the journal does not have. So while nothing can be written no instant is handled:
    no entry, no close, no stop move. When it ends the run begins again as after a restart, and what was decided too
    long ago is late.
    """

    def __init__(
        self,
        database: Path,
        say: Callable[[str], None],
        stop: Callable[[], bool],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database, self._say, self._stop, self._sleep = database, say, stop, sleep
        self._told = ""

    def outlast(self, trouble: StoreTrouble) -> bool:
        """Wait for the end of a trouble; False: it does not end by itself, or somebody wants to stop."""
        if not trouble.passing:
            self._say(Urgent(f"HALTED: {trouble}; the run ends, {_SAFE}", "trouble"))
            return False
        if self._told != str(trouble):
            self._told = str(trouble)
            self._say(Urgent(f"HALTED: {trouble}; nothing is opened, closed or moved until then, {_SAFE}", "trouble"))
        pause = FIRST_SECONDS
        while not self._stop():
            self._wait(pause)
            pause = min(2.0 * pause, LONGEST_SECONDS)
            if self._writable():
                self._told = ""
                self._say(Urgent("the database can be written again: the run goes on as after a restart", "trouble"))
                return True
        return False

    def _wait(self, seconds: float) -> None:
        while seconds > 0.0 and not self._stop():
            self._sleep(min(seconds, _LOOK_SECONDS))
            seconds -= _LOOK_SECONDS

    def _writable(self) -> bool:
        try:
            journal = Journal(self._database)
            try:
                journal.try_out()
            finally:
                journal.close()
        except StoreTrouble as trouble:
            return not trouble.passing  # then there is nothing to wait for: the run's own attempt tells it
        except StoreError:
            return True
        return True
