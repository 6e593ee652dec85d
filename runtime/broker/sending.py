"""Sends one request: requotes a few times, an unknown outcome never again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from tradeplan.runtime.broker.retcodes import Verdict, verdict
from tradeplan.runtime.mt5.constants import (
    ORDER_FILLING_FOK,
    ORDER_FILLING_IOC,
    ORDER_FILLING_RETURN,
    TRADE_RETCODE_INVALID_FILL,
)
from tradeplan.runtime.mt5.structs import OrderSendResult
from tradeplan.runtime.mt5.terminal import BridgeError, Terminal, UnknownOutcome

REQUOTES = 3
WITHIN_SECONDS = 5.0
_UNREACHED = (-10_003, -10_004)  # there was no pipe
_NOT_SENT = (-2, -7, -8)  # the package or the terminal did not take it; of all other codes nobody knows
_FILLINGS = (ORDER_FILLING_FOK, ORDER_FILLING_IOC, ORDER_FILLING_RETURN)
_MASK = {ORDER_FILLING_FOK: 1, ORDER_FILLING_IOC: 2}  # the bits of SymbolInfo.filling_mode; RETURN has none

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
        unsent = code in _UNREACHED or code in _NOT_SENT
        return Sent(known if unsent else Verdict.UNKNOWN, f"no answer: {text} ({code})", code)
    result: OrderSendResult = reply.value
    why = f"{result.comment or 'no words'} ({result.retcode})"
    return Sent(verdict(result.retcode), why, result.retcode, result.order)


class Fillings:
    """The filling mode that a symbol takes: found by order_check and kept, until the server refuses it."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._known: dict[str, int] = {}
        self._used: dict[str, int] = {}
        self._refused: dict[str, set[int]] = {}

    def of(self, request: Request) -> int:
        """The filling mode for a market order like this one; the first that order_check does not object to."""
        symbol = str(request["symbol"])
        if symbol not in self._known:
            self._used[symbol] = self._look(symbol, request)
        else:
            self._used[symbol] = self._known[symbol]
        return self._used[symbol]

    def refused(self, symbol: str) -> None:
        """The server did not take the mode used last (10030): the broker may have changed its modes."""
        self._known.pop(symbol, None)
        bad = self._refused.setdefault(symbol, set())
        bad.add(self._used.get(symbol, ORDER_FILLING_IOC))
        if len(bad) == len(_FILLINGS):
            bad.clear()

    def _look(self, symbol: str, request: Request) -> int:
        left = [x for x in _FILLINGS if x not in self._refused.get(symbol, ())]
        try:
            for filling in left:
                reply = self._terminal.call("order_check", request | {"type_filling": filling})
                if reply.value is None:
                    break
                if reply.value.retcode == TRADE_RETCODE_INVALID_FILL:
                    continue
                if reply.value.retcode != 0:
                    break  # it looked at something else first, such as a closed market: that tells nothing of modes
                self._known[symbol] = filling
                return filling
            info = self._terminal.call("symbol_info", symbol).value
        except BridgeError:
            info = None
        mask = 0 if info is None else int(info.filling_mode)
        allowed = [x for x in left if mask & _MASK.get(x, 0)]
        return next(iter(allowed or ([ORDER_FILLING_IOC] if ORDER_FILLING_IOC in left else left)))
