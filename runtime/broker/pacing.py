"""When something that the broker did not take is tried again, and whether it is worth a word."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

FIRST_SECONDS = 0.5
"""The pause after the first refusal; it is doubled with every further one."""
V = TypeVar("V")
MOST = 1_000
"""How many refusals and words are remembered: what they were about may be gone, and nobody says so."""


class _Refused(NamedTuple):
    what: Hashable
    until: float
    pause: float


@dataclass(slots=True)
class Pacing:
    """A run looks at its broker several times a second: what is refused all weekend must not be asked for each time.

    `key` says what is dealt with (a position's close, an order), `what` is the wish; another wish does not wait.
    """

    timer: Callable[[], float]
    longest: Callable[[], float]  # seconds of the longest pause
    _refused: dict[Hashable, _Refused] = field(default_factory=dict)
    _told: dict[Hashable, str] = field(default_factory=dict)

    def waits(self, key: Hashable, what: Hashable = None) -> bool:
        """Whether it is too early to try again."""
        before = self._refused.get(key)
        return before is not None and before.what == what and self.timer() < before.until

    def failed(self, key: Hashable, what: Hashable = None) -> None:
        """It was refused: the next try comes after a longer pause."""
        before = self._refused.get(key)
        pause = FIRST_SECONDS if before is None or before.what != what else 2.0 * before.pause
        pause = min(pause, self.longest())
        _remember(self._refused, key, _Refused(what, self.timer() + pause, pause))

    def news(self, key: Hashable, text: str) -> bool:
        """Whether a text about this is another than the one told last."""
        if self._told.get(key) == text:
            return False
        _remember(self._told, key, text)
        return True

    def done(self, key: Hashable) -> None:
        """It is settled: what comes later is new."""
        self._refused.pop(key, None)
        self._told.pop(key, None)


def _remember(there: dict[Hashable, V], key: Hashable, value: V) -> None:
    """Keep the newest."""
    there.pop(key, None)
    there[key] = value
    if len(there) > MOST:
        del there[next(iter(there))]
