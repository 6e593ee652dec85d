"""The broker's wall clock against UTC, as the feed measures it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class BrokerTimes(Protocol):
    """Turns the broker's times into UTC and back; `now` is UTC ms as the run counts it."""

    def now(self) -> int:
        """UTC milliseconds."""

    def to_utc_ms(self, seconds: float) -> int:
        """UTC milliseconds of a time that the broker gave."""

    def to_broker(self, ms: int) -> int:
        """Whole seconds of the broker's clock."""


@dataclass
class Offset:
    """A clock that is ahead of UTC by a fixed number of milliseconds; `at` is moved by whoever holds it."""

    at: int
    ahead: int = 0

    def now(self) -> int:
        """UTC milliseconds."""
        return self.at

    def to_utc_ms(self, seconds: float) -> int:
        """UTC milliseconds of a time that the broker gave."""
        return round(seconds * 1000) - self.ahead

    def to_broker(self, ms: int) -> int:
        """Whole seconds of the broker's clock."""
        return (ms + self.ahead) // 1000
