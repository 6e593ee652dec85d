"""What the server's answers mean for a request: carried out, try again, wait, never, or nobody knows."""

from __future__ import annotations

from enum import Enum

from tradeplan.runtime.mt5 import constants as mt5


class Verdict(Enum):
    """What to do after an answer."""

    DONE = "done"
    AGAIN = "again"  # requoted: at most so often in so many seconds
    LATER = "later"  # not now: the market is closed, trading is switched off, or there are no prices
    NEVER = "never"
    UNKNOWN = "unknown"  # it may have been carried out: look it up


HEDGE_PROHIBITED = 10046
"""Servers answer it and the package has no name for it."""
_NEVER = (
    mt5.TRADE_RETCODE_REJECT,
    mt5.TRADE_RETCODE_CANCEL,
    mt5.TRADE_RETCODE_INVALID,
    mt5.TRADE_RETCODE_INVALID_VOLUME,
    mt5.TRADE_RETCODE_INVALID_PRICE,
    mt5.TRADE_RETCODE_INVALID_STOPS,
    mt5.TRADE_RETCODE_TRADE_DISABLED,
    mt5.TRADE_RETCODE_NO_MONEY,
    mt5.TRADE_RETCODE_INVALID_EXPIRATION,
    mt5.TRADE_RETCODE_ORDER_CHANGED,
    mt5.TRADE_RETCODE_SERVER_DISABLES_AT,
    mt5.TRADE_RETCODE_CLIENT_DISABLES_AT,
    mt5.TRADE_RETCODE_INVALID_FILL,
    mt5.TRADE_RETCODE_ONLY_REAL,
    mt5.TRADE_RETCODE_LIMIT_ORDERS,
    mt5.TRADE_RETCODE_LIMIT_VOLUME,
    mt5.TRADE_RETCODE_INVALID_ORDER,
    mt5.TRADE_RETCODE_POSITION_CLOSED,
    mt5.TRADE_RETCODE_INVALID_CLOSE_VOLUME,
    mt5.TRADE_RETCODE_CLOSE_ORDER_EXIST,
    mt5.TRADE_RETCODE_LIMIT_POSITIONS,
    mt5.TRADE_RETCODE_REJECT_CANCEL,
    mt5.TRADE_RETCODE_LONG_ONLY,
    mt5.TRADE_RETCODE_SHORT_ONLY,
    mt5.TRADE_RETCODE_CLOSE_ONLY,
    mt5.TRADE_RETCODE_FIFO_CLOSE,
    HEDGE_PROHIBITED,
)
_VERDICTS = {
    mt5.TRADE_RETCODE_DONE: Verdict.DONE,
    mt5.TRADE_RETCODE_PLACED: Verdict.DONE,
    mt5.TRADE_RETCODE_DONE_PARTIAL: Verdict.DONE,
    mt5.TRADE_RETCODE_NO_CHANGES: Verdict.DONE,
    mt5.TRADE_RETCODE_REQUOTE: Verdict.AGAIN,
    mt5.TRADE_RETCODE_PRICE_CHANGED: Verdict.AGAIN,
    mt5.TRADE_RETCODE_PRICE_OFF: Verdict.AGAIN,
    mt5.TRADE_RETCODE_TOO_MANY_REQUESTS: Verdict.AGAIN,
    mt5.TRADE_RETCODE_TIMEOUT: Verdict.UNKNOWN,
    mt5.TRADE_RETCODE_CONNECTION: Verdict.UNKNOWN,
    mt5.TRADE_RETCODE_MARKET_CLOSED: Verdict.LATER,
    mt5.TRADE_RETCODE_LOCKED: Verdict.LATER,
    mt5.TRADE_RETCODE_FROZEN: Verdict.LATER,
    mt5.TRADE_RETCODE_ERROR: Verdict.UNKNOWN,
    **dict.fromkeys(_NEVER, Verdict.NEVER),
}


def verdict(retcode: int) -> Verdict:
    """What a retcode means; of one that nobody listed nobody knows what became of the request."""
    return _VERDICTS.get(retcode, Verdict.UNKNOWN)
