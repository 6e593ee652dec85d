"""Ticks, trades and an order book for simulated bars, with episodes of spoofing if they are wanted.

Ticks and trades come every second, along a path that goes through the open, both extremes and the close of its bar.
Books lean to one side for a minute at a time, and trades lean with them; prices do not know of either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.rates import Rates
from tradeplan.runtime.market.streams.events import (
    ASK,
    BID,
    BUY,
    DIFF,
    LAST,
    SELL,
    SNAPSHOT,
    VOLUME,
    Book,
    Ticks,
    Trades,
)
from tradeplan.runtime.market.streams.levels import ASKS, BIDS

SECONDS = 60
LEVELS = 10
LEVEL_MONEY = 4_000.0
"""The most that stands on a level, price times size: a level of 10,000 is never there by itself."""
SPOOF_MONEY = 300_000.0
SPOOF_SECONDS = 3
_SPOOF_LEVEL = 6
_SPOOF_SHARE = 0.2  # of the minutes


@dataclass(frozen=True, slots=True)
class Flow:
    """Streams of one market; `pulled` are the times (UTC ms) at which a spoofed level was taken away."""

    ticks: Ticks
    trades: Trades
    book: Book
    pulled: tuple[int, ...]


def simulated_flow(rates: Rates, profile: SymbolProfile, seed: int = 7, spoofing: bool = False) -> Flow:
    """The streams of bars of M1. A minute depends on the seed, the market and its bar alone, but for the first book.

    Spoofed levels change nothing else: without them the rest of the book is the same.
    """
    minutes = [_Minute(rates, i, profile, seed, spoofing) for i in range(len(rates))]
    spans = np.zeros((0, 2), dtype=np.int64)
    if len(rates):
        spans = np.array([[int(rates.time[0]), int(rates.time[-1]) + SECONDS * 1000]], dtype=np.int64)
    times = np.concatenate([m.times for m in minutes] or [np.zeros(0, dtype=np.int64)])
    bid, ask, size = (np.concatenate([getattr(m, n) for m in minutes] or [np.zeros(0)]) for n in ("bid", "ask", "size"))
    side = np.concatenate([m.side for m in minutes] or [np.zeros(0, dtype=np.int8)])
    price = np.where(side > 0, ask, bid)
    flags = (BID | ASK | LAST | VOLUME | np.where(side > 0, BUY, SELL)).astype(np.int32)
    return Flow(
        Ticks(times, bid, ask, price, size, flags, spans),
        Trades(times, price, size, side, spans),
        _book(minutes, spans),
        tuple(m.pulled for m in minutes if m.pulled),
    )


class _Minute:
    """What happens in one bar, second by second."""

    def __init__(self, rates: Rates, row: int, profile: SymbolProfile, seed: int, spoofing: bool) -> None:
        opened = int(rates.time[row])
        key = [seed, crc32(profile.name.encode()), opened // 60_000]
        rng = np.random.default_rng(key)
        self.digits = profile.digits
        self.times = opened + 500 + 1000 * np.arange(SECONDS, dtype=np.int64)
        first, second = float(rates.low[row]), float(rates.high[row])
        if rates.close[row] < rates.open[row]:
            first, second = second, first
        knots = [float(rates.open[row]), first, second, float(rates.close[row])]
        self.bid: NDArray[np.float64] = np.round(np.interp(np.arange(SECONDS), [0, 20, 40, 59], knots), self.digits)
        spread = max(float(rates.spread[row]), 1.0) * profile.point
        self.ask: NDArray[np.float64] = np.round(self.bid + spread, self.digits)
        lean = rng.uniform(-1.0, 1.0)
        unit = LEVEL_MONEY / (float(rates.high[row]) + spread) / profile.contract_size
        self.side = np.where(rng.random(SECONDS) < 0.5 + 0.3 * lean, 1, -1).astype(np.int8)
        self.size: NDArray[np.float64] = np.round(unit * rng.uniform(0.02, 0.5, SECONDS), 8)
        shares = rng.uniform(0.3, 0.5, (SECONDS, 2, LEVELS))
        lots = {BIDS: unit * (1.0 + 0.8 * lean) * shares[:, 0], ASKS: unit * (1.0 - 0.8 * lean) * shares[:, 1]}
        self._lots = {way: np.round(sizes, 8) for way, sizes in lots.items()}
        self._step = max(spread / 2, 10 * profile.point)
        self.pulled = 0
        self._spoof: tuple[int, int, float, float] | None = None  # second, side, price, size
        other = np.random.default_rng([*key, 1])
        if spoofing and other.random() < _SPOOF_SHARE:
            begins, way = int(other.integers(5, 50)), int(other.choice([BIDS, ASKS]))
            price = self._price(begins, way, _SPOOF_LEVEL)
            self._spoof = (begins, way, price, SPOOF_MONEY / price / profile.contract_size)
            self.pulled = opened + 1000 * (begins + SPOOF_SECONDS) + 250

    def books(self) -> Iterator[tuple[int, dict[tuple[int, float], float]]]:
        """For every second the time and the whole book."""
        for second in range(SECONDS):
            levels = {
                (way, self._price(second, way, level)): float(self._lots[way][second, level])
                for way in (BIDS, ASKS)
                for level in range(LEVELS)
            }
            if self._spoof is not None and 0 <= second - self._spoof[0] < SPOOF_SECONDS:
                _, way, price, size = self._spoof
                # a level that price has run through stands no longer
                if price * way < (self.ask if way == BIDS else self.bid)[second] * way:
                    levels[way, price] = size
            yield int(self.times[second]) - 250, levels

    def _price(self, second: int, way: int, level: int) -> float:
        best = self.bid if way == BIDS else self.ask
        return float(round(float(best[second]) - way * level * self._step, self.digits))


def _book(minutes: list[_Minute], spans: NDArray[np.int64]) -> Book:
    rows: list[tuple[int, int, int, int, float, float]] = []
    before: dict[tuple[int, float], float] = {}
    number = 0
    for minute in minutes:
        for time, levels in minute.books():
            kind = DIFF if before else SNAPSHOT
            gone = [(way, price, 0.0) for way, price in before if (way, price) not in levels]
            new = [(way, price, size) for (way, price), size in levels.items() if before.get((way, price)) != size]
            rows += [(time, number, kind, way, price, size) for way, price, size in (*gone, *new)]
            before = levels
            number += 1
    columns = list(zip(*rows, strict=True)) or [()] * 6
    return Book(
        np.array(columns[0], dtype=np.int64),
        np.array(columns[1], dtype=np.int64),
        np.array(columns[2], dtype=np.int8),
        np.array(columns[3], dtype=np.int8),
        np.array(columns[4], dtype=np.float64),
        np.array(columns[5], dtype=np.float64),
        spans,
    )
