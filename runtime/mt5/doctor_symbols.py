"""Looks symbols over against their profiles: what they are, how orders are filled, how far history reaches."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from math import isclose
from typing import Any

from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.mt5 import constants as mt5
from tradeplan.runtime.mt5.doctor import Finding, good, note, wrong
from tradeplan.runtime.mt5.structs import OrderCheckResult, SymbolInfo
from tradeplan.runtime.mt5.symbol_rules import ends_with_the_day, lifetime, untaken
from tradeplan.runtime.mt5.symbols import Resolved
from tradeplan.runtime.mt5.terminal import Call, Terminal

_FILLINGS = {"FOK": mt5.ORDER_FILLING_FOK, "IOC": mt5.ORDER_FILLING_IOC, "RETURN": mt5.ORDER_FILLING_RETURN}
_TRADE_MODES = {0: "closed to trading", 1: "long only", 2: "short only", 3: "close only"}
_ASKED = 5_000
# retcodes that say nothing about the filling mode, because the server looked at something else first
_ELSEWHERE = {
    mt5.TRADE_RETCODE_MARKET_CLOSED: "the market is closed",
    mt5.TRADE_RETCODE_PRICE_OFF: "there are no quotes",
    mt5.TRADE_RETCODE_NO_MONEY: "the account has not enough money for the smallest order",
    mt5.TRADE_RETCODE_CLIENT_DISABLES_AT: "Algo Trading is switched off",
    mt5.TRADE_RETCODE_SERVER_DISABLES_AT: "the broker does not let programs trade",
    mt5.TRADE_RETCODE_TRADE_DISABLED: "trading is off",
}


def examine_symbol(resolved: Resolved) -> list[Finding]:
    """One symbol against its profile, number by number."""
    profile, info = resolved.profile, resolved.info
    if info is None:
        near = ", ".join(f'"{name}"' for name in resolved.near[:5])
        fix = (
            f"choose one for `symbols` in the profile: {near}"
            if near
            else "the broker does not have it, or names it otherwise"
        )
        return [wrong(profile.name, f"the broker has no symbol {' or '.join(profile.symbols)}", fix)]
    about = f"{profile.name} ({info.name})"
    found = [_differs(about, name, ours, theirs) for name, ours, theirs in _numbers(profile, info) if ours != theirs]
    found += _limits(about, profile, info)
    found += _orders(about, profile, info)
    if not info.select:
        fix = "nothing to do: the runtime selects what its plans need; before that there are no quotes of it"
        found.append(note(about, "it is not in Market Watch", fix))
    if info.trade_mode in _TRADE_MODES and profile.tradable:
        found.append(
            wrong(about, f"it is {_TRADE_MODES[info.trade_mode]}", "ask the broker, or set `tradable = false`")
        )
    return found or [good(about, f"as in its profile; stops {info.trade_stops_level}, spread {info.spread} points")]


def _numbers(profile: SymbolProfile, info: SymbolInfo) -> list[tuple[str, Any, Any]]:
    """(key of the profile, its value, the broker's); floats that agree to 9 digits are given as equal."""
    pairs: list[tuple[str, Any, Any]] = [
        ("digits", profile.digits, info.digits),
        ("point", profile.point, info.point),
        ("tick_size", profile.tick_size, info.trade_tick_size),
        ("contract_size", profile.contract_size, info.trade_contract_size),
        ("lot_step", profile.lot_step, info.volume_step),
        ("base_currency", profile.base_currency, info.currency_base),
        ("profit_currency", profile.profit_currency, info.currency_profit),
    ]
    return [
        (key, ours, ours if isinstance(ours, float) and isclose(ours, theirs, rel_tol=1e-9) else theirs)
        for key, ours, theirs in pairs
    ]


def _differs(about: str, key: str, ours: Any, theirs: Any) -> Finding:
    told = f'"{theirs}"' if isinstance(theirs, str) else f"{theirs:g}"
    shown = f'"{ours}"' if isinstance(ours, str) else f"{ours:g}"
    return wrong(about, f"`{key}` is {told} here and {shown} in the profile", f"write `{key} = {told}` in the profile")


def _limits(about: str, profile: SymbolProfile, info: SymbolInfo) -> list[Finding]:
    """Limits may be narrower in the profile than at the broker, but not wider."""
    found = []
    if info.volume_min > profile.lot_min * (1 + 1e-9):
        found.append(_differs(about, "lot_min", profile.lot_min, info.volume_min))
    if info.volume_max < profile.lot_max * (1 - 1e-9):
        found.append(_differs(about, "lot_max", profile.lot_max, info.volume_max))
    if info.trade_stops_level > profile.stops_level:
        found.append(_differs(about, "stops_level", profile.stops_level, info.trade_stops_level))
    if info.trade_freeze_level:
        found.append(note(about, f"orders and stops within {info.trade_freeze_level} points of the price are frozen"))
    return found


def _orders(about: str, profile: SymbolProfile, info: SymbolInfo) -> list[Finding]:
    """What kinds of orders the symbol does not take, and what its server deletes over night."""
    if not profile.tradable:
        return []
    told = dict.fromkeys(untaken(info, kind, target=True) for kind in ("market", "limit", "stop"))
    fix = "nothing to do: entries of this kind are refused before they are sent"
    found = [
        note(about, text.removeprefix(f"{info.name} ").replace("takes", "it takes", 1), fix) for text in told if text
    ]
    if info.order_gtc_mode == mt5.SYMBOL_ORDERS_DAILY:
        fix = "leave a run watching over night: it puts them back at its next look; without it they are gone"
        found.append(note(about, "its server deletes stops and targets of open positions every night", fix))
    if ends_with_the_day(info):
        found.append(
            note(about, "orders that wait end with the broker's day", "give LIMIT and STOP orders a short FOR")
        )
    return found


def examine_filling(terminal: Terminal, resolved: Resolved) -> Finding | None:
    """Which filling modes a market order may have, asked of the server with order_check, which sends nothing."""
    info = resolved.info
    if info is None or not resolved.profile.tradable:
        return None
    about = f"{resolved.profile.name} ({info.name})"
    request = {"action": mt5.TRADE_ACTION_DEAL, "symbol": info.name, "volume": float(info.volume_min)}
    request |= {"type": mt5.ORDER_TYPE_BUY, "price": float(info.ask), "deviation": 1_000} | lifetime(info, info.time)
    replies = terminal.batch([Call("order_check", (request | {"type_filling": code},)) for code in _FILLINGS.values()])
    passed: list[str] = []
    for name, reply in zip(_FILLINGS, replies, strict=True):
        answer: OrderCheckResult | None = reply.value
        if answer is None:
            code, text = reply.error
            return note(
                about, f"filling modes are not known: {text} ({code})", "mend what is told above, run this again"
            )
        if answer.retcode in _ELSEWHERE:
            return note(
                about,
                f"filling modes are not known: {_ELSEWHERE[answer.retcode]}",
                "run this again when that has changed",
            )
        if answer.retcode == 0:
            passed.append(name)
        elif answer.retcode != mt5.TRADE_RETCODE_INVALID_FILL:
            return note(about, f"filling modes are not known: {answer.comment} ({answer.retcode})", "ask the broker")
    if not passed:
        return wrong(about, "no filling mode of market orders passes", "ask the broker how market orders are filled")
    return good(about, f"market orders are filled {' or '.join(passed)}")


def examine_history(
    terminal: Terminal,
    resolved: Resolved,
    timeframes: Sequence[str],
    *,
    wait: Callable[[float], None] = time.sleep,
) -> list[Finding]:
    """Whether the newest bars of each timeframe can be had; a cold symbol is asked until its answer stops growing."""
    if resolved.info is None:
        return []
    about = f"{resolved.profile.name} ({resolved.info.name})"
    counts = dict.fromkeys(timeframes, -1)
    error = ""
    for attempt in range(6):
        if attempt:
            wait(0.5)
        asked = [Call("copy_rates_from_pos", (resolved.info.name, _code(tf), 0, _ASKED)) for tf in timeframes]
        replies = terminal.batch(asked)
        before = dict(counts)
        for tf, reply in zip(timeframes, replies, strict=True):
            counts[tf] = -1 if reply.value is None else len(reply.value)
            error = f"{reply.error[1]} ({reply.error[0]})" if reply.value is None else error
        if counts == before and all(count >= 0 for count in counts.values()):
            break
    bad = [tf for tf, count in counts.items() if count < 0]
    told = ", ".join(
        f"{tf} {'at least ' if count >= _ASKED else ''}{count:,}" for tf, count in counts.items() if count >= 0
    )
    if bad:
        fix = "select it in Market Watch and open a chart of it once, so that the terminal loads its history"
        return [wrong(about, f"no bars of {', '.join(bad)}: {error}", fix)]
    if any(0 <= count < 500 for count in counts.values()):
        return [
            note(about, f"little history: {told}", "open a chart of it in the terminal and press Home to load more")
        ]
    return [good(about, f"bars: {told}")]


def _code(timeframe: str) -> int:
    return int(getattr(mt5, f"TIMEFRAME_{timeframe}"))
