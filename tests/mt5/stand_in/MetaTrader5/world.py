"""The world behind the terminal: a broker's server with markets, an account and a clock that the test advances."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from .clock import ServerClock
from .faults import Faults
from .ledger import Account, Ledger
from .market import Market, Quote
from .records import BUY, Deal, Order
from .sending import Sender
from .sequences import CONSTANTS
from .symbol import Symbol
from .trading import Desk

# a quote a minute for a symbol without bars would be stale; what a test quotes stays until it quotes again
_SWITCHES: dict[str, Any] = {
    "connected": True,
    "trade_allowed": True,
    "tradeapi_disabled": False,
    "maxbars": 100_000,
    "build": 5_260,
    "ping_last": 21_000,
    "company": "Stand-in Markets",
    "name": "MetaTrader 5",
    "language": "English",
}


class World:
    """All that lies behind the package's functions. Times are UTC milliseconds.

    `add(symbol, rates)` gives a market its past and future, `advance_to` moves the clock and lets stops, targets
    and pending orders act at every quote on the way; `quote` sets a price by hand.
    """

    def __init__(self, now: int, zone: str = "America/New_York+7", **account: Any) -> None:
        self.now = now
        self.clock = ServerClock(zone)
        self.markets: dict[str, Market] = {}
        self.ledger = Ledger(Account(**account), self.markets)
        self.switches = dict(_SWITCHES)
        self.desk = Desk(self.ledger, self.switches)
        self.faults = Faults()
        self.sender = Sender(self.desk, self.faults)
        self.books: dict[str, list[tuple[int, float, float]]] = {}
        self._pace: tuple[float, float, int] | None = None

    # ---- markets

    def add(self, symbol: Symbol | str, rates: np.ndarray | None = None, timeframe: str = "M1") -> Market:
        """A symbol with bars (open times in UTC seconds; any fields of the rates layout); again for older bars."""
        spec = Symbol(symbol) if isinstance(symbol, str) else symbol
        market = self.markets.get(spec.name)
        if market is None:
            market = self.markets[spec.name] = Market(spec, self.clock)
        if rates is not None:
            market.load(rates, CONSTANTS[f"TIMEFRAME_{timeframe}"])
        return market

    def quote(self, symbol: str, bid: float, ask: float) -> None:
        """A price made by hand, now; stops and orders act on it as on any other."""
        market = self.markets[symbol]
        before = market.quote(self.now)
        made = Quote(self.now, bid, ask, True)
        market.quotes.append(made)
        self.ledger.react(symbol, made, before)
        self.ledger.stop_out(self.now)

    def specify(self, symbol: str, **changed: Any) -> None:
        """Change a symbol's specification, as brokers do over night."""
        for name, value in changed.items():
            if not hasattr(self.markets[symbol].symbol, name):
                raise AttributeError(f"a symbol of the stand-in has no `{name}`")
            setattr(self.markets[symbol].symbol, name, value)

    # ---- time

    def advance_to(self, until: int) -> None:
        """Let time pass; every quote of every symbol with a position or an order acts, oldest first."""
        if until < self.now:
            raise ValueError(f"time does not run back: it is {self.now}, not {until}")
        while True:
            busy = {p.symbol for p in self.ledger.positions} | {o.symbol for o in self.ledger.orders}
            if not busy:
                break
            # in steps of an hour, since a position that closes makes its symbol idle
            end = min(until, self.now + 3_600_000)
            moves = sorted(
                ((q.time, name, q) for name in busy for q in self.markets[name].between(self.now, end)),
                key=lambda move: move[:2],
            )
            before = {name: self.markets[name].quote(self.now) for name in busy}
            near = self.ledger.near_stop_out(self.now)
            for when, name, quote in moves:
                self.now = when
                self.ledger.react(name, quote, before[name])
                before[name] = quote
                if near:
                    self.ledger.stop_out(when)
            self.now = end
            self.ledger.stop_out(end)
            if end == until:
                break
        self.now = until

    def advance(self, seconds: float) -> None:
        """Let this much time pass."""
        self.advance_to(self.now + int(seconds * 1000))

    def pace(self, speed: float) -> None:
        """Let time run by itself from now on, `speed` times as fast as real time; 0 stops it."""
        self.catch_up()
        self._pace = (speed, time.monotonic(), self.now) if speed else None

    def catch_up(self) -> None:
        """Move the clock to where its pace has brought it; called before each call of the package."""
        if self._pace is not None:
            speed, since, start = self._pace
            self.advance_to(max(self.now, start + int((time.monotonic() - since) * 1000 * speed)))

    # ---- other people's hands

    def remove_stop(self, ticket: int, target: bool = False) -> None:
        """Somebody deletes the stop of a position (and its target)."""
        position = next(p for p in self.ledger.positions if p.ticket == ticket)
        position.sl, position.tp = 0.0, 0.0 if target else position.tp
        position.updated = self.now

    def close_by_hand(self, ticket: int, volume: float = 0.0) -> Deal:
        """Somebody closes a position, or a part of it, in the terminal."""
        position = next(p for p in self.ledger.positions if p.ticket == ticket)
        return self.ledger.close(
            position, self.ledger.current(position, self.now), self.now, "CLIENT", "", volume or position.volume
        )

    def deal_by_hand(self, symbol: str, side: int, volume: float, magic: int = 0, comment: str = "") -> Deal:
        """Somebody, or another program, trades on this account at the market (side 0 buys, 1 sells)."""
        quote = self.markets[symbol].quote(self.now)
        assert quote is not None
        price = quote.ask if side == BUY else quote.bid
        order = Order(self.ledger.ticket(), symbol, side, volume, price, 0.0, 0.0, magic, comment, self.now)
        order.reason = CONSTANTS["ORDER_REASON_CLIENT"] if not magic else order.reason
        deal = self.ledger.execute(order, volume, price, self.now)
        self.ledger.finish(order, "FILLED", self.now)
        return deal

    def switch_account(self, **changed: Any) -> None:
        """The terminal is logged in to another account, which holds nothing: `login`, `server`, `currency`, ..."""
        for name, value in changed.items():
            setattr(self.ledger.account, name, value)
        self.ledger.positions.clear()
        self.ledger.orders.clear()
        self.ledger.done.clear()
        self.ledger.deals.clear()
