"""A book that is looked at: what changed between two looks, what merely went out of sight, and when nobody knows."""

from __future__ import annotations

from tradeplan.runtime.feed.book_feed import BookFeed
from tradeplan.runtime.feed.stream_keeper import Part
from tradeplan.runtime.mt5.structs import BookInfo
from tradeplan.runtime.mt5.terminal import Reply

AT = 1_782_162_000_000
ASK, BID = 1, 2  # the types of lines


def show(feed: BookFeed, after: int, *lines: tuple[int, float, float]) -> None:
    """One look, so many ms after AT."""
    shown = tuple(BookInfo(kind, price, int(size), size) for kind, price, size in lines)
    replies = [Reply(True, (1, ""))] * (len(feed.calls()) - 1)
    feed.take([*replies, Reply(shown, (1, "Success"))], AT + after)


def rows(part: Part) -> list[tuple[int, int, int, float, float]]:
    """Milliseconds after AT, kind, side, price, size."""
    c = part.columns
    return [
        (int(t) - AT, int(k), int(s), float(p), float(z))
        for t, k, s, p, z in zip(c["time"], c["kind"], c["side"], c["price"], c["size"], strict=True)
    ]


def test_a_snapshot_and_then_what_changed() -> None:
    feed = BookFeed("BTCUSD", AT, 7)
    assert [call.name for call in feed.calls()] == ["market_book_add", "market_book_get"]
    show(feed, 500, (ASK, 101.0, 2.0), (BID, 100.0, 1.0), (3, 99.0, 5.0))  # a market order that waits has no level
    show(feed, 1_500, (ASK, 101.0, 2.0), (BID, 100.0, 1.0))
    show(feed, 2_500, (ASK, 101.0, 3.0), (BID, 99.5, 1.0), (BID, 99.5, 0.5))
    assert [call.name for call in feed.calls()] == ["market_book_get"]
    (part,) = feed.seal(AT + 2_500)
    assert (part.start - AT, part.end - AT) == (499, 2_500)
    assert rows(part) == [
        (500, 0, -1, 101.0, 2.0),
        (500, 0, 1, 100.0, 1.0),
        (2_500, 1, 1, 100.0, 0.0),
        (2_500, 1, -1, 101.0, 3.0),
        (2_500, 1, 1, 99.5, 1.5),
    ]
    assert part.columns["message"].tolist() == [7, 7, 8, 8, 8]


def test_a_level_that_price_left_behind_was_not_pulled() -> None:
    """Ten bids are shown. Price goes up by two: the two lowest are not shown, and nobody took them away."""
    feed = BookFeed("BTCUSD", AT, 0)
    low, high = [(BID, 90.0 + i, 1.0) for i in range(10)], [(BID, 92.0 + i, 1.0) for i in range(10)]
    show(feed, 0, (ASK, 103.0, 1.0), *low)
    show(feed, 1_000, (ASK, 103.0, 1.0), *high)
    show(feed, 2_000, (ASK, 103.0, 1.0), *(line for line in low if line[1] != 91.0))  # nine: all that there are
    (part,) = feed.seal(AT + 2_000)
    changes = [(time, price, size) for time, kind, _, price, size in rows(part) if kind == 1]
    assert changes == [
        (1_000, 100.0, 1.0),
        (1_000, 101.0, 1.0),
        (2_000, 91.0, 0.0),
        (2_000, 100.0, 0.0),
        (2_000, 101.0, 0.0),
    ]


def test_looks_too_far_apart_tell_nothing_of_the_time_between() -> None:
    feed = BookFeed("BTCUSD", AT, 0)
    for after in (1_000, 2_000, 9_000, 10_000):
        show(feed, after, (ASK, 101.0, 1.0), (BID, 100.0, float(after)))
    first, second = feed.seal(AT + 9_500)
    assert (first.start - AT, first.end - AT) == (999, 2_000)
    assert (second.start - AT, second.end - AT) == (8_999, 9_500)
    assert {kind for time, kind, *_ in rows(second) if time == 9_000} == {0}
    (rest,) = feed.seal(AT + 10_000)
    assert (rest.start - AT, rest.end - AT) == (8_999, 10_000)


def test_a_bar_that_was_told_before_the_book_begins_it_anew() -> None:
    feed = BookFeed("BTCUSD", AT, 0)
    show(feed, 58_000, (ASK, 101.0, 1.0), (BID, 100.0, 1.0))
    (part,) = feed.seal(AT + 60_000)
    assert part.end - AT == 58_000
    show(feed, 60_500, (ASK, 101.0, 1.0), (BID, 100.0, 1.0))
    (part,) = feed.seal(AT + 60_600)
    assert (part.start - AT, part.end - AT) == (60_499, 60_500)
    assert rows(part) == [(60_500, 0, -1, 101.0, 1.0), (60_500, 0, 1, 100.0, 1.0)]


def test_an_empty_book_is_no_book_and_a_terminal_that_forgot_is_asked_to_show_it_again() -> None:
    feed = BookFeed("EURUSD", AT, 0)
    show(feed, 1_000)
    assert feed.wrong == "it is empty"
    assert not feed.waits(AT + 60_000)
    assert feed.seal(AT + 60_000) == []
    feed.take([Reply(None, (-1, "Terminal: Call failed"))], AT + 61_000)
    assert feed.wrong == "Terminal: Call failed (-1)"
    assert [call.name for call in feed.calls()] == ["market_book_add", "market_book_get"]
    show(feed, 62_000, (BID, 1.1, 1.0))
    assert feed.wrong == ""
    assert [call.name for call in feed.close()] == ["market_book_release"]
