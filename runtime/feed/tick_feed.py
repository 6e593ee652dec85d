"""The ticks of one market as a terminal tells them: each once, up to which time they are all there, and what is due."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.feed.asking import raw_bars
from tradeplan.runtime.feed.broker_clock import BrokerClock
from tradeplan.runtime.feed.stream_keeper import Part
from tradeplan.runtime.market.streams.events import Ticks, columns_of, empty
from tradeplan.runtime.mt5.constants import COPY_TICKS_ALL
from tradeplan.runtime.mt5.terminal import Call, Reply

PAGE = 20_000
"""Ticks a call: a bridge waits three seconds for all of a round trip."""
MOST = 1_000_000
"""Of one second, beyond which it is given up as mad."""
BACK_MS = 60_000
"""A quote that is so much older than the newest tick was told by a clock that has been put back."""
GRACE_MS = 300
"""So far the broker's clock must be past a time before no tick of it is thought to be on its way."""


class TickFeed:
    """Times are UTC ms. `start` is that of the span that goes on; all up to `since` was told or has been given up."""

    name = "ticks"

    def __init__(self, symbol: str, clock: BrokerClock, start: int, since: int) -> None:
        self.symbol, self.start, self.since = symbol, start, since
        self.known = since
        self.wrong = ""
        self.late = 0
        self.more = False  # the newest page was full
        self._clock = clock
        self._newest = self._same = 0  # broker ms of the newest tick, and how many have it
        self._count = PAGE
        self._answered = self._behind = False
        self._ticks = empty("ticks")

    def calls(self) -> list[Call]:
        """What to ask for: the second of the newest tick again, since the package knows no finer time."""
        first = self._newest // 1000 if self._newest else self._clock.to_broker(self.since)
        return [Call("copy_ticks_from", (self.symbol, int(first), self._count, COPY_TICKS_ALL))]

    def take(self, replies: list[Reply], past: int, quoted: int) -> None:
        """Take in what is new. `past` is a time that the broker's clock has certainly passed, `quoted` (broker ms) that
        of the market's newest quote, which was asked for before: ticks that lack it are not all there."""
        rows = raw_bars(replies[0])
        self._answered = rows is not None
        if rows is None:
            self.wrong, self.more = f"{replies[0].error[1]} ({replies[0].error[0]})", False
            return
        self.wrong = ""
        at = np.ascontiguousarray(rows["time_msc"]) if len(rows) else np.zeros(0, dtype=np.int64)
        # those of the newest time come in the order in which they were told before: so many are known
        known = int(np.searchsorted(at, self._newest, side="left")) + self._same if self._newest else 0
        self.more = len(rows) >= self._count
        if len(at) > known:
            self._add(rows[known:], at[known:], again=self._newest != 0)
            self._newest, self._same = int(at[-1]), int((at == at[-1]).sum())
            self._count = PAGE
        elif self.more:  # more ticks in one second than a page holds
            self._count = min(4 * self._count, MOST)
            self.more = self._count < MOST
        lacks = self._newest < quoted and self._clock.to_utc_ms(quoted / 1000.0) > self.since
        # a clock that went back: its ticks are asked for again when it has passed the newest one
        self._behind = lacks or 0 < quoted < self._newest - BACK_MS
        if not (self.more or self._behind):
            self.known = max(self.known, past - GRACE_MS)

    def _add(self, rows: NDArray[np.void], at: NDArray[np.int64], again: bool) -> None:
        times = self._clock.rule.to_utc(at)
        times = np.maximum.accumulate(times)  # the hour that is shown twice is told by its first times
        fresh = times > self.since
        self.late += int((~fresh).sum()) if again else 0
        rows, times = rows[fresh], times[fresh]
        if not len(rows):
            return
        real = np.ascontiguousarray(rows["volume_real"], dtype=np.float64)
        columns = {
            "time": times,
            **{name: np.ascontiguousarray(rows[name], dtype=np.float64) for name in ("bid", "ask", "last")},
            "volume": np.where(real > 0.0, real, np.ascontiguousarray(rows["volume"]).astype(np.float64)),
            "flags": np.ascontiguousarray(rows["flags"]).astype(np.int32),
        }
        held = columns_of(self._ticks)
        self._ticks = Ticks(**{name: np.concatenate([held[name], column]) for name, column in columns.items()})
        # another one of the newest time may be on its way
        self.known = max(self.known, int(times[-1]) - 1)

    @property
    def first(self) -> int | None:
        """The time of the oldest tick that was not told yet."""
        return int(self._ticks.time[0]) if len(self._ticks) else None

    def waits(self, until: int) -> bool:
        """Whether ticks up to a time may still come."""
        return self.known < until

    def allow(self, until: int) -> None:
        """The limit has passed: what the terminal did not tell of the time up to `until` did not happen, if it answers
        and has all ticks that it quoted."""
        if self._answered and not (self.more or self._behind):
            self.known = max(self.known, until)

    def seal(self, until: int) -> list[Part]:
        """What there is up to a time, of which nothing will be taken any more; a hole where it is not all there."""
        if until <= self.since:
            return []
        end = min(self.known, until)
        last = int(np.searchsorted(self._ticks.time, end, side="right"))
        left = int(np.searchsorted(self._ticks.time, until, side="right"))
        columns = columns_of(self._ticks)
        part = Part(self.start, end, {name: column[:last] for name, column in columns.items()})
        told = [part] if end > self.since and end > self.start else []
        self._ticks = Ticks(**{name: column[left:].copy() for name, column in columns.items()})
        if end < until:
            self.start = until
            self.known = max(self.known, until)
        self.since = until
        return told

    def close(self) -> list[Call]:
        """Nothing to give back."""
        return []
