"""order_check and order_send: whether a request would pass at this moment, and carrying it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .ledger import Ledger, lots
from .market import Market, Quote
from .records import BUY, Order, Position
from .sequences import CONSTANTS as C
from .sequences import make

WORDS = {
    10004: "Requote", 10006: "Request rejected", 10008: "Request placed", 10009: "Request executed",
    10010: "Request executed partially", 10012: "Request timed out", 10013: "Invalid request",
    10014: "Invalid volume", 10015: "Invalid price", 10016: "Invalid stops", 10017: "Trade disabled",
    10018: "Market closed", 10019: "No money", 10020: "Price changed", 10021: "No prices",
    10022: "Invalid expiration", 10024: "Too many requests", 10025: "No changes",
    10026: "AutoTrading disabled by server", 10027: "AutoTrading disabled by client", 10029: "Frozen",
    10030: "Unsupported filling mode", 10031: "No connection", 10033: "Limit of orders reached",
    10034: "Limit of volume reached", 10035: "Invalid order", 10036: "Position closed",
    10038: "Invalid close volume", 10042: "Only long positions are allowed",
    10043: "Only short positions are allowed", 10044: "Only position closing is allowed", 10045: "FIFO rule",
}  # fmt: skip
DEAL, PENDING, SLTP = C["TRADE_ACTION_DEAL"], C["TRADE_ACTION_PENDING"], C["TRADE_ACTION_SLTP"]
MODIFY, REMOVE, CLOSE_BY = C["TRADE_ACTION_MODIFY"], C["TRADE_ACTION_REMOVE"], C["TRADE_ACTION_CLOSE_BY"]
INSTANT = (C["SYMBOL_TRADE_EXECUTION_REQUEST"], C["SYMBOL_TRADE_EXECUTION_INSTANT"])
LIMITS = (C["ORDER_TYPE_BUY_LIMIT"], C["ORDER_TYPE_SELL_LIMIT"])
STOP_LIMITS = (C["ORDER_TYPE_BUY_STOP_LIMIT"], C["ORDER_TYPE_SELL_STOP_LIMIT"])


class Refused(Exception):
    """The server's retcode for a request that it does not take."""

    def __init__(self, retcode: int) -> None:
        super().__init__(retcode, WORDS.get(retcode, "Error"))
        self.retcode = retcode


@dataclass
class Desk:
    """Judges requests and carries them out; `switches` are those of the terminal."""

    ledger: Ledger
    switches: dict[str, Any]
    slippage: dict[str, float] = field(default_factory=dict)

    # ---- judging

    def judge(self, request: dict[str, Any], now: int) -> None:
        """Raises Refused with the retcode that the server would give; a request that passes can be carried out."""
        account, action = self.ledger.account, request["action"]
        if not self.switches["trade_allowed"]:
            raise Refused(10027)
        if not account.trade_expert:
            raise Refused(10026)
        if not account.trade_allowed:
            raise Refused(10017)
        judges = {DEAL: self._deal, PENDING: self._pending, SLTP: self._sltp, MODIFY: self._modify}
        judges |= {REMOVE: self._remove, CLOSE_BY: self._close_by}
        if action not in judges:
            raise Refused(10013)
        judges[action](request, now)

    def _market(self, symbol: str) -> Market:
        market = self.ledger.markets.get(symbol)
        if market is None:
            raise Refused(10013)
        return market

    def quote(self, symbol: str, now: int) -> Quote:
        """The newest quote; raises Refused without one."""
        quote = self._market(symbol).quote(now)
        if quote is None:
            raise Refused(10021)
        return quote

    def _tradable(self, market: Market, now: int) -> None:
        if market.symbol.trade_mode == C["SYMBOL_TRADE_MODE_DISABLED"]:
            raise Refused(10017)
        if not market.symbol.open_at(market.clock.broker(now)):
            raise Refused(10018)

    def _direction(self, market: Market, side: int) -> None:
        refused = {C["SYMBOL_TRADE_MODE_LONGONLY"]: (1, 10042), C["SYMBOL_TRADE_MODE_SHORTONLY"]: (0, 10043)}
        mode = market.symbol.trade_mode
        if mode == C["SYMBOL_TRADE_MODE_CLOSEONLY"]:
            raise Refused(10044)
        if mode in refused and refused[mode][0] == side:
            raise Refused(refused[mode][1])

    def _volume(self, market: Market, volume: float) -> None:
        spec, size = market.symbol, Decimal(repr(volume))
        step = Decimal(repr(spec.volume_step))
        if not spec.volume_min <= volume <= spec.volume_max or size % step:
            raise Refused(10014)

    def _kind(self, market: Market, bit: int, sl: float, tp: float) -> None:
        allowed = market.symbol.order_mode
        if not allowed & bit:
            raise Refused(10035)
        if (sl and not allowed & 16) or (tp and not allowed & 32):
            raise Refused(10016)

    def _limit(self, market: Market, side: int, volume: float) -> None:
        spec = market.symbol
        held = sum(p.volume for p in self.ledger.positions if p.symbol == spec.name and p.side == side)
        held += sum(o.volume for o in self.ledger.orders if o.symbol == spec.name and o.kind % 2 == side)
        if spec.volume_limit and held + volume > spec.volume_limit + 1e-9:
            raise Refused(10034)

    def _filling(self, market: Market, filling: int, pending: bool, kind: int) -> None:
        spec = market.symbol
        asks = {C["ORDER_FILLING_FOK"]: 1, C["ORDER_FILLING_IOC"]: 2, C["ORDER_FILLING_BOC"]: 4}
        if filling == C["ORDER_FILLING_RETURN"]:
            passes = pending or spec.execution != C["SYMBOL_TRADE_EXECUTION_MARKET"]
        elif filling == C["ORDER_FILLING_BOC"]:
            passes = kind in LIMITS and bool(spec.filling_mode & 4)
        else:
            passes = filling in asks and (spec.execution in INSTANT or bool(spec.filling_mode & asks[filling]))
        if not passes:
            raise Refused(10030)

    def _stops(self, market: Market, side: int, price: float, sl: float, tp: float) -> None:
        spec, sign = market.symbol, 1 if side == BUY else -1
        near = spec.stops_level * spec.point
        for level, toward in ((sl, -1), (tp, 1)):
            if level and ((level - price) * sign * toward <= 0 or abs(level - price) < near - spec.point / 2):
                raise Refused(10016)
            if level and abs(spec.price(level) - level) > spec.point * 1e-6:
                raise Refused(10016)

    def _deal(self, request: dict[str, Any], now: int) -> None:
        market, kind, volume = self._market(request["symbol"]), request["type"], request["volume"]
        if kind not in (0, 1):
            raise Refused(10013)
        self._tradable(market, now)
        self._kind(market, 1, request["sl"], request["tp"])
        self._lifetime(market, request, now)
        self._volume(market, volume)
        self._filling(market, request["type_filling"], False, kind)
        quote = self.quote(request["symbol"], now)
        price = quote.ask if kind == BUY else quote.bid
        if market.symbol.execution in INSTANT:
            if request["price"] <= 0:
                raise Refused(10015)
            if abs(request["price"] - price) > (request["deviation"] + 0.5) * market.symbol.point:
                raise Refused(10004)
        closes = self._closed_by(request, kind, volume)
        if closes is None:
            self._direction(market, kind)
            self._limit(market, kind, volume)
        # the stops of a market order are measured from the price at which it would be closed
        self._stops(market, kind, quote.bid if kind == BUY else quote.ask, request["sl"], request["tp"])
        figures = self.ledger.figures(now)
        if closes is None and figures["margin_free"] < self.ledger.margin(request["symbol"], volume, price, now):
            raise Refused(10019)

    def _closed_by(self, request: dict[str, Any], kind: int, volume: float) -> Position | None:
        positions, ticket = self.ledger.positions, request["position"]
        if not self.ledger.hedging:
            held = next((p for p in positions if p.symbol == request["symbol"]), None)
            return held if held is not None and held.side != kind and volume <= held.volume else None
        if not ticket:
            return None
        held = next((p for p in positions if p.ticket == ticket), None)
        if held is None:
            raise Refused(10036)
        if held.symbol != request["symbol"] or held.side == kind:
            raise Refused(10013)
        if volume > held.volume + 1e-9:
            raise Refused(10038)
        same = [p for p in positions if p.symbol == held.symbol and p.side == held.side]
        if self.ledger.account.fifo_close and min(same, key=lambda p: p.opened) is not held:
            raise Refused(10045)
        return held

    def _pending(self, request: dict[str, Any], now: int) -> None:
        market, kind = self._market(request["symbol"]), request["type"]
        if not 2 <= kind <= 7:
            raise Refused(10013)
        self._tradable(market, now)
        self._kind(market, 2 if kind in LIMITS else 8 if kind in STOP_LIMITS else 4, request["sl"], request["tp"])
        self._volume(market, request["volume"])
        self._filling(market, request["type_filling"], True, kind)
        self._direction(market, kind % 2)
        self._limit(market, kind % 2, request["volume"])
        limit = self.ledger.account.limit_orders
        if limit and len(self.ledger.orders) >= limit:
            raise Refused(10033)
        self._lifetime(market, request, now)
        self._place(market, request, kind, now)

    def _lifetime(self, market: Market, request: dict[str, Any], now: int) -> None:
        kind, until = request["type_time"], request["expiration"]
        if not 0 <= kind <= 3 or not market.symbol.expiration_mode & (1 << kind):
            raise Refused(10022)
        if kind >= 2 and until <= market.clock.broker(now) // 1000:
            raise Refused(10022)

    def _place(self, market: Market, request: dict[str, Any], kind: int, now: int) -> None:
        quote, spec, price = self.quote(request["symbol"], now), market.symbol, request["price"]
        reference = quote.ask if kind % 2 == BUY else quote.bid
        below = kind in (C["ORDER_TYPE_BUY_LIMIT"], C["ORDER_TYPE_SELL_STOP"], C["ORDER_TYPE_SELL_STOP_LIMIT"])
        distance = (reference - price) if below else (price - reference)
        if price <= 0 or distance <= 0 or distance < spec.stops_level * spec.point - spec.point / 2:
            raise Refused(10015)
        if abs(spec.price(price) - price) > spec.point * 1e-6:
            raise Refused(10015)
        entry = request["stoplimit"] if kind in STOP_LIMITS else price
        if kind in STOP_LIMITS and (entry <= 0 or (entry - price) * (1 if kind % 2 == BUY else -1) > 0):
            raise Refused(10015)
        self._stops(market, kind % 2, entry, request["sl"], request["tp"])

    def held(self, request: dict[str, Any]) -> Position:
        """The position that a request names; raises Refused if it is not there."""
        for p in self.ledger.positions:
            named = request["position"]
            if p.ticket == named or (not self.ledger.hedging and not named and p.symbol == request["symbol"]):
                return p
        raise Refused(10036)

    def _frozen(self, market: Market, reference: float, levels: tuple[float, ...]) -> None:
        near = market.symbol.freeze_level * market.symbol.point
        if near and any(level and abs(level - reference) < near for level in levels):
            raise Refused(10029)

    def _sltp(self, request: dict[str, Any], now: int) -> None:
        p = self.held(request)
        market = self._market(p.symbol)
        self._tradable(market, now)
        if (request["sl"], request["tp"]) == (p.sl, p.tp):
            raise Refused(10025)
        current = self.ledger.current(p, now)
        self._frozen(market, current, (p.sl, p.tp))
        # only a level that changes is measured again
        sl, tp = (new if new != old else 0.0 for new, old in ((request["sl"], p.sl), (request["tp"], p.tp)))
        self._stops(market, p.side, current, sl, tp)

    def pending(self, request: dict[str, Any]) -> Order:
        """The pending order that a request names; raises Refused if it is not there."""
        order = next((o for o in self.ledger.orders if o.ticket == request["order"]), None)
        if order is None:
            raise Refused(10035)
        return order

    def _modify(self, request: dict[str, Any], now: int) -> None:
        order = self.pending(request)
        market = self._market(order.symbol)
        self._tradable(market, now)
        same = (order.price, order.sl, order.tp, order.stoplimit, order.lifetime, order.expiration)
        if same == tuple(request[k] for k in ("price", "sl", "tp", "stoplimit", "type_time", "expiration")):
            raise Refused(10025)
        quote = self.quote(order.symbol, now)
        self._frozen(market, quote.ask if order.kind % 2 == BUY else quote.bid, (order.price,))
        self._lifetime(market, request, now)
        self._place(market, request | {"symbol": order.symbol}, order.kind, now)

    def _remove(self, request: dict[str, Any], now: int) -> None:
        order = self.pending(request)
        market = self._market(order.symbol)
        quote = self.quote(order.symbol, now)
        self._frozen(market, quote.ask if order.kind % 2 == BUY else quote.bid, (order.price,))

    def _close_by(self, request: dict[str, Any], now: int) -> None:
        if not self.ledger.hedging:
            raise Refused(10013)
        one = self.held(request)
        other = next((p for p in self.ledger.positions if p.ticket == request["position_by"]), None)
        if other is None:
            raise Refused(10036)
        if other.symbol != one.symbol or other.side == one.side:
            raise Refused(10013)
        self._tradable(self._market(one.symbol), now)

    # ---- answers

    def checked(self, given: Any, request: dict[str, Any], retcode: int, now: int) -> Any:
        """The OrderCheckResult; 0 and `Done` when it would pass."""
        figures = self.ledger.figures(now)
        margin = 0.0
        if retcode == 0 and request["action"] in (DEAL, PENDING):
            quote = self.quote(request["symbol"], now)
            margin = self.ledger.margin(request["symbol"], request["volume"], quote.ask, now)
        held = round(figures["margin"] + margin, 2)
        figures |= {"margin": held, "margin_free": round(figures["equity"] - held, 2)}
        figures["margin_level"] = round(figures["equity"] / held * 100, 2) if held else 0.0
        words = WORDS.get(retcode, "Error") if retcode else "Done"
        return make("OrderCheckResult", retcode=retcode, comment=words, request=given, **figures)

    def close_by(self, request: dict[str, Any], order: Order, now: int) -> None:
        """Close two opposite positions with one another; what is left of the larger stays."""
        one = self.held(request)
        other = next(p for p in self.ledger.positions if p.ticket == request["position_by"])
        both = lots(min(one.volume, other.volume))
        for p, price in ((one, other.price), (other, other.price)):
            self.ledger.close(p, price, now, "EXPERT", order.comment, both)
