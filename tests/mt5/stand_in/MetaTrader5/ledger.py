"""The account: money, margin, positions, and what an execution does to them under netting and hedging."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .market import Market, Quote
from .records import BUY, SELL, Deal, Order, Position
from .sequences import CONSTANTS as C
from .sequences import make

HEDGING = C["ACCOUNT_MARGIN_MODE_RETAIL_HEDGING"]


@dataclass
class Account:
    """What AccountInfo says and trading does not change, and the balance."""

    login: int = 5_001
    server: str = "StandIn-Demo"
    currency: str = "USD"
    name: str = "A Trader"
    company: str = "Stand-in Markets"
    leverage: int = 30
    trade_mode: int = C["ACCOUNT_TRADE_MODE_DEMO"]
    margin_mode: int = HEDGING
    balance: float = 10_000.0
    trade_allowed: bool = True
    trade_expert: bool = True
    fifo_close: bool = False
    limit_orders: int = 0
    margin_so_call: float = 100.0
    margin_so_so: float = 50.0
    currency_digits: int = 2


def lots(value: float) -> float:
    """A volume without the noise of binary sums."""
    return round(value, 8)


class Ledger:
    """Positions, orders and deals of one account over its markets; times are UTC milliseconds."""

    def __init__(self, account: Account, markets: dict[str, Market]) -> None:
        self.account, self.markets = account, markets
        self.positions: list[Position] = []
        self.orders: list[Order] = []
        self.done: list[Order] = []
        self.deals: list[Deal] = []
        # rates of pairs that no market quotes, such as {"EURUSD": 1.1}
        self.conversion: dict[str, float] = {}
        self.next_ticket = 1_000
        self.keep_stops_when_adding = True

    def ticket(self) -> int:
        """The next number; orders and deals share them here, as a strict reader must not care."""
        self.next_ticket += 1
        return self.next_ticket

    @property
    def hedging(self) -> bool:
        """Whether a symbol may have several positions."""
        return self.account.margin_mode == HEDGING

    # ---- money

    def rate(self, source: str, target: str, now: int) -> float:
        """How much of `target` one unit of `source` is worth."""
        if source == target:
            return 1.0
        for (base, quoted), invert in (((source, target), False), ((target, source), True)):
            found = (m.quote(now) for m in self.markets.values() if (m.symbol.base, m.symbol.profit) == (base, quoted))
            quote = next((q for q in found if q is not None), None)
            value = quote.bid if quote else self.conversion.get(base + quoted)
            if value:
                return 1.0 / value if invert else value
        if "USD" in (source, target):
            raise ValueError(
                f"the stand-in has no rate of {source} in {target}: give ledger.conversion[`{source}{target}`]"
            )
        return self.rate(source, "USD", now) * self.rate("USD", target, now)

    def profit(self, symbol: str, side: int, volume: float, opened: float, closed: float, now: int) -> float:
        """Money of the account for a move, in cents."""
        spec = self.markets[symbol].symbol
        moved = (closed - opened if side == BUY else opened - closed) * volume * spec.contract
        return round(moved * self.rate(spec.profit, self.account.currency, now), self.account.currency_digits)

    def margin(self, symbol: str, volume: float, price: float, now: int) -> float:
        """Money held for a volume."""
        spec = self.markets[symbol].symbol
        if spec.calc_mode in (C["SYMBOL_CALC_MODE_FOREX"], C["SYMBOL_CALC_MODE_FOREX_NO_LEVERAGE"]):
            amount, currency = volume * spec.contract, spec.margin or spec.base
        else:
            amount, currency = volume * spec.contract * price, spec.margin or spec.profit
        leverage = 1 if spec.calc_mode in (2, 5) else self.account.leverage
        return round(amount / leverage * self.rate(currency, self.account.currency, now), self.account.currency_digits)

    def current(self, position: Position, now: int) -> float:
        """The price at which a position would be closed."""
        quote = self.markets[position.symbol].quote(now)
        return position.price if quote is None else quote.bid if position.side == BUY else quote.ask

    def open_profit(self, position: Position, now: int) -> float:
        """The profit of an open position at the newest quote."""
        price = self.current(position, now)
        return self.profit(position.symbol, position.side, position.volume, position.price, price, now)

    def used_margin(self, now: int) -> float:
        """Margin of all positions; the smaller side of a hedged symbol is free."""
        held: dict[tuple[str, int], float] = {}
        for p in self.positions:
            held[p.symbol, p.side] = held.get((p.symbol, p.side), 0.0) + self.margin(p.symbol, p.volume, p.price, now)
        return round(sum(max(held.get((s, BUY), 0.0), held.get((s, SELL), 0.0)) for s in {k[0] for k in held}), 2)

    def figures(self, now: int) -> dict[str, float]:
        """Balance, equity, profit, margin, margin_free, margin_level."""
        profit = round(sum(self.open_profit(p, now) for p in self.positions), 2)
        equity, margin = round(self.account.balance + profit, 2), self.used_margin(now)
        level = round(equity / margin * 100.0, 2) if margin else 0.0
        figures = {"balance": self.account.balance, "equity": equity, "profit": profit, "margin": margin}
        return figures | {"margin_free": round(equity - margin, 2), "margin_level": level}

    def info(self, now: int) -> Any:
        """The AccountInfo."""
        fixed = dict(vars(self.account))
        return make("AccountInfo", **(fixed | self.figures(now)))

    # ---- executions

    def execute(self, order: Order, volume: float, price: float, now: int, *, late: int = 0, position: int = 0) -> Deal:
        """Fill `volume` of a buy or sell order at a price: a new, larger, smaller or turned position and its deal.

        `position` is the ticket to close under hedging; `late` hides the effect from the terminal for milliseconds.
        """
        side = order.kind % 2
        held = self._held(order.symbol, side, position)
        if held is None:
            return self._open(order, side, volume, price, now, late)
        if held.side == side:
            return self._add(held, order, volume, price, now, late)
        return self._reduce(held, order, volume, price, now, late)

    def fill_on(self, deal: Deal, order: Order, volume: float, price: float, now: int, late: int) -> Deal:
        """A further deal of an order that `deal` has begun to fill, on the same position."""
        held = next((p for p in self.positions if p.identifier == deal.position_id), None)
        if held is not None and held.side == order.kind % 2:
            return self._add(held, order, volume, price, now, late)
        return self.execute(order, volume, price, now, late=late, position=0 if held is None else held.ticket)

    def show(self, identifier: int, now: int) -> None:
        """Let a position that was to be shown later be seen."""
        for position in self.positions:
            if position.identifier == identifier:
                position.visible_at = now

    def _held(self, symbol: str, side: int, ticket: int) -> Position | None:
        for p in self.positions:
            if (self.hedging and ticket and p.ticket == ticket) or (not self.hedging and p.symbol == symbol):
                return p
        return None

    def _open(self, order: Order, side: int, volume: float, price: float, now: int, late: int) -> Deal:
        stops = (order.sl, order.tp, order.magic, order.comment)
        made = Position(order.ticket, order.ticket, order.symbol, side, volume, price, *stops, now, now)
        made.visible_at = now + late
        self.positions.append(made)
        return self._deal(order, made.identifier, C["DEAL_ENTRY_IN"], volume, price, 0.0, now, late)

    def _add(self, held: Position, order: Order, volume: float, price: float, now: int, late: int) -> Deal:
        total = lots(held.volume + volume)
        held.price = (held.price * held.volume + price * volume) / total
        held.volume, held.updated = total, now
        if order.sl or order.tp or not self.keep_stops_when_adding:
            held.sl, held.tp = order.sl, order.tp
        return self._deal(order, held.identifier, C["DEAL_ENTRY_IN"], volume, price, 0.0, now, late)

    def _reduce(self, held: Position, order: Order, volume: float, price: float, now: int, late: int) -> Deal:
        closed = min(volume, held.volume)
        profit = self.profit(held.symbol, held.side, closed, held.price, price, now)
        held.updated, entry = now, C["DEAL_ENTRY_OUT"]
        rest = lots(volume - held.volume)
        if rest < 0:
            held.volume = lots(-rest)
        elif rest == 0 or self.hedging:
            self.positions.remove(held)
        else:  # turned: the identifier stays, the ticket is that of the order that turned it
            entry = C["DEAL_ENTRY_INOUT"]
            held.ticket, held.side, held.volume, held.price = order.ticket, 1 - held.side, rest, price
            held.sl, held.tp, held.magic, held.comment = order.sl, order.tp, order.magic, order.comment
        return self._deal(order, held.identifier, entry, volume, price, profit, now, late)

    def _deal(
        self, order: Order, identifier: int, entry: int, volume: float, price: float, profit: float, now: int, late: int
    ) -> Deal:
        order.position_id = identifier
        commission = -round(self.markets[order.symbol].symbol.commission * volume, self.account.currency_digits)
        self.account.balance = round(self.account.balance + profit + commission, self.account.currency_digits)
        deal = Deal(
            self.ticket(), order.ticket, order.symbol, order.kind % 2, entry, volume, price, profit, commission,
            order.magic, order.comment, identifier, now, order.reason, now + late,
        )  # fmt: skip
        self.deals.append(deal)
        return deal

    def finish(self, order: Order, state: str, now: int) -> None:
        """Move an order to the history in this state (`FILLED`, `CANCELED`, ...)."""
        order.state, order.done = C[f"ORDER_STATE_{state}"], now
        if state == "FILLED":
            order.left = 0.0
        if order in self.orders:
            self.orders.remove(order)
        self.done.append(order)

    def close(self, position: Position, price: float, now: int, reason: str, comment: str, volume: float = 0.0) -> Deal:
        """Close a position from the server's side: a stop, a target, a stop-out, or a person's hand."""
        code = C[f"DEAL_REASON_{reason}"]
        kind, size = 1 - position.side, volume or position.volume
        order = Order(self.ticket(), position.symbol, kind, size, price, 0.0, 0.0, position.magic, comment, now)
        order.reason = min(code, C["ORDER_REASON_SO"])
        deal = self.execute(order, size, price, now, position=position.ticket)
        # the order's reasons and the deal's have the same numbers up to the stop-out
        self.deals[-1] = deal = replace(deal, reason=code)
        self.finish(order, "FILLED", now)
        return deal

    # ---- the market moves

    def react(self, symbol: str, quote: Quote, before: Quote | None) -> None:
        """What one quote does: stops, targets, pending orders, the stop-out; `before` is the quote ahead of it."""
        for p in [p for p in self.positions if p.symbol == symbol]:
            daily = self.markets[symbol].symbol.gtc_mode == C["SYMBOL_ORDERS_DAILY"]
            if daily and before is not None and self._days_since(symbol, before.time, quote.time):
                p.sl = p.tp = 0.0
            bid = quote.bid if p.side == BUY else quote.ask
            sign = 1 if p.side == BUY else -1
            if p.sl and (bid - p.sl) * sign <= 0:
                price = bid if quote.gap or before is None else p.sl
                self.close(p, price, quote.time, "SL", f"[sl {p.sl:.{self.markets[symbol].symbol.digits}f}]")
            elif p.tp and (bid - p.tp) * sign >= 0:
                price = bid if quote.gap or before is None else p.tp
                self.close(p, price, quote.time, "TP", f"[tp {p.tp:.{self.markets[symbol].symbol.digits}f}]")
        for order in [o for o in self.orders if o.symbol == symbol]:
            self._pending(order, quote, before)

    def _pending(self, order: Order, quote: Quote, before: Quote | None) -> None:
        now, buys = quote.time, order.kind % 2 == 0
        price = quote.ask if buys else quote.bid
        if order.lifetime >= 2 and order.expiration and self._broker_seconds(order.symbol, now) >= order.expiration:
            return self.finish(order, "EXPIRED", now)
        if order.lifetime == C["ORDER_TIME_DAY"] and self._days_since(order.symbol, order.placed, now):
            return self.finish(order, "EXPIRED", now)
        if self.markets[order.symbol].symbol.gtc_mode and self._days_since(order.symbol, order.placed, now):
            return self.finish(order, "CANCELED", now)
        below = order.kind in (C["ORDER_TYPE_BUY_LIMIT"], C["ORDER_TYPE_SELL_STOP"], C["ORDER_TYPE_SELL_STOP_LIMIT"])
        if not (price <= order.price if below else price >= order.price):
            return None
        if order.kind >= C["ORDER_TYPE_BUY_STOP_LIMIT"]:
            order.kind = C["ORDER_TYPE_BUY_LIMIT"] if buys else C["ORDER_TYPE_SELL_LIMIT"]
            order.price, order.stoplimit = order.stoplimit, 0.0
            return None
        filled = price if quote.gap or before is None else order.price
        if self.figures(now)["margin_free"] < self.margin(order.symbol, order.volume, filled, now):
            return self.finish(order, "REJECTED", now)
        self.execute(order, order.volume, filled, now)
        return self.finish(order, "FILLED", now)

    def _days_since(self, symbol: str, before: int, now: int) -> int:
        return self._broker_seconds(symbol, now) // 86_400 - self._broker_seconds(symbol, before) // 86_400

    def _broker_seconds(self, symbol: str, now: int) -> int:
        return self.markets[symbol].clock.broker(now) // 1000

    def near_stop_out(self, now: int) -> bool:
        """Whether an hour's move may bring the stop-out: only then is it looked for at each quote."""
        return bool(self.positions) and self.figures(now)["margin_level"] < 5 * self.account.margin_so_so

    def stop_out(self, now: int) -> None:
        """Close the worst position while the margin level is below the account's stop-out."""
        while self.positions:
            level, held = self.figures(now)["margin_level"], self.used_margin(now)
            if not held or level >= self.account.margin_so_so:
                return
            worst = min(self.positions, key=lambda p: self.open_profit(p, now))
            self.close(worst, self.current(worst, now), now, "SO", f"[so {level:.1f}%]")
