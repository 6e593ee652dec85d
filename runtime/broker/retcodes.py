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
}


def verdict(retcode: int) -> Verdict:
    """What a retcode means; one that nobody listed is never sent again."""
    return _VERDICTS.get(retcode, Verdict.NEVER)
