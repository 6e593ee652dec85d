"""The law of growing streams: what features tell bar by bar, while events arrive, is what they tell of the whole."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tradeplan.runtime.feed import stream_keeper
from tradeplan.runtime.feed.stream_keeper import Part, StreamKeeper
from tradeplan.runtime.market import growing as growing_module
from tradeplan.runtime.market.columns import take
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.growing import Growing
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.read_back import Column
from tradeplan.runtime.market.simulator import DEFAULT_END, simulate
from tradeplan.runtime.market.simulator.flow import simulated_flow
from tradeplan.runtime.market.streams import MemoryStreams, slices
from tradeplan.runtime.market.streams.events import Book, Stream, Ticks, columns_of, empty
from tradeplan.runtime.market.streams.growing import GrowingStreams
from tradeplan.runtime.market.streams.replay import messages

MINUTE = 60_000
MINUTES, HISTORY = 45, 8
PROFILES = load_profiles()
Arguments = tuple[float | str, ...]
FEATURES: tuple[tuple[str, str, Arguments], ...] = (
    ("signed_volume", "trades", (0.0,)),
    ("signed_volume", "ticks", (1.0,)),
    ("traded_volume", "trades", ()),
    ("traded_volume", "ticks", ()),
    ("trade_count", "trades", ()),
    ("tick_count", "ticks", ()),
    ("book_imbalance", "book", (5.0,)),
    ("best_flow", "book", ()),
    ("depth_speed", "book", (1.0, 5.0, 90_000.0)),
    ("least_depth_speed", "book", (-1.0, 5.0, 40_000.0, 50_000.0)),
    ("pulled_levels", "book", (10_000.0, 20_000.0, 50.0)),
)


@cache
def world(seed: int) -> tuple[Rates, Ticks, Book]:
    """Bars of M1 with all that happened in them; the first ticks are quotes alone, as before the first trade."""
    rates = simulate(["btc"], DEFAULT_END - MINUTES * MINUTE, DEFAULT_END, seed=seed)["btc"]
    flow = simulated_flow(rates, PROFILES["btc"], seed, spoofing=True)
    columns = columns_of(flow.ticks)
    quotes = columns["time"] < rates.time[0] + (2 + seed % 3) * MINUTE
    for name, value in (("last", 0.0), ("volume", 0.0), ("flags", 6)):
        columns[name] = np.where(quotes, value, columns[name]).astype(columns[name].dtype)
    # trades at the prices of the book, so that some of what is taken away from it was traded
    traded, near = columns["last"] > 0.0, np.round(flow.ticks.bid[0])
    columns["last"][traded] = near + np.random.default_rng(seed).integers(-10, 10, int(traded.sum()))
    columns["volume"][traded] = 0.3
    return rates, Ticks(**columns), steady_book(int(rates.time[0]), flow.ticks, seed)


def steady_book(first: int, ticks: Ticks, seed: int) -> Book:
    """Ten levels a side at prices that stay, of which one or two change at a time: what a player remembers matters."""
    chance = np.random.default_rng(seed)
    price = float(np.round(ticks.bid[0]))
    levels = [(side, price - side * i - (side < 0)) for side in (1, -1) for i in range(10)]
    rows = [(first + 1, 0, 0, *level, 0.1) for level in levels]
    time = first + 1
    for message in range(1, MINUTES * 60):
        time += int(chance.integers(1, 1_900))
        for at in chance.choice(20, int(chance.integers(1, 3)), replace=False).tolist():
            size = 0.0 if chance.random() < 0.2 else float(np.round(chance.uniform(0.01, 0.4), 3))
            rows.append((time, message, 1, *levels[at], size))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    kinds = (np.int64, np.int64, np.int8, np.int8, np.float64, np.float64)
    return Book(*(column.astype(kind) for column, kind in zip(columns, kinds, strict=True)))


def between(stream: Ticks | Book, after: int, until: int, kind: int | None = None) -> dict[str, NDArray[Any]]:
    """Events with after < time <= until; the first message of a book as a snapshot, where `kind` says so."""
    rows = slice(*np.searchsorted(stream.time, [after, until], side="right").tolist())
    columns = {name: column[rows].copy() for name, column in columns_of(stream).items()}
    if kind is not None and len(columns["time"]):
        columns["kind"][columns["message"] == columns["message"][0]] = kind
    return columns


class Source:
    """One stream as a feed hands it on, with a hole now and then."""

    def __init__(self, name: str, stream: Ticks | Book, begins: int, chance: np.random.Generator, holes: float) -> None:
        self.name, self.stream, self.chance, self.holes = name, stream, chance, holes
        self.start = self.since = begins
        self.fresh = True

    def seal(self, streams: GrowingStreams, until: int, keeper: StreamKeeper | None = None) -> None:
        """All up to a close, or what there is of it; on disk first, where it is kept."""
        hole = bool(self.chance.random() < self.holes)
        end = int(self.chance.integers(self.since, until)) if hole else until
        if end > self.since:
            kind = 0 if self.name == "book" and self.fresh else None
            columns = between(self.stream, self.since, end, kind)
            if keeper is not None:
                keeper.add([(("btc", self.name), Part(self.start, end, columns))])
            streams.append("btc", self.name, columns, self.start, end)
            self.fresh = False
        self.since = until
        if hole:
            self.start, self.fresh = until, True


def same(one: NDArray[np.float64] | None, other: NDArray[np.float64] | None, about: object) -> None:
    assert one is not None
    assert other is not None
    np.testing.assert_array_equal(one, other, err_msg=str(about))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(seed=st.integers(0, 2), chance=st.integers(0, 1_000), holes=st.sampled_from([0.0, 0.0, 0.15]))
def test_grown_features_are_those_of_the_whole(seed: int, chance: int, holes: float) -> None:
    rates, ticks, book = world(seed)
    fives = Dataset.from_rates({("btc", "M1"): rates}, PROFILES).bars("btc", "M5")
    assert fives is not None
    prices = (fives.open, fives.high, fives.low, fives.close)
    spread = np.full(len(fives), 10, np.int32)
    bars = {"M1": rates, "M5": Rates(fives.open_time, *prices, fives.tick_volume, spread, fives.real_volume)}
    random = np.random.default_rng(chance)
    streams = GrowingStreams()
    growing = Growing(PROFILES, streams=streams)
    first = int(rates.time[0])
    sources = [
        Source("ticks", ticks, first, random, holes),
        Source("book", book, first + HISTORY * MINUTE, random, holes),
    ]
    for source in sources:
        streams.begin("btc", source.name, empty(source.name))
    told: dict[tuple[str, str, str], list[NDArray[np.float64]]] = {}
    rows = dict.fromkeys(bars, 0)
    minute = HISTORY
    while minute <= MINUTES:
        close = first + minute * MINUTE
        for source in sources:
            if close > source.since:
                source.seal(streams, close)
        for timeframe, series in bars.items():
            length = MINUTE * int(timeframe[1:])
            some = take(series, (series.time + length <= close))
            if not len(some):
                continue
            if growing.bars("btc", timeframe) is None:
                growing.feed("btc", timeframe, some)
            else:
                growing.append("btc", timeframe, some)
            for name, stream, arguments in FEATURES:
                column = growing.feature_from("btc", timeframe, rows[timeframe], name, stream, arguments)
                new = len(some) - rows[timeframe]
                parts = told.setdefault((timeframe, name, stream), [])
                parts.append(np.full(new, np.nan) if column is None else column)
            rows[timeframe] = len(some)
        minute += int(random.choice([1, 1, 1, 4]))
    events = {("btc", name): found for name in ("ticks", "book") if (found := streams.stream("btc", name)) is not None}
    ends = {timeframe: take(series, slice(0, rows[timeframe])) for timeframe, series in bars.items()}
    whole = Dataset.from_rates(
        {("btc", t): series for t, series in ends.items()}, PROFILES, MemoryStreams(events, PROFILES)
    )
    known = 0
    for timeframe in bars:
        for name, stream, arguments in FEATURES:
            column = np.concatenate(told[timeframe, name, stream])
            same(column, whole.feature("btc", timeframe, name, stream, arguments), (timeframe, name, stream))
            known += int((~np.isnan(column)).sum())
    assert known > (300 if not holes else 50)


class Life:
    """A process that runs on bounded memory: a keeper's folder, and columns that it has told."""

    def __init__(self, folder: Path, fed: dict[str, Rates]) -> None:
        self.keeper = StreamKeeper(folder, "test")
        self.streams = GrowingStreams(self.keeper)
        for (market, name), kept in self.keeper.load().items():
            self.streams.rest(market, name, kept)
        self.growing = Growing(PROFILES, streams=self.streams)
        self.feed(fed)
        self.rows: dict[tuple[str, int], int] = {}

    def feed(self, fed: dict[str, Rates]) -> None:
        """All bars up to now."""
        for timeframe, some in fed.items():
            if self.growing.bars("btc", timeframe) is None:
                self.growing.feed("btc", timeframe, some)
            else:
                self.growing.append("btc", timeframe, some)


@pytest.mark.parametrize(("seed", "chance", "holes"), [(0, 1, 0.0), (1, 2, 0.1), (2, 3, 0.0), (0, 4, 0.0)])
def test_what_is_let_go_and_read_back_is_as_if_all_were_in_memory(
    seed: int, chance: int, holes: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lives end at any minute, columns are asked for from any minute on, anew and in any order, what nobody looks at is
    let go; and every value is that of the whole."""
    rates, ticks, book = world(seed)
    fives = Dataset.from_rates({("btc", "M1"): rates}, PROFILES).bars("btc", "M5")
    assert fives is not None
    prices = (fives.open, fives.high, fives.low, fives.close)
    spread = np.full(len(fives), 10, np.int32)
    bars = {"M1": rates, "M5": Rates(fives.open_time, *prices, fives.tick_volume, spread, fives.real_volume)}
    whole_of_all = [(t, *feature) for t in bars for feature in FEATURES]
    random, first = np.random.default_rng(chance), int(rates.time[0])
    sources = [
        Source("ticks", ticks, first, random, holes),
        Source("book", book, first + HISTORY * MINUTE, random, holes),
    ]
    columns: dict[int, list[NDArray[np.float64]]] = {}
    most, backs, lives = 0, 0, 0
    monkeypatch.setattr(growing_module, "LAGS", 2 * MINUTE)
    monkeypatch.setattr(slices, "STEP", 3 * MINUTE)
    monkeypatch.setattr(stream_keeper, "FOLD_AT", int(random.choice([50, 2_000, 100_000])))
    StreamKeeper(tmp_path, "test").begin(("btc", "ticks"), ("btc", "book"))
    life: Life | None = None
    for minute in range(HISTORY, MINUTES + 1):
        close = first + minute * MINUTE
        fed = {t: take(r, r.time + MINUTE * int(t[1:]) <= close) for t, r in bars.items()}
        if life is None or random.random() < 0.1:
            old = {t: take(r, r.time + MINUTE * int(t[1:]) < close) for t, r in bars.items()}
            life, lives = Life(tmp_path, old), lives + 1
            columns.clear()
        life.growing.let_go()
        if life.growing._columns:
            most = max(most, life.streams.bytes)
        for source in sources:
            if close > source.since:
                source.seal(life.streams, close, life.keeper)
        life.feed(fed)
        if not columns or random.random() < 0.15:  # other plans: who is loaded anew asks for all of it again
            choice = whole_of_all[: len(FEATURES)] if random.random() < 0.7 else whole_of_all
            some = random.choice(len(choice), int(random.integers(1, 5)), replace=False).tolist()
            columns = {i: columns.get(i, []) if random.random() < 0.5 else [] for i in some}
            life.growing.foresee(Column("btc", *whole_of_all[i]) for i in some)
        for i in columns:
            known = columns[i]
            done = sum(len(part) for part in known)
            timeframe, *feature = whole_of_all[i]
            column = life.growing.feature_from("btc", timeframe, done, *feature)
            new = len(fed[timeframe]) - done
            known.append(np.full(new, np.nan) if column is None else column.copy())
        backs += life.growing.read_backs
        if minute % 10 == 0 or minute == MINUTES:
            events = whole_of(life.keeper)
            assert all(len(one) for one in events.values())
            whole = Dataset.from_rates(
                {("btc", t): series for t, series in fed.items()}, PROFILES, MemoryStreams(events, PROFILES)
            )
            for i, parts in columns.items():
                timeframe, *feature = whole_of_all[i]
                same(np.concatenate(parts), whole.feature("btc", timeframe, *feature), (minute, whole_of_all[i]))
    assert lives > 1
    assert backs
    assert most < 0.2 * sum(column.nbytes for stream in (ticks, book) for column in columns_of(stream).values())


def whole_of(keeper: StreamKeeper) -> dict[tuple[str, str], Stream]:
    """All that stands on disk."""
    streams = GrowingStreams()
    for part in keeper.slices("btc"):
        streams.go_on("btc", part.events)
    return {("btc", n): found for n in ("ticks", "book") if (found := streams.stream("btc", n)) is not None}


def test_the_book_of_the_law_has_more_than_snapshots() -> None:
    _, _, book = world(0)
    assert sum(1 for _ in messages(book)) > 1_000
    assert (book.kind == 1).mean() > 0.9
