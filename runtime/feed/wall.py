"""This machine's clocks, as a feed sees them: the time of day, a clock that nobody sets, and waiting."""

from __future__ import annotations

import time
from collections.abc import Callable

Sleep = Callable[[float], bool]
"""Sleeps so many seconds at most; True: there is something to look at."""

STALLED_MS = 10_000
"""A wait that took so much longer than it should have was a machine asleep."""
JUMP_MS = 2_000
"""So far may the time of day and the steady clock go apart between two looks."""


class Wall:
    """Real time; tests give a feed another one. `longest`: seconds of one wait, so that it looks about now and then."""

    longest = 0.25

    def now(self) -> int:
        """The time of day in UTC milliseconds."""
        return time.time_ns() // 1_000_000

    def steady(self) -> float:
        """Seconds of a clock that is never set."""
        return time.monotonic()

    def pause(self, seconds: float, sleep: Sleep) -> bool:
        """Wait by `sleep`; True: it was woken."""
        return sleep(seconds)


class Watch:
    """Tells when time did something else than pass: the clock was set, or the machine slept."""

    def __init__(self, wall: Wall) -> None:
        self.wall = wall
        self._at, self._steady = wall.now(), wall.steady()
        self._before = 0
        self.jumped = False

    def look(self) -> bool:
        """Whether the clock jumped or the machine slept since the last call, which forgets it."""
        now, steady = self.wall.now(), self.wall.steady()
        passed, meant = now - self._at, (steady - self._steady) * 1000.0
        if abs(passed - meant) > JUMP_MS:
            self.jumped = True
        self._at, self._steady = now, steady
        told, self.jumped = self.jumped, False
        return told

    def idle(self, seconds: float) -> bool:
        """A sleep that nothing wakes."""
        time.sleep(seconds)
        return False

    def pause(self, seconds: float, sleep: Sleep | None = None) -> bool:
        """Wait, and notice when it took far too long."""
        before = self.wall.now()
        woken = self.wall.pause(seconds, sleep or self.idle)
        if self.wall.now() - before > 1000.0 * seconds + STALLED_MS:
            self.jumped = True
        return woken
