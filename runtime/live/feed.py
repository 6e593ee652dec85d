"""Feeds that play stored or simulated bars: their clock decides when an instant has come."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class ReplayClock:
    """The time of a replayed feed.

    `speed` is feed seconds a second, None for as fast as possible: then the feed's time is simply that of the last
    instant handed out, and it stands still while the program is away. `resume_at` (UTC ms) says that the feed had
    gone on to that time while the program was away.
    """

    speed: float | None
    resume_at: int | None = None
    _began: float = field(default=0.0, init=False)
    _origin: int = field(default=0, init=False)
    _now: int = field(default=0, init=False)

    def start(self, at: int) -> None:
        """The feed begins, or goes on, at this time."""
        self._origin = self._now = max(at, self.resume_at or at)
        self._began = time.monotonic()

    def now(self) -> int:
        """The feed's time in UTC milliseconds."""
        if self.speed is None:
            return self._now
        return self._origin + int((time.monotonic() - self._began) * 1000 * self.speed)

    def wait_until(self, instant: int, sleep: Callable[[float], bool]) -> bool:
        """Wait for the feed to reach `instant`; `sleep(seconds)` tells whether something woke it. True when reached."""
        if self.speed is None:
            self._now = max(self._now, instant)
            return True
        while (left := (instant - self.now()) / 1000 / self.speed) > 0:
            if sleep(min(left, 0.25)):
                return False
        return True
