"""What a feed tells of itself: counters and ages, for metrics and for people."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class FeedReadings:
    """Plain numbers, changed by the feed alone and read by anybody.

    A *hit* is a series that the plans need at an instant and that is read from memory, without asking the terminal; a
    *miss* is one that had to be asked for.
    """

    hits: int = 0
    misses: int = 0
    fetches: int = 0  # round trips
    polled: int = 0  # series that are asked for
    resting: int = 0  # series that no plan reads any more
    lacking: int = 0  # series that a plan reads and the terminal does not have, or not as far back
    bars: int = 0  # closed bars taken in
    late: int = 0
    passed_over: int = 0  # bars that came after a later one of their series
    events: int = 0  # ticks, and levels of books that changed
    late_events: int = 0  # ticks that came after the bar of their time had been told: they are left out
    holes: int = 0  # times that a bar was told before the ticks or the book of its time were there
    stream_bytes: int = 0  # that ticks and books take in memory
    read_backs: int = 0  # times that they were read again from disk
    away: int = 0  # times that nobody answered
    resyncs: int = 0
    fetch_seconds: float = 0.0  # of the newest round trip
    fetch_seconds_total: float = 0.0
    fetch_seconds_most: float = 0.0
    settle_seconds: float = 0.0  # from the newest instant to the moment at which all due bars were there
    quote_age: dict[str, float] = field(default_factory=dict)  # seconds since each market's newest quote
    bar_age: float = 0.0  # seconds since the newest closed bar of any market

    @property
    def hit_rate(self) -> float:
        """The share of hits, 0 to 1; 1 before anything was needed."""
        asked = self.hits + self.misses
        return 1.0 if not asked else self.hits / asked

    def fetched(self, seconds: float) -> None:
        """A round trip took so long."""
        self.fetches += 1
        self.fetch_seconds = seconds
        self.fetch_seconds_total += seconds
        self.fetch_seconds_most = max(self.fetch_seconds_most, seconds)
