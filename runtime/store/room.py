"""How much room the disk has left for a database, against its size and what it grows in a day."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

DAY = 86_400_000
LEAST_BYTES, SIZES, DAYS = 200_000_000, 3, 30
"""Less free than the greatest of these is low: so many bytes, times the database's size (an upgrade makes two copies
and the log grows meanwhile), days of its growth."""


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes: `free` on the disk, `size` of the database with its log, `a_day` that it grew since the run's start.

    `wanted`: less free than this is low.
    """

    free: int
    size: int
    a_day: float
    wanted: int
    low: bool


def room_of(path: Path, start: int, now: int) -> Room | None:
    """The room for a database whose run goes from `start` to `now` (UTC ms of the feed); None: nobody can say.

    Growth is that of the whole run: what is forgotten after a while makes it less later on, never more.
    """
    try:
        free = free_bytes(path.parent)
        size = sum(p.stat().st_size for p in (path, path.with_name(path.name + "-wal")) if p.exists())
    except OSError:
        return None  # a drive that does not answer: reading and writing tell it in words
    a_day = size / max((now - start) / DAY, 1.0)
    wanted = round(max(LEAST_BYTES, SIZES * size, DAYS * a_day))
    return Room(free, size, a_day, wanted, free < wanted)


def free_bytes(folder: Path) -> int:
    """Bytes that this user may still write there."""
    return shutil.disk_usage(folder).free


def room_text(room: Room) -> str:
    """The room in words for a line."""
    return (
        f"{_mega(room.free)} free on its disk; the database has {_mega(room.size)} and grows {_mega(room.a_day)} a day"
    )


def _mega(count: float) -> str:
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.2f} MB" if count < 1e7 else f"{count / 1e6:.0f} MB"
