"""Ticks and books that were fed stand on disk before they count, and are read again as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tradeplan.runtime.feed import stream_keeper
from tradeplan.runtime.feed.stream_keeper import TAIL, Part, StreamKeeper
from tradeplan.runtime.market.streams.events import Book, Ticks, columns_of
from tradeplan.runtime.market.streams.growing import GrowingStreams
from tradeplan.runtime.market.streams.store import StreamStore
from tradeplan.runtime.store.errors import StoreTrouble

DAY = 86_400_000
AT = 20_000 * DAY - 120_000  # two minutes before a midnight
TICKS, BOOK = ("btc", "ticks"), ("btc", "book")


def ticks(*times: int) -> dict[str, np.ndarray]:
    """Ticks so many ms after AT, with prices that no decimal says exactly."""
    at = np.array(times, dtype=np.int64)
    price = 100.0 + at / 3.0
    return columns_of(Ticks(AT + at, price, price + 0.1, price, at * 1.0, np.full(len(at), 6, np.int32)))


def book(message: int, *times: int) -> dict[str, np.ndarray]:
    """One level a message."""
    rows = len(times)
    numbers = np.arange(message, message + rows)
    sides = np.where(numbers % 2, 1, -1).astype(np.int8)
    return columns_of(
        Book(
            AT + np.array(times, np.int64),
            numbers,
            (numbers > 0).astype(np.int8),
            sides,
            1.0 + numbers,
            2.0 / 3 + numbers,
        )
    )


PARTS = [
    (TICKS, Part(AT, AT + 60_000, ticks(5, 5, 59_000))),
    (BOOK, Part(AT + 10, AT + 40_000, book(0, 11, 900))),
    (TICKS, Part(AT, AT + 120_000, ticks(60_001))),
    (BOOK, Part(AT + 61_000, AT + 120_000, book(2, 61_001))),  # a hole between
    (TICKS, Part(AT, AT + 180_000, ticks(120_000, 150_000))),  # after midnight
    (TICKS, Part(AT, AT + 240_000, ticks())),
]


def whole(keeper: StreamKeeper) -> dict[tuple[str, str], Ticks | Book]:
    """All that stands on disk, and what is known of it without reading it."""
    streams = GrowingStreams()
    for part in keeper.slices("btc"):
        streams.go_on("btc", part.events)
    found = {}
    for (market, name), kept in keeper.kept().items():
        stream = streams.stream(market, name)
        assert isinstance(stream, Ticks | Book)
        assert kept.rows == len(stream)
        assert kept.spans.tolist() == stream.spans.tolist()
        assert kept.message == (int(stream.message[-1]) + 1 if isinstance(stream, Book) and len(stream) else 0)
        found[market, name] = stream
    return found


def peek(folder: Path) -> dict[tuple[str, str], Ticks | Book]:
    """What another process sees."""
    return whole(StreamKeeper(folder, ""))


def loaded(keeper: StreamKeeper) -> dict[tuple[str, str], Ticks | Book]:
    """What a new life has."""
    assert keeper.load().keys() == keeper.begun
    return whole(keeper)


def assert_whole(found: dict[tuple[str, str], Ticks | Book]) -> None:
    told, books = found[TICKS], found[BOOK]
    for name, column in columns_of(told).items():
        np.testing.assert_array_equal(column, ticks(5, 5, 59_000, 60_001, 120_000, 150_000)[name])
    assert told.spans.tolist() == [[AT, AT + 240_000]]
    assert (books.time - AT).tolist() == [11, 900, 61_001]
    assert books.spans.tolist() == [[AT + 10, AT + 40_000], [AT + 61_000, AT + 120_000]]
    assert isinstance(books, Book)
    assert books.message.tolist() == [0, 1, 2]


@pytest.mark.parametrize("folds", [(), (0,), (2, 3), (0, 1, 2, 3, 4, 5)])
def test_what_was_written_is_read_again_whatever_was_folded_between(tmp_path: Path, folds: tuple[int, ...]) -> None:
    keeper = StreamKeeper(tmp_path, "test")
    assert keeper.is_new
    keeper.begin(TICKS, BOOK)
    for i, part in enumerate(PARTS):
        keeper.add([part])
        if i in folds:
            keeper.fold()
    assert_whole(peek(tmp_path))
    again = StreamKeeper(tmp_path, "test")
    assert not again.is_new
    assert_whole(loaded(again))
    assert not (tmp_path / TAIL).exists()
    store = StreamStore(tmp_path)
    assert store.is_intact(*TICKS)
    assert store.is_intact(*BOOK)
    manifest = store.manifest(*TICKS)
    assert manifest is not None
    assert len(manifest.files) == 2  # a file a day


def test_a_stream_that_began_and_told_nothing_has_begun(tmp_path: Path) -> None:
    StreamKeeper(tmp_path, "test").begin(BOOK)
    found = loaded(StreamKeeper(tmp_path, "test"))
    assert list(found) == [BOOK]
    assert len(found[BOOK]) == len(found[BOOK].spans) == 0


def test_coverage_without_an_event_is_kept(tmp_path: Path) -> None:
    keeper = StreamKeeper(tmp_path, "test")
    keeper.begin(TICKS)
    keeper.add([(TICKS, Part(AT, AT + 60_000, ticks()))])
    found = loaded(keeper)[TICKS]
    assert found.spans.tolist() == [[AT, AT + 60_000]]
    assert len(found) == 0
    keeper.add([(TICKS, Part(AT, AT + 120_000, ticks(61_000)))])
    assert len(loaded(keeper)[TICKS]) == 1


def test_a_tail_that_was_folded_and_not_removed_changes_nothing(tmp_path: Path) -> None:
    keeper = StreamKeeper(tmp_path, "test")
    keeper.begin(TICKS, BOOK)
    keeper.add(PARTS)
    tail = (tmp_path / TAIL).read_bytes()
    keeper.fold()
    (tmp_path / TAIL).write_bytes(tail)
    assert_whole(peek(tmp_path))
    assert_whole(loaded(StreamKeeper(tmp_path, "test")))


def test_a_line_that_was_cut_off_costs_itself_alone(tmp_path: Path) -> None:
    keeper = StreamKeeper(tmp_path, "test")
    keeper.begin(TICKS, BOOK)
    keeper.add(PARTS[:3])
    tail = tmp_path / TAIL
    tail.write_bytes(tail.read_bytes()[:-20])
    again = StreamKeeper(tmp_path, "test")
    again.add(PARTS[2:])
    assert_whole(peek(tmp_path))


def test_the_tail_is_folded_while_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_keeper, "FOLD_AT", 4)
    keeper = StreamKeeper(tmp_path, "test")
    keeper.begin(TICKS, BOOK)
    for part in PARTS:
        keeper.add([part])
    assert StreamStore(tmp_path).manifest(*TICKS) is not None
    assert_whole(loaded(keeper))


def test_who_looks_while_the_day_is_written_again_sees_each_event_once(tmp_path: Path) -> None:
    keeper = StreamKeeper(tmp_path, "test")
    keeper.begin(TICKS, BOOK)
    keeper.add(PARTS[:2])
    keeper.fold()
    keeper.add(PARTS[2:])
    slices = StreamKeeper(tmp_path, "").slices("btc")  # the manifest and the tail are read; no file is yet
    keeper.fold()  # the first day is another file now, and the tail is gone
    streams = GrowingStreams()
    for part in slices:
        streams.go_on("btc", part.events)
    assert_whole({key: stream for key in (TICKS, BOOK) if isinstance(stream := streams.stream(*key), Ticks | Book)})


def test_the_first_trade_is_known_without_reading_on(tmp_path: Path) -> None:
    keeper = StreamKeeper(tmp_path, "test")
    keeper.begin(TICKS)
    columns = ticks(5, 10, 59_000)
    columns["flags"] = np.array([6, 6 | 32, 6 | 64], np.int32)
    keeper.add([(TICKS, Part(AT, AT + 60_000, columns))])
    assert keeper.load()[TICKS].first_trade == AT + 10


def test_what_cannot_be_written_is_trouble_that_can_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = StreamKeeper(tmp_path, "test")
    keeper.begin(TICKS, BOOK)

    def full(number: int) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreTrouble, match="the disk is full"):
        keeper.add(PARTS)
    monkeypatch.undo()
    keeper.add(PARTS)
    assert_whole(loaded(keeper))
