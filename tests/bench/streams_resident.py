"""What a run that reads a book holds in memory day by day, and how long it takes to read a book back from disk.

    python -m tests.bench.streams_resident --data FOLDER --days 3 --levels 20    # POSIX; with the folder book

Minutes of a recorded Bitcoin book are shown again and again, once a second, and go the way of a live feed: looked at,
written down, told with each bar, read by four columns.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from tradeplan.runtime.feed.book_feed import BookFeed
from tradeplan.runtime.feed.stream_keeper import StreamKeeper
from tradeplan.runtime.market.growing import Growing
from tradeplan.runtime.market.importers.streams import read_stream
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.streams.events import Book, empty
from tradeplan.runtime.market.streams.growing import GrowingStreams
from tradeplan.runtime.market.streams.levels import ASKS, BIDS, Levels
from tradeplan.runtime.market.streams.replay import messages
from tradeplan.runtime.mt5.structs import BookInfo
from tradeplan.runtime.mt5.terminal import Reply

MINUTE, DAY = 60_000, 86_400_000
FIRST = 20_000 * DAY
KEY = ("btc", "book")
COLUMNS: list[tuple[str, tuple[float | str, ...]]] = [
    ("book_imbalance", (5.0,)),
    ("best_flow", ()),
    ("depth_speed", (1.0, 5.0, 20_000.0)),
    ("least_depth_speed", (-1.0, 5.0, 20_000.0, 30_000.0)),
]


def resident() -> float:
    """MB of this process in memory now."""
    words = Path("/proc/self/status").read_text(encoding="ascii").split("VmRSS:")[1].split()
    return int(words[0]) / 1000


def looks(book: Book, levels: int) -> list[tuple[BookInfo, ...]]:
    """What a terminal shows of it, once a second."""
    found, due, now = [], 0, Levels()
    columns = book.side.tolist(), book.price.tolist(), book.size.tolist()
    for at, snapshot, rows in messages(book):
        if snapshot:
            now.clear()
        for change in zip(*(column[rows] for column in columns), strict=True):
            now.put(*change)
        if at >= due:
            due = at + 1000
            sides = ((1, now.best(ASKS, levels)), (2, now.best(BIDS, levels)))
            found.append(tuple(BookInfo(kind, p, round(size), size) for kind, side in sides for p, size in side))
    return found


def bar(at: int) -> Rates:
    """A bar that opens then."""
    one = np.ones(1)
    return Rates(np.array([at]), one, one, one, one, one, np.ones(1, np.int32), one)


def begin(folder: Path, count: int) -> tuple[Growing, GrowingStreams, StreamKeeper]:
    """A life with so many bars."""
    keeper = StreamKeeper(folder, "bench")
    streams = GrowingStreams(keeper)
    for key, kept in keeper.load().items():
        streams.rest(*key, kept)
    growing = Growing(load_profiles(), streams=streams)
    growing.feed("btc", "M1", bar(FIRST - MINUTE))
    for i in range(count):
        growing.append("btc", "M1", bar(FIRST + i * MINUTE))
    return growing, streams, keeper


def read(growing: Growing, first: int) -> None:
    """All columns."""
    for name, arguments in COLUMNS:
        assert growing.feature_from("btc", "M1", first, name, "book", arguments) is not None


def main() -> None:
    """Days of it, one after the other, and then a new life."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--days", type=float, default=3.0)
    parser.add_argument("--levels", type=int, default=20)
    given = parser.parse_args()
    book = read_stream(given.data / "book" / "BTCUSDT_usdm_20240808.parquet").stream
    assert isinstance(book, Book)
    shown = looks(book, given.levels)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        growing, streams, keeper = begin(folder, 0)
        keeper.begin(KEY)
        streams.begin(*KEY, empty("book"))
        feed, events, look = BookFeed("BTCUSD", FIRST, 0), 0, 0
        print(f"begun: {resident():.0f} MB", flush=True)
        for minute in range(round(given.days * 1_440)):
            for second in range(60):
                rows = shown[look % len(shown)]
                feed.take([Reply(True, (1, "")), Reply(rows, (1, ""))], FIRST + minute * MINUTE + second * 1000 + 1000)
                look += 1
            growing.let_go()
            parts = [(KEY, part) for part in feed.seal(FIRST + (minute + 1) * MINUTE)]
            keeper.add(parts)
            for key, part in parts:
                streams.append(*key, part.columns, part.start, part.end)
                events += len(part.columns["time"])
            growing.append("btc", "M1", bar(FIRST + minute * MINUTE))
            read(growing, minute + 1)
            if (minute + 1) % 720 == 0:
                print(f"day {(minute + 1) / 1440:.1f}: {events:,} levels, {resident():.0f} MB resident", flush=True)
        keeper.fold()
        began = time.process_time()
        growing, streams, keeper = begin(folder, round(given.days * 1_440))
        print(f"a new life after {time.process_time() - began:.1f} s of a core: {resident():.0f} MB")
        began = time.process_time()
        read(growing, 0)
        took = time.process_time() - began
        print(f"all columns read from disk in {took:.1f} s of a core: {resident():.0f} MB resident")


if __name__ == "__main__":
    main()
