"""Sends one request: requotes a few times, an unknown outcome never again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from tradeplan.runtime.broker.retcodes import Verdict, verdict
from tradeplan.runtime.mt5.constants import TRADE_RETCODE_INVALID_FILL
from tradeplan.runtime.mt5.structs import OrderSendResult
from tradeplan.runtime.mt5.terminal import BridgeError, Terminal, UnknownOutcome

REQUOTES = 3
WITHIN_SECONDS = 5.0
_ON_THE_WAY = (-10_000, -10_001, -10_002, -10_005)  # the pipe broke or timed out: the request may have passed
_UNREACHED = (-10_003, -10_004)  # there was no pipe

Request = dict[str, Any]


class Sent(NamedTuple):
    """What came of a request; `why` in words for people, `order` the broker's ticket, 0: none was told."""

    verdict: Verdict
    why: str
    retcode: int = 0
    order: int = 0


def send(
    terminal: Terminal,
    make: Callable[[], Request],
    point: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
    requotes: int = REQUOTES,
) -> Sent:
    """Send what `make` makes, again with new prices after a requote: at most `requotes` times in five seconds.

    `point(name)` is called before and after each call of the broker.
    """
    began = clock()
    told = Sent(Verdict.NEVER, "nothing was sent")
    for _ in range(1 + requotes):
        told = _once(terminal, make(), point)
        if told.verdict is not Verdict.AGAIN or clock() - began >= WITHIN_SECONDS:
            break
    return told


def _once(terminal: Terminal, request: Request, point: Callable[[str], None]) -> Sent:
    point("before broker call")
    try:
        reply = terminal.call("order_send", request)
    except UnknownOutcome as error:
        return Sent(Verdict.UNKNOWN, f"the answer was lost: {error}")
    except BridgeError as error:
        return Sent(Verdict.LATER, f"the terminal was not asked: {error}")
    finally:
        point("after broker call")
    if reply.value is None:
        code, text = reply.error
        known = Verdict.LATER if code in _UNREACHED else Verdict.NEVER
        return Sent(Verdict.UNKNOWN if code in _ON_THE_WAY else known, f"no answer: {text} ({code})", code)
    result: OrderSendResult = reply.value
    why = f"{result.comment or 'no words'} ({result.retcode})"
    return Sent(verdict(result.retcode), why, result.retcode, result.order)


class Fillings:
    """The filling mode that a symbol takes, found by order_check and kept."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._known: dict[str, int] = {}

    def of(self, request: Request) -> int:
        """The filling mode for a market order like this one; the first that order_check does not object to."""
        symbol = str(request["symbol"])
        if symbol not in self._known:
            for filling in (0, 1, 2):  # FOK, IOC, RETURN
                try:
                    reply = self._terminal.call("order_check", request | {"type_filling": filling})
                except BridgeError:
                    return 1
                if reply.value is None:
                    return 1
                if reply.value.retcode != TRADE_RETCODE_INVALID_FILL:
                    self._known[symbol] = filling
                    break
        return self._known.get(symbol, 1)

    def forget(self, symbol: str) -> None:
        """The symbol's specification may have changed."""
        self._known.pop(symbol, None)
