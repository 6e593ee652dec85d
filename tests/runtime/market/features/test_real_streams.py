"""Real ticks, trades and books: features against brute force over the raw files, and prefixes of them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tradeplan.runtime.market.columns import from_columns
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.features.registry import all_features
from tradeplan.runtime.market.importers.streams import read_stream
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.streams import Book, MemoryStreams, Stream, Ticks, Trades
from tradeplan.runtime.market.streams.bars import rates_of
from tradeplan.runtime.market.streams.events import until
from tradeplan.runtime.market.streams.replay import replay

pytestmark = pytest.mark.real_data
PROFILES = load_profiles()
FEEDS = ("spot", "usdm")
ARGUMENTS: dict[str, tuple[tuple[str, tuple[float, ...]], ...]] = {
    "best_flow": (("book", ()),),
    "book_imbalance": (("book", (5.0,)),),
    "depth_speed": (("book", (1.0, 5.0, 20_000.0)), ("book", (-1.0, 5.0, 20_000.0))),
    "least_depth_speed": (("book", (1.0, 5.0, 20_000.0, 30_000.0)),),
    "pulled_levels": (("book", (100_000.0, 5_000.0, 50.0)),),
    "signed_volume": (("trades", (0.0,)), ("ticks", (1.0,))),
    "tick_count": (("ticks", ()),),
    "trade_count": (("trades", ()),),
    "traded_volume": (("trades", ()), ("ticks", ())),
}


def raw(folder: Path, kind: str, feed: str) -> pd.DataFrame:
    """A file as it is."""
    return pd.read_parquet(folder / kind / f"BTCUSDT_{feed}_20240808.parquet")


def btc(folder: Path, feed: str, cut: int | None = None) -> Dataset:
    """Bars of M1 made of the trades of a feed, with its trades, its book, and the ticks of the futures."""
    streams: dict[str, Stream] = {
        kind: read_stream(folder / kind / f"BTCUSDT_{feed}_20240808.parquet").stream for kind in ("trades", "book")
    }
    if feed == "usdm":
        streams["ticks"] = read_stream(folder / "ticks" / "BTCUSDT_usdm_20240808.parquet").stream
    trades = streams["trades"]
    assert isinstance(trades, Trades)
    rates = rates_of(trades, "M1", 0.01)
    if cut is not None:
        streams = {kind: until(stream, cut) for kind, stream in streams.items()}
    made = MemoryStreams({("btc", kind): stream for kind, stream in streams.items()}, PROFILES)
    return Dataset.from_rates({("btc", "M1"): rates}, PROFILES, made)


@pytest.fixture(scope="module", params=FEEDS)
def feed(request: pytest.FixtureRequest) -> str:
    """Each of the two recordings."""
    return str(request.param)


def test_volumes_and_counts_against_masks_over_the_file(real_data: Path, feed: str) -> None:
    data, frame = btc(real_data, feed), raw(real_data, "trades", feed)
    bars = data.bars("btc", "M1")
    assert bars is not None
    known = 0
    columns = [data.feature("btc", "M1", n, "trades", a) for n, a in (("signed_volume", (0.0,)), ("traded_volume", ()))]
    counts = data.feature("btc", "M1", "trade_count", "trades")
    for i, (opened, closed) in enumerate(zip(bars.open_time, bars.close_time, strict=True)):
        inside = frame[(frame.time_msc > opened) & (frame.time_msc <= closed)]
        recorded = frame.time_msc.iloc[0] - 1 <= opened and closed <= frame.time_msc.iloc[-1]
        for column, want in zip(
            (*columns, counts), ((inside.qty * inside.side).sum(), inside.qty.sum(), len(inside)), strict=True
        ):
            assert column is not None
            assert np.isnan(column[i]) == (not recorded)
            if recorded:
                assert column[i] == pytest.approx(want, rel=1e-12, abs=1e-9)
        known += recorded
    assert known == {"spot": 10, "usdm": 4}[feed]  # the last trade of usdm was 0.4 s before the last close


def naive_books(frame: pd.DataFrame) -> Iterator[tuple[int, dict[float, float], dict[float, float]]]:
    """The book after every message, as dictionaries that go on changing; written without the code under test."""
    snapshot = frame[frame.kind == 0]
    taken = int(snapshot.last_id.iloc[0])
    begun = int(frame[frame.seq < snapshot.seq.iloc[0]].exch_ms.max())
    begun = max(begun, int(snapshot.exch_ms.iloc[0]))
    bids, asks = ({r.price: r.qty for r in snapshot.itertuples() if r.side == side} for side in (1, -1))
    yield begun, bids, asks
    diffs = frame[(frame.kind == 1) & (frame.last_id > taken)]
    for _, message in diffs.groupby("seq", sort=True):
        for side, price, qty in zip(message.side.tolist(), message.price.tolist(), message.qty.tolist(), strict=True):
            (bids if side == 1 else asks)[price] = qty
        for levels in (bids, asks):
            for price in {p for p in message.price.tolist() if levels.get(p) == 0.0}:
                del levels[price]
        yield max(begun, int(message.exch_ms.iloc[0])), bids, asks


def test_the_book_against_dictionaries(real_data: Path, feed: str) -> None:
    data = btc(real_data, feed)
    bars = data.bars("btc", "M1")
    assert bars is not None
    closes = bars.close_time.tolist()
    wanted = sorted({t for close in closes for t in (close - 20_000, close)})
    flow = dict.fromkeys(closes, 0.0)
    depth: dict[int, tuple[float, float]] = {}
    before: tuple[float, float, float, float] | None = None
    top: tuple[float, float] = (np.nan, np.nan)
    begun = last = 0
    for time, bids, asks in naive_books(raw(real_data, "book", feed)):
        begun, last = begun or time, time
        while wanted and wanted[0] < time:
            depth[wanted.pop(0)] = top
        bid, ask = max(bids), min(asks)
        now = (bid, bids[bid], ask, asks[ask])
        close = next((c for c in closes if time <= c), None)
        if before is not None and close is not None:
            flow[close] += (now[1] if now[0] >= before[0] else 0.0) - (before[1] if now[0] <= before[0] else 0.0)
            flow[close] += (before[3] if now[2] >= before[2] else 0.0) - (now[3] if now[2] <= before[2] else 0.0)
        before = now
        if (
            wanted and wanted[0] - time < 500
        ):  # messages come every 50 to 100 ms: the last before a close is among these
            best = heapq.nlargest(5, bids), heapq.nsmallest(5, asks)
            top = sum(bids[p] for p in best[0]), sum(asks[p] for p in best[1])
    ask_for = (("book_imbalance", (5.0,)), ("depth_speed", (1.0, 5.0, 20_000.0)), ("best_flow", ()))
    imbalance, speed, ofi = (data.feature("btc", "M1", name, "book", arguments) for name, arguments in ask_for)
    assert imbalance is not None
    assert speed is not None
    assert ofi is not None
    known = [i for i, (o, c) in enumerate(zip(bars.open_time, closes, strict=True)) if begun - 1 <= o and c <= last]
    assert len(known) == {"spot": 10, "usdm": 5}[feed]
    assert np.flatnonzero(~np.isnan(ofi)).tolist() == known
    for i in known:
        (bids_now, asks_now), (bids_then, _) = depth[closes[i]], depth[closes[i] - 20_000]
        assert imbalance[i] == pytest.approx(bids_now / asks_now, rel=1e-12)
        assert speed[i] == pytest.approx((bids_now - bids_then) / 20, rel=1e-9, abs=1e-12)
        assert ofi[i] == pytest.approx(flow[closes[i]], rel=1e-9, abs=1e-9)


def test_the_depth_is_that_of_the_derived_file(real_data: Path) -> None:
    derived = pd.read_parquet(real_data / "book" / "BTCUSDT_usdm_20240808_top10_250ms.parquet").set_index("time_msc")
    history = replay(read_book(real_data, "usdm"))
    seconds = [t for t in history.seconds.tolist() if t in derived.index]
    assert len(seconds) == 345
    for side, sign in (("bid", 1), ("ask", -1)):
        sizes = derived.loc[seconds, [f"{side}{i}_qty" for i in range(1, 11)]].to_numpy().cumsum(axis=1)
        for levels in range(1, 11):
            got = history.at(np.array(seconds), sign, levels)
            np.testing.assert_allclose(got, sizes[:, levels - 1], rtol=1e-12)


def read_book(folder: Path, feed: str) -> Book:
    """The book of a feed."""
    book = read_stream(folder / "book" / f"BTCUSDT_{feed}_20240808.parquet").stream
    assert isinstance(book, Book)
    return book


@pytest.mark.parametrize("minutes", [2.0, 4.99])
def test_prefixes_of_real_recordings(real_data: Path, feed: str, minutes: float) -> None:
    whole = btc(real_data, feed)
    bars = whole.bars("btc", "M1")
    assert bars is not None
    cut = int(bars.close_time[0] + minutes * 60_000)
    part = btc(real_data, feed, cut)
    assert set(ARGUMENTS) <= set(all_features())
    for name, asked in ARGUMENTS.items():
        for stream, arguments in asked:
            a, b = (d.feature("btc", "M1", name, stream, arguments) for d in (whole, part))
            if feed == "spot" and stream == "ticks":
                assert a is None
                continue
            assert a is not None
            assert b is not None
            closed = int((bars.close_time <= cut).sum())
            np.testing.assert_array_equal(a[:closed], b[:closed], err_msg=name)
            assert np.isnan(b[closed:]).all()
            assert not np.isnan(a[:closed]).all()


@pytest.mark.parametrize(
    ("symbol", "file"), [("eurusd", "EURUSD_2014-05-01_2014-05-15"), ("gold", "XAUUSD_2014-05-01_2014-05-09")]
)
def test_ticks_against_the_bars_that_were_counted_from_them(real_data: Path, symbol: str, file: str) -> None:
    ticks = read_stream(real_data / "ticks" / f"{file}.parquet").stream
    assert isinstance(ticks, Ticks)
    folder = {"eurusd": "EURUSD", "gold": "XAUUSD"}[symbol]
    frame = pd.read_parquet(real_data / "bars" / folder / "M1.parquet")
    rates = from_columns(
        {name: frame[name].to_numpy() for name in frame.columns} | {"time": frame.time.to_numpy() * 1000}
    )
    made = MemoryStreams({(symbol, "ticks"): ticks}, PROFILES)
    data = Dataset.from_rates({(symbol, "M1"): rates}, PROFILES, made)
    count = data.feature(symbol, "M1", "tick_count", "ticks")
    signed = data.feature(symbol, "M1", "signed_volume", "ticks", (1.0,))
    bars = data.bars(symbol, "M1")
    assert count is not None
    assert signed is not None
    assert bars is not None
    known = ~np.isnan(count)
    # bars of the file hold open <= t < close, the feature open < t <= close: alike where no tick is on the minute
    minute = np.unique(ticks.time[ticks.time % 60_000 == 0])
    plain = known & ~np.isin(bars.open_time, minute) & ~np.isin(bars.close_time, minute)
    assert plain.sum() > 0.9 * known.sum() > 8_000
    assert (count[plain] == bars.tick_volume[plain]).all()
    # the tick rule, tick by tick: the sign of the last change of the middle
    first = int(np.flatnonzero(known)[0])
    middle, sign, sums = (ticks.bid + ticks.ask) / 2, 0.0, {}
    for i in range(1, int(np.searchsorted(ticks.time, bars.close_time[first + 300], side="right"))):
        if middle[i] != middle[i - 1]:
            sign = 1.0 if middle[i] > middle[i - 1] else -1.0
        at = int(np.searchsorted(bars.close_time, ticks.time[i]))
        sums[at] = sums.get(at, 0.0) + sign
    for at in range(first, first + 300):
        assert signed[at] == sums.get(at, 0.0) or np.isnan(signed[at])
