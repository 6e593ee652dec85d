"""What ticks and books of a terminal cost: bytes over the bridge, on disk and in memory, and time of a step's columns.

    python -m tests.bench.streams --data FOLDER    # with the folders ticks and book

The stand-in terminal tells real recordings: a day of EURUSD ticks, and minutes of a Bitcoin book of which it shows the
best levels of each side. What was less than a day is told for a day.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path

import numpy as np
from tradeplan.dsl.graph import CheckedPlan, Node, Op
from tradeplan.dsl.graph.parts import parts_of
from tradeplan.runtime.feed.past import bars_folder
from tradeplan.runtime.market.importers.streams import read_stream
from tradeplan.runtime.market.profiles import load_profiles
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.streams.bars import rates_of
from tradeplan.runtime.market.streams.events import BUY, LAST, SELL, VOLUME, Book, Ticks, Trades, columns_of
from tradeplan.runtime.mt5.terminal import Call, Reply

from tests.mt5.stand_in.MetaTrader5.terminal import StandIn
from tests.runtime.feed.floor import DAY, MINUTE, Counting, Floor
from tests.runtime.feed.flows import BookRows, books_of, rows_of
from tests.runtime.live.world import checked

MB = 1e6
FLOW = """PLAN p
TRADE btc ON M1
WHEN imbalance(5) >= 1.5 AND NOT spoofing(size=100000, within=5s, shrink=50%) AND cvd(5m) > 0 AND ofi(3 bars) > 0
THEN BUY RISK 0.25% STOP 3 ATR"""
TICKS = "PLAN p\nTRADE eurusd ON M1\nWHEN tick_rate.declining THEN BUY RISK 0.25% STOP 3 ATR"


class Weighing(Counting):
    """Counts the bytes of ticks and books that are told."""

    def __init__(self, stand_in: StandIn) -> None:
        super().__init__(stand_in)
        self.told = {"ticks": 0, "book": 0}

    def batch(self, calls: Sequence[Call]) -> list[Reply]:
        self.trips.clear()
        replies = super().batch(calls)
        for call, reply in zip(calls, replies, strict=True):
            if call.name == "copy_ticks_from" and reply.value is not None:
                self.told["ticks"] += reply.value.nbytes
            if call.name == "market_book_get" and reply.value:
                self.told["book"] += sum(len(repr(list(row))) for row in reply.value)
        return replies


def measured(
    title: str, market: str, rates: Rates, plans: list[CheckedPlan], load: Callable[[Floor], None], minutes: int
) -> None:
    """Run the feed over so many minutes, and print what it cost."""
    with tempfile.TemporaryDirectory() as folder:
        first = int(rates.time[0])
        floor = Floor(Path(folder), {market: rates}, now=first + MINUTE + MINUTE // 2)
        load(floor)
        floor.terminal = Weighing(StandIn(floor.world))
        feed = floor.begun(plans)
        columns = _columns(plans)
        steps: list[float] = []
        at = floor.world.now
        for instant in range(at - at % MINUTE + MINUTE, first + minutes * MINUTE, MINUTE):
            assert feed.wait_until(instant, lambda seconds: False)
            feed.arrivals(instant - MINUTE)
            feed.deliver()
            bars = feed.dataset.bars(market, "M1")
            assert bars is not None
            began = time.perf_counter()
            for name, stream, *arguments in columns:
                numbers = tuple(float(str(a)) for a in arguments)
                feed.dataset.feature_from(market, "M1", len(bars) - 1, str(name), str(stream), numbers)
            steps.append(time.perf_counter() - began)
        root = bars_folder(floor.folder / "run.db")
        feed.close()
        print(f"{title}: {len(steps)} steps")
        for name in ("ticks", "book"):
            stream = feed.dataset._streams.stream(market, name)
            if not isinstance(stream, Ticks | Book):
                continue
            span = int((stream.spans[:, 1] - stream.spans[:, 0]).sum())
            day = DAY / span / MB
            disk = sum(f.stat().st_size for f in (root / market / name).glob("*.parquet"))
            held = sum(column.nbytes for column in columns_of(stream).values())
            print(
                f"  {name}: {len(stream):,} rows in {span / MINUTE:.1f} minutes; MB a day: over the bridge"
                f" {floor.terminal.told[name] * day:.1f}, on disk {disk * day:.2f}, in memory {held * day:.1f}"
            )
        print(f"  columns of a step: median {1000 * np.median(steps):.2f} ms, most {1000 * max(steps):.1f} ms")


def _columns(plans: Sequence[CheckedPlan]) -> list[tuple[Hashable, ...]]:
    """What the plans read of streams: the data of FEATURE nodes."""
    found: list[tuple[Hashable, ...]] = []
    waiting = [root for plan in plans for root, _, _ in parts_of(plan.rules)]
    seen: set[Node] = set()
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            found += [node.data] if node.op is Op.FEATURE else []
            waiting += node.inputs
    return found


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    folder = parser.parse_args().data
    profiles = load_profiles()
    ticks = read_stream(folder / "ticks" / "EURUSD_2014-05-01_2014-05-15.parquet").stream
    assert isinstance(ticks, Ticks)
    tuesday = 1_399_334_400_000  # 2014-05-06 00:00 UTC
    rows = slice(*np.searchsorted(ticks.time, [tuesday, tuesday + DAY]).tolist())
    some = Ticks(**{name: column[rows] for name, column in columns_of(ticks).items()})
    rates = rates_of(some, "M1", profiles["eurusd"].point)

    def tell(floor: Floor) -> None:
        floor.world.markets[floor.symbol("eurusd")].flow.load_ticks(rows_of(some))

    measured(f"EURUSD, {len(some):,} ticks of a day", "eurusd", rates, checked(TICKS)[0], tell, 1_439)
    book = read_stream(folder / "book" / "BTCUSDT_usdm_20240808.parquet").stream
    trades = read_stream(folder / "trades" / "BTCUSDT_usdm_20240808.parquet").stream
    assert isinstance(book, Book)
    assert isinstance(trades, Trades)
    rates = rates_of(trades, "M1", profiles["btc"].point)
    sides = np.where(trades.side > 0, BUY, SELL).astype(np.int32) | LAST | VOLUME
    flow = Ticks(trades.time, trades.price, trades.price, trades.price, trades.size, sides)
    books = books_of(book)
    for levels in (10, 20):
        shown = [(t, [*[r for r in b if r[0] == 1][-levels:], *[r for r in b if r[0] == 2][:levels]]) for t, b in books]

        def show(floor: Floor, shown: list[tuple[int, BookRows]] = shown) -> None:
            market = floor.world.markets[floor.symbol("btc")].flow
            market.load_ticks(rows_of(flow))
            market.load_books(shown)

        title = f"Bitcoin, {levels} levels a side, {len(flow):,} trades"
        measured(title, "btc", rates, checked(FLOW)[0], show, len(rates) - 1)


if __name__ == "__main__":
    main()
