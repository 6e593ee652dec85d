"""The server's clock: broker wall-clock time, encoded as if it were UTC, from true UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

HOUR = 3_600_000


@lru_cache(maxsize=1 << 16)
def _offset(zone: str, hour: int) -> int:
    return int(datetime.fromtimestamp(hour * 3600, UTC).astimezone(ZoneInfo(zone)).utcoffset().total_seconds() * 1000)  # type: ignore[union-attr]  # an aware time has an offset


class ServerClock:
    """`UTC+3`, an IANA zone (`Europe/Athens`: EU rules), or a zone and hours (`America/New_York+7`: US rules).

    `shift` is an error of the clock in milliseconds, which no calendar knows.
    """

    def __init__(self, zone: str = "America/New_York+7") -> None:
        match = re.fullmatch(r"(?:UTC|([A-Za-z_]+/[A-Za-z_]+))(?:([+-]\d+))?", zone)
        if match is None:
            raise ValueError(f"`{zone}` is no server zone: expected such as `UTC+2`, `Europe/Athens`")
        self.zone = match[1] or "UTC"
        self.fixed = int(match[2] or 0) * HOUR
        self.shift = 0

    def offset(self, utc_ms: int) -> int:
        """Broker time minus UTC, in milliseconds."""
        return _offset(self.zone, utc_ms // HOUR) + self.fixed + self.shift

    def broker(self, utc_ms: int) -> int:
        """Broker time in milliseconds."""
        return utc_ms + self.offset(utc_ms)

    def utc(self, broker_ms: int) -> int:
        """UTC milliseconds of a broker time; of an hour that the clock shows twice, one of the two."""
        guess = broker_ms - self.offset(broker_ms)
        return broker_ms - self.offset(guess)

    def broker_seconds(self, utc_seconds: np.ndarray) -> np.ndarray:
        """Broker seconds of a column of UTC seconds, without the shift (bars do not move with a wrong clock)."""
        hours, back = np.unique(utc_seconds // 3600, return_inverse=True)
        offsets = np.array([_offset(self.zone, int(h)) + self.fixed for h in hours], dtype=np.int64) // 1000
        return utc_seconds + offsets[back] if len(hours) else utc_seconds
