"""One look at the broker: account, positions, orders, deals and quotes, in one round trip."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any, NamedTuple

from tradeplan.runtime.mt5.structs import AccountInfo, SymbolInfo, TerminalInfo, Tick, TradeDeal, TradeOrder
from tradeplan.runtime.mt5.structs import TradePosition as Position
from tradeplan.runtime.mt5.terminal import BridgeError, Call, Terminal

AHEAD = 86_400
"""The server's clock may be ahead of what is believed: history is asked for to a day later, in seconds."""


_MONEY = ("balance", "credit", "equity", "margin_free")


class Reading(NamedTuple):
    """What the broker has; times in it are its own clock's."""

    account: AccountInfo
    terminal: TerminalInfo
    positions: tuple[Position, ...]
    orders: tuple[TradeOrder, ...]
    deals: tuple[TradeDeal, ...]
    done: tuple[TradeOrder, ...]
    symbols: dict[str, SymbolInfo]
    ticks: dict[str, Tick]


def read(terminal: Terminal, since: int, until: int, symbols: Iterable[str]) -> Reading | str:
    """Look once; `since` and `until` in seconds of the broker's clock. In words what failed if anything did.

    INVARIANT: an answer of None is a failure and never "nothing there": a broken connection must not look flat.
    """
    names = list(symbols)
    span = (since, until + AHEAD)
    calls = [
        Call("account_info"),
        Call("terminal_info"),
        Call("positions_get"),
        Call("orders_get"),
        Call("history_deals_get", span),
        Call("history_orders_get", span),
        *(Call("symbol_info", (name,)) for name in names),
        *(Call("symbol_info_tick", (name,)) for name in names),
    ]
    try:
        replies = terminal.batch(calls)
    except BridgeError as error:
        return f"the terminal does not answer: {error}"
    for call, reply in zip(calls[: 6 + len(names)], replies, strict=False):
        if reply.value is None:
            return f"{call.name} failed: {reply.error[1]} ({reply.error[0]})"
    values = [reply.value for reply in replies]
    wrong = _no_number([(values[0], _MONEY), *((row, None) for part in values[2:6] for row in part)])
    if wrong is not None:
        return wrong
    infos, ticks = values[6 : 6 + len(names)], values[6 + len(names) :]
    return Reading(
        values[0],
        values[1],
        tuple(values[2]),
        tuple(values[3]),
        tuple(values[4]),
        tuple(values[5]),
        dict(zip(names, infos, strict=True)),
        {name: tick for name, tick in zip(names, ticks, strict=True) if tick is not None},
    )


def _no_number(rows: Iterable[tuple[Any, tuple[str, ...] | None]]) -> str | None:
    """Which figure of a struct (of these fields, or any) is no number or infinite: with such a one nothing compares."""
    for row, names in rows:
        values = row if names is None else [getattr(row, name) for name in names]
        for name, value in zip(names or row._fields, values, strict=True):
            if isinstance(value, float) and not isfinite(value):
                return f"`{name}` of {type(row).__name__} is no number: the terminal gives {value}"
    return None
