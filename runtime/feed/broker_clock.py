"""The broker's clock: its offset from UTC, measured by quotes that move, and the rule that it follows all year."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from tradeplan.runtime.feed.server_rule import EU_DAY, HOUR, US_DAY, ServerRule, WeekOpen, best_rule, rule
from tradeplan.runtime.market.zones import Times

STEP = 1_800_000
"""Brokers' clocks differ from UTC by whole half hours."""
TRUSTED = 300_000
"""A quote further than this (ms) from a whole half hour is old, or this machine's clock is wrong: it tells nothing."""
FRESH = 1_000
"""Only a quote that came since a look so short (ms) before tells how far the clocks are apart: others may be older."""
AGREED = 3
"""So many looks in a row must tell of another offset before it is believed."""


class BrokerClock:
    """Turns the broker's wall clock into UTC and back.

    `offset` is the newest measured one in ms, None before any quote moved. `skew` is how far the broker's UTC is ahead
    of this machine's, in ms: the best of what quotes told, since they are never early.
    """

    def __init__(self, expected: ServerRule) -> None:
        self.expected = self.rule = expected
        self.offset: int | None = None
        self.skew = 0
        self.measured_at: int | None = None
        self._newest = 0
        self._looked = 0
        self._other = 0

    def to_utc(self, broker_seconds: Times) -> Times:
        """UTC milliseconds of bar times."""
        return self.rule.to_utc(np.asarray(broker_seconds, dtype=np.int64) * 1000)

    def to_utc_ms(self, broker_seconds: float) -> int:
        """UTC milliseconds of one time."""
        return int(self.rule.to_utc(np.array([round(broker_seconds * 1000)], dtype=np.int64))[0])

    def to_broker(self, utc_ms: int) -> int:
        """The broker's clock, in whole seconds, at a UTC time."""
        return self.rule.to_broker_at(utc_ms) // 1000

    def restart(self) -> None:
        """Forget what was measured, after time did something else than pass."""
        self.offset, self.skew, self.measured_at, self._other = None, 0, None, 0

    def observe(self, wall_ms: int, newest_msc: int) -> bool:
        """The newest quote of all markets, as the broker's clock has it; True when the offset is another than before.

        A quote that has not moved since the last look tells nothing.
        """
        moved = newest_msc != self._newest and self._newest != 0
        fresh = wall_ms - self._looked <= FRESH
        self._newest, self._looked = newest_msc, wall_ms
        if not moved:
            return False
        ahead = newest_msc - wall_ms
        offset = round(ahead / STEP) * STEP
        skew = ahead - offset
        if abs(skew) > TRUSTED:
            return False
        if self.offset is None or offset == self.offset:
            first = self.offset is None
            if fresh:
                self.skew = skew if self.measured_at is None else max(self.skew, skew)
                self.measured_at = wall_ms
            self.offset, self._other = offset, 0
            return first
        self._other += 1
        if self._other < AGREED:
            return False
        self.offset, self.skew, self.measured_at, self._other = offset, 0, None, 0
        return True

    def agrees(self, now: int) -> bool:
        """Whether quotes tell the time that the rule tells; True before any moved."""
        return self.offset is None or self.offset == self.rule.offset_at(now)

    def settle(self, now: int, weeks: Sequence[WeekOpen] = ()) -> None:
        """Choose the rule by what was measured and by week opens, before the first bar is told by it."""
        self.rule = best_rule((self.expected, rule(US_DAY), rule(EU_DAY)), self.offset, now, weeks)

    def complaint(self, now: int) -> str | None:
        """What does not fit together, and what to do; None: all does."""
        expected, told = self.expected.offset_at(now), self.rule.offset_at(now)
        if not self.agrees(now):
            measured = 0 if self.offset is None else self.offset
            return (
                f"quotes come at UTC{measured / HOUR:+g} h by this machine's clock, and the broker's bars are told at"
                f" UTC{told / HOUR:+g} h (day `{self.rule.text}`): put this machine's clock or the terminal's right,"
                " then `plan resume`"
            )
        if self.rule is self.expected:
            return None
        why = "by its quotes" if told != expected else "by the opens of past weeks"
        return (
            f"the broker's day is `{self.rule.text}` (UTC{told / HOUR:+g} h now) {why}, and the profiles' is"
            f" `{self.expected.text}` (UTC{expected / HOUR:+g} h): days would be cut at the wrong hour; start with"
            f' `--server-day "{self.rule.text}"` and a new --db, or put the profiles right, then `plan resume`'
        )
