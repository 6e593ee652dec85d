"""One symbol's market: bars of any timeframe and ticks, as they stand at a moment of the replayed past."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .clock import ServerClock
from .flow import Flow
from .sequences import CONSTANTS, RATES, TICKS, make
from .symbol import Symbol

SECONDS: dict[int, int] = {
    code: {"M": 60, "H": 3600, "D": 86_400, "W": 604_800}[name[10]] * int(name[11:])
    for name, code in CONSTANTS.items()
    if name.startswith("TIMEFRAME_") and not name.startswith("TIMEFRAME_MN")
}
MONTH = CONSTANTS["TIMEFRAME_MN1"]
# where in its bar, in thousandths of the bar's length, each of the four prices is quoted
_WHEN = (0, 250, 500, 990)
_DAY = 86_400


class Quote(NamedTuple):
    """A price at a moment: UTC milliseconds, bid, ask; `gap` when the price may have jumped to it."""

    time: int
    bid: float
    ask: float
    gap: bool = True


def bucket(timeframe: int, broker: np.ndarray) -> np.ndarray:
    """The open time of the bar that each broker second falls in; weeks open on Sunday."""
    if timeframe == MONTH:
        return broker.astype("M8[s]").astype("M8[M]").astype("M8[s]").astype(np.int64)
    if timeframe == CONSTANTS["TIMEFRAME_W1"]:
        days = broker // _DAY
        return (days - (days + 4) % 7) * _DAY
    return broker - broker % SECONDS[timeframe]


class Market:
    """Bars of the finest timeframe in UTC, and everything that follows from them."""

    def __init__(self, symbol: Symbol, clock: ServerClock) -> None:
        self.symbol, self.clock = symbol, clock
        self.flow = Flow(clock)
        self.base = np.zeros(0, RATES)
        self.utc = np.zeros(0, np.int64)
        self.step = 60
        self.quotes: list[Quote] = []
        self.older: dict[int, np.ndarray] = {}
        self._made: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._path: tuple[int, list[Quote]] = (-1, [])

    def load(self, rates: np.ndarray, timeframe: int) -> None:
        """Bars with open times in UTC seconds; the first load is the finest, later ones are older or coarser."""
        rows = np.zeros(len(rates), RATES)
        for name in RATES.names or ():
            if name in (rates.dtype.names or ()):
                rows[name] = rates[name]
        rows["spread"] = np.where(rows["spread"] > 0, rows["spread"], self.symbol.spread)
        rows["tick_volume"] = np.maximum(rows["tick_volume"], 4)
        utc = rows["time"].copy()
        rows["time"] = self.clock.broker_seconds(utc)
        # an hour that the server's clock shows twice has one set of bars: the first
        fresh = np.r_[True, rows["time"][1:] > np.maximum.accumulate(rows["time"])[:-1]] if len(rows) else slice(None)
        rows, utc = rows[fresh], utc[fresh]
        if len(self.base) and SECONDS[timeframe] != self.step:
            self.older[timeframe] = rows
        elif len(self.base):
            later = utc > self.utc[-1]
            self.base, self.utc = np.concatenate([self.base, rows[later]]), np.r_[self.utc, utc[later]]
        else:
            self.base, self.utc, self.step = rows, utc, SECONDS[timeframe]
        self._made.clear()
        self._path = (-1, [])

    def _at(self, now: int) -> int:
        """The index of the newest base bar that has begun, -1 before the first."""
        return int(np.searchsorted(self.utc, now // 1000, side="right")) - 1

    def path(self, index: int) -> list[Quote]:
        """The four quotes of a base bar: open, the nearer extreme as its colour tells, the other, close."""
        if self._path[0] == index:
            return self._path[1]
        _, o, h, l, c, _, spread, _ = self.base[index].item()  # noqa: E741  (the usual names)
        prices = (o, l, h, c) if c >= o else (o, h, l, c)
        start, wide = int(self.utc[index]) * 1000, spread * self.symbol.point
        price = self.symbol.price
        quotes = [
            Quote(start + self.step * when, price(bid), price(bid + wide), when == 0)
            for when, bid in zip(_WHEN, prices, strict=True)
        ]
        self._path = (index, quotes)
        return quotes

    def quote(self, now: int) -> Quote | None:
        """The newest quote at a moment."""
        index = self._at(now)
        found = None
        if index >= 0:
            found = [q for q in self.path(index) if q.time <= now][-1]
        if self.quotes and (found is None or self.quotes[-1].time >= found.time):
            return self.quotes[-1]
        return found

    def between(self, after: int, until: int) -> list[Quote]:
        """The quotes with time in (after, until], oldest first."""
        found: list[Quote] = []
        first, last = max(self._at(after), 0), self._at(until)
        for index in range(first, last + 1):
            found += [q for q in self.path(index) if after < q.time <= until]
        if self.quotes and self.quotes[-1].time > after:
            found += [q for q in self.quotes if after < q.time <= until]
            found.sort(key=lambda q: q.time)
        return found

    def tick(self, quote: Quote) -> Any:
        """The Tick of a quote."""
        msc = self.clock.broker(quote.time)
        return make("Tick", time=msc // 1000, time_msc=msc, bid=quote.bid, ask=quote.ask, flags=6)

    def ticks(self, quotes: list[Quote]) -> np.ndarray:
        """Quotes in the packed layout of ticks."""
        rows = np.zeros(len(quotes), TICKS)
        for row, quote in zip(rows, quotes, strict=True):
            msc = self.clock.broker(quote.time)
            row["time"], row["time_msc"], row["flags"] = msc // 1000, msc, 6
            row["bid"], row["ask"] = quote.bid, quote.ask
        return rows

    def _aggregated(self, timeframe: int) -> tuple[np.ndarray, np.ndarray]:
        """Every whole bar of a timeframe, and the index of its first base bar."""
        if timeframe not in self._made:
            opens = bucket(timeframe, self.base["time"])
            first = np.flatnonzero(np.r_[True, opens[1:] != opens[:-1]]) if len(opens) else np.zeros(0, np.int64)
            rows = np.zeros(len(first), RATES)
            if len(first):
                last = np.r_[first[1:], len(opens)] - 1
                rows["time"], rows["open"], rows["close"] = (
                    opens[first],
                    self.base["open"][first],
                    self.base["close"][last],
                )
                rows["high"] = np.maximum.reduceat(np.ascontiguousarray(self.base["high"]), first)
                rows["low"] = np.minimum.reduceat(np.ascontiguousarray(self.base["low"]), first)
                rows["tick_volume"] = np.add.reduceat(np.ascontiguousarray(self.base["tick_volume"]), first)
                rows["real_volume"] = np.add.reduceat(np.ascontiguousarray(self.base["real_volume"]), first)
                rows["spread"] = self.base["spread"][first]
            older = self.older.get(timeframe, np.zeros(0, RATES))
            if len(rows):
                older = older[older["time"] < rows["time"][0]]
            self._made[timeframe] = np.concatenate([older, rows]), np.r_[np.full(len(older), -1), first]
        return self._made[timeframe]

    def bars(self, timeframe: int, now: int) -> tuple[np.ndarray, np.ndarray]:
        """(closed bars, the forming bar as an array of one or none) as a terminal has them at a moment."""
        if timeframe != MONTH and SECONDS[timeframe] < self.step:
            return np.zeros(0, RATES), np.zeros(0, RATES)
        rows, first = self._aggregated(timeframe)
        index = self._at(now)
        if index < 0:
            known = rows[first < 0]
            return known[known["time"] <= self.clock.broker(now) // 1000], np.zeros(0, RATES)
        k = int(np.searchsorted(first, index, side="right")) - 1
        forming = rows[k : k + 1].copy()
        begun, seen = int(first[k]), [q.bid for q in self.path(index) if q.time <= now]
        whole = self.base[begun:index]
        forming["high"] = max([*seen, *([whole["high"].max()] if len(whole) else [])])
        forming["low"] = min([*seen, *([whole["low"].min()] if len(whole) else [])])
        forming["close"] = seen[-1]
        part = int(self.base["tick_volume"][index]) * len(seen) // 4
        forming["tick_volume"] = int(whole["tick_volume"].sum()) + part
        forming["real_volume"] = int(whole["real_volume"].sum()) + int(self.base["real_volume"][index]) * len(seen) // 4
        return rows[:k], forming
