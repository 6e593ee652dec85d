"""Requests as the package takes them: Python ints and floats, and no field that does not belong."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from math import isfinite
from typing import NamedTuple

from tradeplan.runtime.broker.sending import Request
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.mt5 import constants as mt5
from tradeplan.runtime.mt5.structs import Tick
from tradeplan.runtime.mt5.structs import TradePosition as Position

_PENDING = {
    ("limit", 1): mt5.ORDER_TYPE_BUY_LIMIT,
    ("limit", -1): mt5.ORDER_TYPE_SELL_LIMIT,
    ("stop", 1): mt5.ORDER_TYPE_BUY_STOP,
    ("stop", -1): mt5.ORDER_TYPE_SELL_STOP,
}


class Traded(NamedTuple):
    """A market at the broker; `deviation` in points: how much worse a price may be than asked."""

    market: str
    symbol: str
    lot_step: float
    tick: float
    deviation: int
    profile: SymbolProfile | None = None

    def volume(self, units: float) -> float:
        """Lots of whole lot steps, without the noise of binary products."""
        return float(Decimal(repr(self.lot_step)) * int(units))

    def units(self, volume: float) -> int:
        """Whole lot steps of a volume."""
        return int((Decimal(repr(volume)) / Decimal(repr(self.lot_step))).quantize(Decimal(1), ROUND_HALF_UP))


def is_price(price: float) -> bool:
    """Whether a number that a terminal gives can be a price: one side of a quote may be missing."""
    return isfinite(price) and price > 0.0


def priced(tick: Tick) -> bool:
    """Whether a quote has both sides."""
    return is_price(tick.bid) and is_price(tick.ask)


def market_order(
    traded: Traded, side: int, units: int, tick: Tick, stop: float, target: float | None, magic: int, comment: str
) -> Request:
    """Buy or sell at the market, with stop and target in the same request."""
    return {
        "action": mt5.TRADE_ACTION_DEAL,
        "symbol": traded.symbol,
        "volume": traded.volume(units),
        "type": mt5.ORDER_TYPE_BUY if side > 0 else mt5.ORDER_TYPE_SELL,
        "price": float(tick.ask if side > 0 else tick.bid),
        "sl": float(stop),
        "tp": float(target or 0.0),
        "deviation": traded.deviation,
        "magic": magic,
        "comment": comment,
    }


def pending_order(
    traded: Traded,
    kind: str,
    side: int,
    units: int,
    price: float,
    stop: float,
    target: float | None,
    magic: int,
    comment: str,
    stands: Request,
) -> Request:
    """A LIMIT or STOP order; `stands`: the fields that say how long it waits."""
    return {
        "action": mt5.TRADE_ACTION_PENDING,
        "symbol": traded.symbol,
        "volume": traded.volume(units),
        "type": _PENDING[kind, side],
        "price": float(price),
        "sl": float(stop),
        "tp": float(target or 0.0),
        "magic": magic,
        "comment": comment,
        "type_filling": mt5.ORDER_FILLING_RETURN,
    } | stands


def close_order(
    traded: Traded, position: Position, volume: float, tick: Tick | None, magic: int, comment: str
) -> Request:
    """Close a position or a part of it, by its ticket; without a quote at the price that the position shows."""
    long = position.type == mt5.POSITION_TYPE_BUY
    price = 0.0 if tick is None else tick.bid if long else tick.ask
    return {
        "action": mt5.TRADE_ACTION_DEAL,
        "symbol": position.symbol,
        "volume": float(volume),
        "type": mt5.ORDER_TYPE_SELL if long else mt5.ORDER_TYPE_BUY,
        "price": float(price if is_price(price) else position.price_current),
        "deviation": 10 * traded.deviation,
        "position": position.ticket,
        "magic": magic,
        "comment": comment,
    }


def levels_order(position: Position, stop: float, target: float | None) -> Request:
    """Stop and target of a position, both: one that is left out would be removed."""
    return {
        "action": mt5.TRADE_ACTION_SLTP,
        "symbol": position.symbol,
        "position": position.ticket,
        "sl": float(stop),
        "tp": float(target or 0.0),
        "magic": position.magic,
    }


def removal(order: int, symbol: str) -> Request:
    """Take back a pending order."""
    return {"action": mt5.TRADE_ACTION_REMOVE, "order": order, "symbol": symbol}
