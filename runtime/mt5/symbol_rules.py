"""What a symbol lets be sent: which kinds of orders, whether they carry stops, how long they may wait."""

from __future__ import annotations

from typing import Any

from tradeplan.runtime.mt5 import constants as mt5
from tradeplan.runtime.mt5.structs import SymbolInfo

_KINDS = {"market": (1, "orders at the market"), "limit": (2, "LIMIT orders"), "stop": (4, "STOP orders")}
_STOP_LOSS, _TAKE_PROFIT = 16, 32  # bits of order_mode, as those above
_GTC, _DAY, _SPECIFIED = 1, 2, 4  # bits of expiration_mode
LONGEST_SECONDS = 28 * 86_400
"""How long an order without an end waits where the symbol wants one to be given."""


def untaken(info: SymbolInfo, kind: str, target: bool) -> str:
    """What an entry of this kind (`market`, `limit`, `stop`) has that the symbol does not take; empty: it takes it."""
    bit, words = _KINDS[kind]
    if not info.order_mode & bit:
        return f"{info.name} takes no {words}"
    if not info.order_mode & _STOP_LOSS:
        return f"{info.name} takes no stops at the broker, and no entry goes out without one"
    if target and not info.order_mode & _TAKE_PROFIT:
        return f"{info.name} takes no targets at the broker: leave TARGET and TAKE out and close by a rule"
    return ""


def ends_with_the_day(info: SymbolInfo) -> bool:
    """Whether the server takes orders that wait back at the end of its day."""
    if info.order_gtc_mode != mt5.SYMBOL_ORDERS_GTC:
        return True
    return info.expiration_mode & (_GTC | _DAY | _SPECIFIED) == _DAY


def lifetime(info: SymbolInfo | None, now: int, until: int | None = None) -> dict[str, Any]:
    """The fields of a request that say how long it stands; `now` and `until` in seconds of the broker's clock.

    A symbol may refuse even an order at the market that says GTC where it takes orders of a day alone.
    """
    mask = _GTC if info is None else info.expiration_mode
    if until is not None and mask & _SPECIFIED:
        return {"type_time": mt5.ORDER_TIME_SPECIFIED, "expiration": int(until)}
    if mask & _GTC or not mask & (_DAY | _SPECIFIED):
        return {"type_time": mt5.ORDER_TIME_GTC}
    if mask & _DAY:
        return {"type_time": mt5.ORDER_TIME_DAY}
    return {"type_time": mt5.ORDER_TIME_SPECIFIED, "expiration": now + LONGEST_SECONDS}
