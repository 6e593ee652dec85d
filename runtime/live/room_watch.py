"""Warns a person before the disk of a run's database is full, and again when half of what was left is gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tradeplan.runtime.live.words import Urgent
from tradeplan.runtime.store.room import Room, room_of, room_text

LOOK_SECONDS = 60.0
ENOUGH = 1.1
"""So many times what is wanted must be free before a low disk counts as one that is not: it may go up and down."""


class RoomWatch:
    """Looks once a minute; `found` is what it saw last."""

    def __init__(
        self, database: Path, start: int, say: Callable[[str], None], now: Callable[[], float] = time.monotonic
    ) -> None:
        """`start`: the first instant of the run, UTC ms of its feed."""
        self._database, self._start, self._say, self._now = database, start, say, now
        self._looked = -LOOK_SECONDS
        self._told: int | None = None  # free bytes when a person was told last; None: there is enough
        self.found: Room | None = None

    def look(self, instant: int) -> None:
        """Look, if it is time; `instant` is how far the run is, UTC ms of its feed."""
        now = self._now()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        self.found = room = room_of(self._database, self._start, instant)
        if room is None:
            return
        if room.low and (self._told is None or room.free <= self._told / 2):
            self._told = room.free
            self._say(
                Urgent(
                    f"the disk is nearly full: {room_text(room)}; {room.wanted / 1e6:.0f} MB should be free. With none"
                    f" left nothing is opened, closed or moved: free some space on the disk of `{self._database}`",
                    "trouble",
                )
            )
        elif self._told is not None and room.free >= ENOUGH * room.wanted:
            self._told = None
            self._say(Urgent(f"the disk has room again: {room_text(room)}", "trouble"))
