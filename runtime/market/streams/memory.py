"""Where a dataset gets streams from, and the simplest such place: streams handed over by a caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.streams.events import Stream

NAMES = ("ticks", "trades", "book")
"""The streams that a market may have."""


class Streams(Protocol):
    """Streams by market and name."""

    def names(self, market: str) -> tuple[str, ...]:
        """What is there of a market: some of `ticks`, `trades`, `book`, and `calendar`, which no market owns."""
        ...

    def stream(self, market: str, name: str) -> Stream | None:
        """One of them, None if it is not there."""
        ...


class MemoryStreams:
    """Streams by (market, name); markets may be called by any of their names. Raises ProfileError for unknown ones."""

    def __init__(self, streams: Mapping[tuple[str, str], Stream], profiles: Profiles) -> None:
        self._streams = {(profiles[market].name, name): stream for (market, name), stream in streams.items()}

    def names(self, market: str) -> tuple[str, ...]:
        """What is there of a market."""
        return tuple(name for name in NAMES if (market, name) in self._streams)

    def stream(self, market: str, name: str) -> Stream | None:
        """One of them, None if it is not there."""
        return self._streams.get((market, name))


class NoStreams:
    """Bars are all there is."""

    def names(self, market: str) -> tuple[str, ...]:
        """None."""
        return ()

    def stream(self, market: str, name: str) -> Stream | None:
        """None."""
        return None
