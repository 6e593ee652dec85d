"""Looks over what a broker tells of a symbol beyond bars: ticks, whether trades are among them, and the order book."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from tradeplan.runtime.mt5 import constants as mt5
from tradeplan.runtime.mt5.doctor import Finding, good, note
from tradeplan.runtime.mt5.symbols import Resolved
from tradeplan.runtime.mt5.terminal import Call, Terminal

_SPAN = 3_600
_ASKED = 10_000
_SIDES = 32 | 64
"""The flags of a tick that is a trade whose aggressor is known."""
_BOOK_NEEDS = "`imbalance`, `ofi`, `spoofing` and the functions of depth are UNKNOWN on it"
_TRADE_NEEDS = "`delta`, `cvd`, `absorption` and their kin are UNKNOWN on it but with `by=tick_rule`"


def examine_streams(
    terminal: Terminal, resolved: Resolved, *, wait: Callable[[float], None] = time.sleep
) -> list[Finding]:
    """What order flow can be read of a symbol; the book is given back after the look."""
    info = resolved.info
    if info is None:
        return []
    about = f"{resolved.profile.name} ({info.name})"
    there, lacks = [], []
    for told, lack in (_ticks(terminal, info.name, int(info.time)), _book(terminal, info.name, wait)):
        there += told
        lacks += lack
    found = [good(about, f"order flow: {', '.join(there)}")] if there else []
    fix = "plans that read no order flow need nothing of it"
    return [*found, *(note(about, what, fix) for what in lacks)]


def _ticks(terminal: Terminal, symbol: str, newest: int) -> tuple[list[str], list[str]]:
    """What there is, and what is lacking, in words; `newest` is the broker's time of the newest quote."""
    (reply,) = terminal.batch([Call("copy_ticks_from", (symbol, max(newest - _SPAN, 0), _ASKED, mt5.COPY_TICKS_ALL))])
    if reply.value is None or not len(reply.value):
        why = (
            f"{reply.error[1]} ({reply.error[0]})" if reply.value is None else "none in the hour before its last quote"
        )
        return [], [f"it gives no ticks ({why}): functions that read ticks are UNKNOWN on it"]
    rows: Any = np.asarray(reply.value)
    some = f"{'at least ' if len(rows) >= _ASKED else ''}{len(rows):,} ticks in an hour"
    if ((rows["flags"] & _SIDES) != 0).any():
        return [f"{some}, with trades"], []
    return [some], [f"its ticks tell no trades: {_TRADE_NEEDS}"]


def _book(terminal: Terminal, symbol: str, wait: Callable[[float], None]) -> tuple[list[str], list[str]]:
    (added,) = terminal.batch([Call("market_book_add", (symbol,))])
    if added.value is not True:
        return [], [f"it shows no order book ({added.error[1]} ({added.error[0]})): {_BOOK_NEEDS}"]
    rows: tuple[Any, ...] | None = None
    for _ in range(5):
        (reply,) = terminal.batch([Call("market_book_get", (symbol,))])
        rows = reply.value
        if rows:
            break
        wait(0.2)
    terminal.batch([Call("market_book_release", (symbol,))])
    if not rows:
        return [], [f"its order book is empty: {_BOOK_NEEDS}"]
    bids = sum(row.type == mt5.BOOK_TYPE_BUY for row in rows)
    asks = sum(row.type == mt5.BOOK_TYPE_SELL for row in rows)
    return [f"an order book of {bids} bids and {asks} asks"], []
