"""Ticks of one market: each once, whatever page it comes on; known no further than the terminal has told."""

from __future__ import annotations

import numpy as np
import pytest
from tradeplan.runtime.feed import tick_feed
from tradeplan.runtime.feed.broker_clock import BrokerClock
from tradeplan.runtime.feed.server_rule import rule
from tradeplan.runtime.feed.tick_feed import TickFeed
from tradeplan.runtime.mt5.terminal import Reply

from tests.mt5.stand_in.MetaTrader5.sequences import TICKS

AT = 1_782_162_000_000  # 2026-06-22 21:00 UTC
AHEAD = 3 * 3_600_000  # the broker's clock in summer


class Terminal:
    """Answers copy_ticks_from from a list of (ms after AT, price)."""

    def __init__(self, *ticks: tuple[int, float]) -> None:
        self.rows = np.zeros(len(ticks), TICKS)
        self.rows["time_msc"] = [AT + AHEAD + ms for ms, _ in ticks]
        self.rows["bid"] = [price for _, price in ticks]
        self.calls = 0

    def tell(self, feed: TickFeed, until: int, past: int | None = None) -> None:
        """One round trip at a time after AT."""
        (call,) = feed.calls()
        _, first, count, _ = call.arguments
        at = self.rows["time_msc"]
        there = self.rows[(at >= first * 1000) & (at <= AT + AHEAD + until)]
        quoted = int(there["time_msc"][-1]) if len(there) else 0
        feed.take([Reply(there[:count], (1, "Success"))], AT + (until if past is None else past), quoted)
        self.calls += 1


def feed() -> TickFeed:
    return TickFeed("BTCUSD", BrokerClock(rule("17:00 America/New_York")), AT, AT)


def sealed(ticks: TickFeed, until: int) -> tuple[int, int, list[tuple[int, float]]]:
    """The one part that is told: its span and ticks."""
    (part,) = ticks.seal(AT + until)
    rows = zip(part.columns["time"].tolist(), part.columns["bid"].tolist(), strict=True)
    return part.start - AT, part.end - AT, [(time - AT, bid) for time, bid in rows]


def test_ticks_of_one_millisecond_are_told_once_each() -> None:
    terminal = Terminal((100, 1.0), (200, 2.0), (200, 2.0), (200, 3.0), (200, 2.0), (900, 4.0))
    ticks = feed()
    for rows in (2, 3, 5, 6):  # the terminal gets them one after the other, within one millisecond too
        part = Terminal()
        part.rows = terminal.rows[:rows]
        part.tell(ticks, 900, past=0)
    assert sealed(ticks, 899) == (0, 899, [(100, 1.0), (200, 2.0), (200, 2.0), (200, 3.0), (200, 2.0)])


def test_pages_are_gone_through_also_where_a_second_is_longer_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tick_feed, "PAGE", 4)
    told = [(100 * i, float(i)) for i in range(1, 25)]  # nine in the first second, then ten in each
    terminal, ticks = Terminal(*told), feed()
    terminal.tell(ticks, 2_400)
    assert ticks.more
    while ticks.more:
        terminal.tell(ticks, 2_400)
        assert terminal.calls < 20
    assert sealed(ticks, 2_000) == (0, 2_000, told[:20])


def test_nothing_is_known_beyond_the_newest_tick_until_the_brokers_clock_has_passed() -> None:
    terminal, ticks = Terminal((59_000, 1.0), (60_400, 2.0)), feed()
    terminal.tell(ticks, 60_100)
    assert ticks.known == AT + 60_100 - 300
    assert ticks.waits(AT + 60_000)
    terminal.tell(ticks, 60_400)  # a tick after the close: what was before it is there
    assert not ticks.waits(AT + 60_000)
    assert sealed(ticks, 60_000) == (0, 60_000, [(59_000, 1.0)])
    assert sealed(ticks, 60_399) == (0, 60_399, [])


def test_a_quote_that_the_ticks_lack_means_that_they_are_not_all_there() -> None:
    terminal, ticks = Terminal((1_000, 1.0)), feed()
    terminal.tell(ticks, 30_000, past=0)
    ticks.take([Reply(terminal.rows, (1, "Success"))], AT + 70_000, AT + AHEAD + 59_000)
    ticks.allow(AT + 60_000)
    assert ticks.known == AT + 999


def test_a_clock_that_went_back_tells_nothing_until_it_has_passed_the_newest_tick() -> None:
    terminal, ticks = Terminal((10_000, 1.0), (61_000, 2.0)), feed()
    terminal.tell(ticks, 61_000)
    ticks.take([Reply(terminal.rows[1:], (1, "Success"))], AT + 61_000, AT + AHEAD - 3_500_000)
    ticks.allow(AT + 120_000)
    assert ticks.known == AT + 60_999


def test_what_was_not_told_in_time_is_a_hole_and_comes_too_late() -> None:
    terminal, ticks = Terminal((10_000, 1.0), (50_000, 2.0), (70_000, 3.0), (130_000, 4.0)), feed()
    terminal.tell(ticks, 40_000, past=0)
    assert sealed(ticks, 60_000) == (0, 9_999, [])  # another tick of 10,000 might have come
    terminal.tell(ticks, 130_000)
    assert ticks.late == 1  # that of 50,000
    assert sealed(ticks, 120_000) == (60_000, 120_000, [(70_000, 3.0)])


def test_a_terminal_that_fails_is_waited_for_and_then_a_hole() -> None:
    terminal, ticks = Terminal((10_000, 1.0), (61_000, 2.0)), feed()
    terminal.tell(ticks, 20_000)
    ticks.take([Reply(None, (-1, "Terminal: Call failed"))], AT + 65_000, 0)
    assert ticks.wrong == "Terminal: Call failed (-1)"
    ticks.allow(AT + 60_000)
    assert ticks.waits(AT + 60_000)
    assert sealed(ticks, 60_000)[:2] == (0, 20_000 - 300)


def test_who_goes_on_after_a_restart_has_nothing_twice() -> None:
    terminal = Terminal((100, 1.0), (60_000, 2.0), (60_000, 3.0), (60_001, 4.0))
    again = TickFeed("BTCUSD", BrokerClock(rule("17:00 America/New_York")), AT, AT + 60_000)
    terminal.tell(again, 61_000)
    assert again.late == 0
    assert sealed(again, 60_500) == (0, 60_500, [(60_001, 4.0)])
