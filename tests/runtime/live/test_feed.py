"""The clock of a replay: as fast as possible, or at a speed, and where it goes on."""

from __future__ import annotations

import pytest
from tradeplan.runtime.live import feed
from tradeplan.runtime.live.feed import ReplayClock


def test_as_fast_as_possible_the_time_is_that_of_the_last_instant() -> None:
    clock = ReplayClock(None)
    clock.start(1_000)
    assert clock.now() == 1_000
    assert clock.wait_until(5_000, lambda seconds: True) is True
    assert clock.now() == 5_000


def test_a_feed_that_went_on_begins_where_it_is_now_and_never_earlier() -> None:
    clock = ReplayClock(None, resume_at=9_000)
    clock.start(1_000)
    assert clock.now() == 9_000
    clock.start(20_000)
    assert clock.now() == 20_000


def test_at_a_speed_it_sleeps_as_long_as_the_feed_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    slept: list[float] = []

    def sleep(seconds: float) -> bool:
        nonlocal now
        now += seconds
        slept.append(seconds)
        return False

    monkeypatch.setattr(feed.time, "monotonic", lambda: now)
    clock = ReplayClock(60.0)
    clock.start(0)
    assert clock.wait_until(30_000, sleep) is True
    assert sum(slept) == pytest.approx(0.5)  # 30 s of the feed at 60 s a second
    assert max(slept) <= 0.25
    assert clock.wait_until(90_000, lambda seconds: True) is False  # woken by an edit before the instant came
