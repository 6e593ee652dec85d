"""Takes the time of a feed's round trips and of a run's steps, and tells whose each part of it was."""

from __future__ import annotations

import subprocess
import sys
import time
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tradeplan.runtime.feed.mt5_feed import Mt5Feed
from tradeplan.runtime.mt5.terminal import Call, Reply

from tests.mt5.served import Control


class Trip(NamedTuple):
    """One batched round trip, in ms: all of it, the stand-in's calls, the processor time of the server around them
    and of the client, and the rest, in which neither ran (the sockets, and other programs on the processors)."""

    whole: float
    stand_in: float
    server: float
    client: float

    @property
    def waiting(self) -> float:
        """Neither side ran."""
        return max(0.0, self.whole - self.stand_in - self.server - self.client)


class TimedFeed(Mt5Feed):
    """Takes the time of every round trip, and knows when bars were last delivered."""

    delivered = 0.0
    control: Control | None = None

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._trips = array("d")  # without an object for each: what is measured must not grow by being measured
        self._look.ask, self._really = self._timed, self._look.ask  # type: ignore[method-assign]  # a look beside

    def _timed(self, calls: Sequence[Call]) -> list[Reply]:
        assert self.control is not None
        calls_before, server_before = self.control("spent")
        own, began = time.thread_time(), time.perf_counter()
        replies = self._really(calls)
        whole, client = time.perf_counter() - began, time.thread_time() - own
        calls_after, server_after = self.control("spent")
        stand_in, server = calls_after - calls_before, server_after - server_before
        self._trips.extend(1000.0 * x for x in (whole, stand_in, max(0.0, server - stand_in), client))
        return replies

    @property
    def trips(self) -> list[Trip]:
        """All round trips."""
        values = iter(self._trips)
        return [Trip(*parts) for parts in zip(values, values, values, values, strict=True)]

    def begin(self) -> None:
        """Forget the round trips so far."""
        del self._trips[:]

    def deliver(self) -> None:
        super().deliver()
        self.delivered = time.perf_counter()


class Held(NamedTuple):
    """What a process holds at a moment: bars, the bytes of their columns with the room in them, objects of Python."""

    bars: int = 0
    columns: int = 0
    objects: int = 0

    @staticmethod
    def by(feed: Mt5Feed) -> Held:
        """As it stands now."""
        columns = sum(c.nbytes for series in feed.dataset._growing.values() for c in series._columns.values())
        return Held(feed.readings.bars, columns, sys.getallocatedblocks())


def resident() -> float:
    """This process's resident memory in MB; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * 4096 / 1e6


def idle_megabytes() -> float:
    """What an interpreter that does nothing has."""
    code = "import pathlib; print(pathlib.Path('/proc/self/statm').read_text().split()[1])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return int(done.stdout) * 4096 / 1e6 if done.returncode == 0 else 0.0
