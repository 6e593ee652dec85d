"""How far back the broker's history is read: a day, and less once looking has gone well for an hour."""

from __future__ import annotations

from collections.abc import Callable, Iterable

DAY = 86_400
NEAR = 7_200
"""So many seconds before the newest quote that was seen a deal may lie that the terminal shows only now."""
CALM_SECONDS = 3_600.0
"""So long nothing may have failed or leapt before less than a day is read."""
LEAP = 600
"""A clock that moves by more seconds than this between two looks was put right, or somebody was away."""


class Horizon:
    """Where reading begins, in seconds of the broker's clock.

    A deal counts as entered by its number, wherever it lies; what lies before the beginning is not seen at all. So the
    beginning is never later than the oldest order or position that is open, and a whole day back after a start, a
    failure or a leap of a clock: a terminal that has just come back may show its history bit by bit.
    """

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._calm: float | None = None  # since when all has gone well
        self._quotes = self._now = 0
        self._open = 0  # the oldest that is open; 0: nothing is

    def restart(self) -> None:
        """A life begins: nothing was seen yet."""
        self.anew()
        self._quotes = self._now = self._open = 0

    def anew(self) -> None:
        """Something failed."""
        self._calm = None

    def keep(self, times: Iterable[int]) -> None:
        """Since when each order and position has been open."""
        self._open = min(times, default=0)

    def seen(self, quotes: int, now: int) -> None:
        """All deals of a look were entered; `quotes`: the newest quote in it, 0 if there was none."""
        quotes = quotes or self._quotes
        if self._now and max(abs(quotes - self._quotes), abs(now - self._now)) > LEAP:
            self._calm = None
        if self._calm is None:
            self._calm = self._timer()
        self._quotes, self._now = quotes, now

    def begin(self, newest_ms: int, now: int) -> int:
        """Where to begin; `newest_ms`: the newest deal that was entered, 0 if there is none."""
        day = max(newest_ms // 1000 - DAY if newest_ms else now - DAY, self._quotes - DAY)
        if self._calm is None or self._timer() - self._calm < CALM_SECONDS:
            return day
        # INVARIANT: of the two clocks the one that is behind counts: a quote from the future must hide no deal
        near = min(self._quotes, now)
        return max(day, min(near, self._open or near) - NEAR)
