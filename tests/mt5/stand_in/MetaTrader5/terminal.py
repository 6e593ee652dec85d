"""The package's functions over a world: what each takes, and what it gives."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from fnmatch import fnmatchcase
from operator import attrgetter
from typing import Any

import numpy as np

from . import checks
from .calls import Calls, Failed
from .checks import Invalid, counted
from .market import MONTH, SECONDS, Quote
from .records import Order
from .sequences import CONSTANTS, TICKS, make
from .world import World

_TURNED = 3 * 3_600_000


def matches(name: str, group: str) -> bool:
    """Masks by comma, `!` excludes, applied left to right."""
    chosen = False
    for mask in group.split(","):
        if mask.startswith("!"):
            chosen = chosen and not fnmatchcase(name, mask[1:])
        else:
            chosen = chosen or fnmatchcase(name, mask.strip())
    return chosen


class StandIn(Calls):
    """The package `MetaTrader5` as an object: each function a method, over a `World`."""

    def __init__(self, world: World, *, initialized: bool = True, password: str | None = None) -> None:
        super().__init__(world, initialized)
        self.password = password
        self._frozen: dict[str, Any] = {}
        self._cold: dict[tuple[str, int], int] = {}
        self._books: set[str] = set()

    # ---- the terminal and the account

    def _initialize(self, *arguments: Any, **keywords: Any) -> bool:
        counted(arguments, 0, 1)
        unknown = keywords.keys() - {"path", "login", "password", "server", "timeout", "portable"}
        if unknown:
            raise Invalid(checks.INVALID)
        if self.failures:
            self.failures -= 1
            raise Failed(-10003, "IPC initialize failed, Pipe server didn't answer in 60 sec")
        self._authorize(keywords)
        self.connected = True
        return True

    def _login(self, login: int, **keywords: Any) -> bool:
        self._authorize(keywords | {"login": login})
        return True

    def _authorize(self, keywords: dict[str, Any]) -> None:
        account = self.world.ledger.account
        if "login" in keywords and int(keywords["login"]) != account.login:
            raise Failed(-6)
        if self.password is not None and "password" in keywords and keywords["password"] != self.password:
            raise Failed(-6)
        if keywords.get("server", account.server) != account.server:
            raise Failed(-10005)

    def _shutdown(self) -> None:
        self.connected = False

    def _version(self) -> tuple[int, int, str]:
        return (500, int(self.world.switches["build"]), "27 Sep 2026")

    def _terminal_info(self) -> Any:
        return make("TerminalInfo", **self.world.switches)

    def _account_info(self) -> Any:
        return self.world.ledger.info(self.world.now)

    # ---- symbols and quotes

    def _market(self, symbol: Any, code: int = -4) -> Any:
        market = self.world.markets.get(checks.text(symbol))
        if market is None:
            raise Failed(code)
        return market

    def _info(self, name: str) -> Any:
        market, world = self.world.markets[name], self.world
        quote, spec = market.quote(world.now), market.symbol
        try:
            value = world.ledger.rate(spec.profit, world.ledger.account.currency, world.now) * spec.contract * spec.tick
        except ValueError:
            value = 0.0
        return spec.info(market.tick(quote) if quote else None, value)

    def _symbols_total(self) -> int:
        return len(self.world.markets)

    def _symbols_get(self, *arguments: Any, **keywords: Any) -> tuple[Any, ...]:
        counted(arguments, 0, 1)
        group = checks.text(keywords.get("group", arguments[0] if arguments else "*"))
        return tuple(self._info(name) for name in self.world.markets if matches(name, group))

    def _symbol_info(self, *arguments: Any) -> Any:
        counted(arguments, 1)
        self._market(arguments[0])
        return self._info(arguments[0])

    def _symbol_info_tick(self, *arguments: Any) -> Any:
        counted(arguments, 1)
        market = self._market(arguments[0])
        quote = market.quote(self.world.now) if market.symbol.selected else None
        if quote is None:
            raise Failed(-4)
        name = arguments[0]
        tick = market.flow.newest(self.world.now) or market.tick(quote)
        if self.world.faults.due("stale", "symbol_info_tick", symbol=name) is not None:
            return self._frozen.setdefault(name, tick)
        self._frozen.pop(name, None)
        return tick

    def _symbol_select(self, *arguments: Any) -> bool:
        counted(arguments, 1, 2)
        self._market(arguments[0], -1).symbol.selected = bool(arguments[1]) if len(arguments) > 1 else True
        return True

    def _market_book_add(self, *arguments: Any) -> bool:
        counted(arguments, 1)
        self._market(arguments[0])
        self._books.add(arguments[0])
        return True

    def _market_book_release(self, *arguments: Any) -> bool:
        counted(arguments, 1)
        self._books.discard(arguments[0])
        return True

    def _market_book_get(self, *arguments: Any) -> tuple[Any, ...]:
        counted(arguments, 1)
        if arguments[0] not in self._books:
            raise Failed(-1)
        rows = self.world.books.get(arguments[0])
        if rows is None:
            rows = self._market(arguments[0]).flow.book(self.world.now) or []
        return tuple(make("BookInfo", type=t, price=p, volume=int(v), volume_dbl=v) for t, p, v in rows)

    # ---- bars and ticks

    def _rates(self, symbol: Any, timeframe: Any) -> tuple[np.ndarray, np.ndarray]:
        code = checks.c_int(timeframe)
        market = self._market(symbol, -1)
        if code != MONTH and code not in SECONDS:
            raise Failed(-2)
        if not market.symbol.selected:
            raise Failed(-1)
        closed, forming = market.bars(code, self.world.now)
        faults = self.world.faults
        hidden = faults.due("hidden", "copy_rates", symbol=symbol)
        if hidden is not None:
            closed = closed[: len(closed) - int(hidden.get("bars", 1))]
        cold = faults.due("cold", "copy_rates", symbol=symbol)
        if cold is not None:
            known = self._cold[symbol, code] = self._cold.get((symbol, code), int(cold.get("bars", 10)) // 2) * 2
            closed = closed[max(len(closed) - known, 0) :]
        return closed[-self.world.switches["maxbars"] :], forming

    def _cut(self, rows: tuple[np.ndarray, np.ndarray], start: int, end: int) -> np.ndarray:
        """Rows [start, end) of the closed bars and the forming one together, without copying the rest."""
        closed, forming = rows
        start, more = max(start, 0), max(end - len(closed), 0)
        cut: np.ndarray = np.concatenate([closed[start:end], forming[max(start - len(closed), 0) : more]])
        return cut

    def _asked(self, count: int) -> None:
        if count >= self.world.switches["maxbars"]:
            raise Failed(-2)

    def _copy_rates_from(self, *arguments: Any) -> np.ndarray:
        counted(arguments, 4)
        date, count = checks.date(arguments[2]), checks.c_int(arguments[3], unsigned=True)
        self._asked(count)
        rows = self._rates(arguments[0], arguments[1])
        end = sum(int(np.searchsorted(part["time"], date, side="right")) for part in rows)
        return self._cut(rows, end - count, end)

    def _copy_rates_from_pos(self, *arguments: Any) -> np.ndarray:
        counted(arguments, 4)
        start, count = checks.c_int(arguments[2]), checks.c_int(arguments[3], unsigned=True)
        self._asked(count)
        rows = self._rates(arguments[0], arguments[1])
        end = sum(map(len, rows)) - start
        if start < 0 or end < 0:
            raise Failed(-1)
        return self._cut(rows, end - count, end)

    def _copy_rates_range(self, *arguments: Any) -> np.ndarray:
        counted(arguments, 4)
        first, last = checks.date(arguments[2]), checks.date(arguments[3])
        rows = self._rates(arguments[0], arguments[1])
        start = sum(int(np.searchsorted(part["time"], first, side="left")) for part in rows)
        end = sum(int(np.searchsorted(part["time"], last, side="right")) for part in rows)
        self._asked(end - start)
        return self._cut(rows, start, end)

    def _copy_ticks_from(self, *arguments: Any) -> np.ndarray:
        counted(arguments, 4)
        date, count = checks.date(arguments[1]), checks.c_int(arguments[2], unsigned=True)
        return self._ticks(arguments[0], date * 1000, None, checks.c_int(arguments[3]))[:count]

    def _copy_ticks_range(self, *arguments: Any) -> np.ndarray:
        counted(arguments, 4)
        first, last = checks.date(arguments[1]), checks.date(arguments[2])
        return self._ticks(arguments[0], first * 1000, last * 1000, checks.c_int(arguments[3]))

    def _ticks(self, symbol: Any, first: int, last: int | None, flags: int) -> np.ndarray:
        market, clock = self._market(symbol), self.world.clock
        until = self.world.now if last is None else min(self.world.now, clock.utc(last))
        if len(market.flow.utc):
            held = self.world.faults.due("withheld", "copy_ticks", symbol=symbol)
            until -= 0 if held is None else int(held.get("milliseconds", 1_000))
            return market.flow.ticks(first, until, flags)
        quotes: list[Quote] = market.between(clock.utc(first) - 1, until)
        # a market of quotes has no trades
        return market.ticks(quotes) if quotes and flags & CONSTANTS["COPY_TICKS_INFO"] else np.zeros(0, TICKS)

    # ---- positions, orders, history

    def _filter(self, rows: list[Any], ticket: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        counted(arguments, 0)
        if "ticket" in keywords:
            return tuple(r for r in rows if getattr(r, ticket) == checks.c_int(keywords["ticket"]))
        if "symbol" in keywords:
            return tuple(r for r in rows if r.symbol == checks.text(keywords["symbol"]))
        if "group" in keywords:
            return tuple(r for r in rows if matches(r.symbol, checks.text(keywords["group"])))
        if keywords:
            raise Invalid(checks.INVALID)
        return tuple(rows)

    def _shown(self) -> list[Any]:
        ledger, now = self.world.ledger, self.world.now
        return [
            p.struct(self.world.clock, ledger.current(p, now), ledger.open_profit(p, now))
            for p in ledger.positions
            if p.visible_at <= now
        ]

    def _positions_total(self) -> int:
        return len(self._shown())

    def _positions_get(self, *arguments: Any, **keywords: Any) -> Any:
        return self._filter(self._shown(), "ticket", arguments, keywords)

    def _order_struct(self, order: Order) -> Any:
        quote = self.world.markets[order.symbol].quote(self.world.now)
        price = 0.0 if quote is None else quote.ask if order.kind % 2 == 0 else quote.bid
        return order.struct(self.world.clock, price)

    def _orders_total(self) -> int:
        return len(self.world.ledger.orders)

    def _orders_get(self, *arguments: Any, **keywords: Any) -> Any:
        rows = [self._order_struct(o) for o in self.world.ledger.orders]
        return self._filter(rows, "ticket", arguments, keywords)

    def _past(
        self, rows: list[Any], done: str, arguments: tuple[Any, ...], keywords: dict[str, Any], shown: Any, struct: Any
    ) -> Any:
        """Rows of the history, whose UTC time `done` never falls; `shown` says which the terminal has."""
        if keywords.keys() & {"ticket", "position"}:
            counted(arguments, 0)
            field = "order" if done == "time" else "ticket"
            name, field = ("ticket", field) if "ticket" in keywords else ("position", "position_id")
            wanted = checks.c_int(keywords[name])
            return tuple(struct(r) for r in rows if shown(r) and getattr(r, field) == wanted)
        counted(arguments, 2)
        first, last = checks.date(arguments[0]), checks.date(arguments[1])
        group = checks.text(keywords.get("group", "*"))
        # a rough cut first: the clock may be put otherwise than it was then, by summer time at the most
        clock, when = self.world.clock, attrgetter(done)
        ahead = clock.offset(self.world.now)
        start = bisect_left(rows, first * 1000 - ahead - _TURNED, key=when)
        end = bisect_right(rows, last * 1000 - ahead + _TURNED, key=when)
        within = (r for r in rows[start:end] if first <= clock.broker(when(r)) // 1000 <= last)
        return tuple(struct(r) for r in within if shown(r) and matches(r.symbol, group))

    def _history_orders_get(self, *arguments: Any, **keywords: Any) -> Any:
        done = self.world.ledger.done
        return self._past(done, "done", arguments, keywords, lambda o: True, self._order_struct)

    def _history_deals_get(self, *arguments: Any, **keywords: Any) -> Any:
        clock, now = self.world.clock, self.world.now
        deals = self.world.ledger.deals
        return self._past(deals, "time", arguments, keywords, lambda d: d.visible_at <= now, lambda d: d.struct(clock))

    def _history_orders_total(self, *arguments: Any) -> int:
        return len(self._history_orders_get(*arguments))

    def _history_deals_total(self, *arguments: Any) -> int:
        return len(self._history_deals_get(*arguments))

    # ---- trading

    def _order_calc_margin(self, *arguments: Any) -> float:
        counted(arguments, 4)
        checks.c_int(arguments[0])
        self._market(arguments[1])
        volume, price = checks.c_float(arguments[2]), checks.c_float(arguments[3])
        return self.world.ledger.margin(arguments[1], volume, price, self.world.now)

    def _order_calc_profit(self, *arguments: Any) -> float:
        counted(arguments, 5)
        side, volume = checks.c_int(arguments[0]), checks.c_float(arguments[2])
        self._market(arguments[1])
        opened, closed = checks.c_float(arguments[3]), checks.c_float(arguments[4])
        return self.world.ledger.profit(arguments[1], side, volume, opened, closed, self.world.now)

    def _order_check(self, *arguments: Any, **keywords: Any) -> Any:
        request = checks.request(arguments, keywords)
        if self.world.switches["tradeapi_disabled"]:
            raise Failed(-8)
        return self.world.sender.check(request, self.world.now)

    def _order_send(self, *arguments: Any, **keywords: Any) -> Any:
        request = checks.request(arguments, keywords)
        if self.world.switches["tradeapi_disabled"]:
            raise Failed(-8)
        return self.world.sender.send(request, self.world.now)
